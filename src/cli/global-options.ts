import type { Argv } from "yargs";
import type { GlobalOptions } from "./command.ts";
import type { LogFormat, LogLevel } from "./log.ts";

const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const satisfies readonly LogLevel[];

const LOG_FORMATS = ["text", "json"] as const satisfies readonly LogFormat[];

/** The command that shows the help of others, which the command line itself answers. */
export const HELP_COMMAND = { usage: "help [command..]", describe: "Show the help of a command" };

/** Adds the options that every command takes. */
export function addGlobalOptions(line: Argv): Argv<GlobalOptions> {
  return line
    .option("home", {
      type: "string",
      describe: "Home folder (else LOTMINT_HOME, else the current folder)",
      requiresArg: true,
    })
    .option("json", { type: "boolean", default: false, describe: "Print results as JSON" })
    .option("log-level", {
      choices: LOG_LEVELS,
      default: "info" as LogLevel,
      describe: "How much the log on stderr tells",
    })
    .option("log-format", {
      choices: LOG_FORMATS,
      default: "text" as LogFormat,
      describe: "The log as text for people, or as one JSON object a line",
    });
}
