import type { Argv } from "yargs";
import type { GlobalOptions } from "./command.ts";
import type { LogLevel } from "./log.ts";

const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const satisfies readonly LogLevel[];

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
    });
}
