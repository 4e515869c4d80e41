import yargs, { type ArgumentsCamelCase, type Argv } from "yargs";
import { resolveHome } from "../config/home.ts";
import { strayDiskError } from "../disk/disk-error.ts";
import { OnboardingError } from "../domain/error.ts";
import { EXIT, exitCodeOf } from "../domain/exit-code.ts";
import { textWidth } from "../report/plain-text.ts";
import type { CommandRunner, GlobalOptions, RunWithContext } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { errorJson } from "./error-json.ts";
import { addGlobalOptions, HELP_COMMAND } from "./global-options.ts";
import type { LogFormat, LogOptions } from "./log.ts";
import { type CliProcess, makeLookContext } from "./look-context.ts";
import { requireSingleValues } from "./options.ts";
import { makeStatusLine } from "./status-line.ts";
import { jsonLine } from "./terminal-text.ts";
import { commandNames, unknownCommand, usageError } from "./usage-error.ts";

/** Commands that run for days: their log says when something happened. */
const LASTING: ReadonlySet<unknown> = new Set(["watch"]);

/**
 * Runs one command line and returns its exit code. Results go to stdout, the log and every error to
 * stderr; an error that is no `OnboardingError` is a defect and keeps its stack.
 */
export async function runCli(argv: readonly string[], around: CliProcess, version: string): Promise<number> {
  let exitCode: number = EXIT.done;
  let json = argv.includes("--json");
  let askedFor: readonly string[] | undefined;
  const format = givenFormat(argv);
  const dumb = around.dumbTerminal === true || format === "json";
  const statusLine = makeStatusLine(around.stderr, { dumb });
  let logOptions: LogOptions = { level: "info", format, statusLine };
  // Only where something is to be logged: a command that looks is over before the log would be loaded.
  const openLog = async () => (await import("./log.ts")).openLog(around.stderr, logOptions);
  const begin = (args: ArgumentsCamelCase<GlobalOptions>) => {
    const times = LASTING.has(args._[0]);
    logOptions = { level: args.logLevel, format: args.logFormat, times, statusLine };
    json = args.json;
    return { home: resolveHome(args.home, around), json, statusLine, openLog };
  };
  const runWithContext: RunWithContext = (use, act) => async (args) => {
    const options = begin(args);
    const [{ makeContext }, log] = await Promise.all([import("./context.ts"), openLog()]);
    const context = makeContext(around, { ...options, use, log, version });
    try {
      exitCode = await act(args, context);
    } finally {
      context.closeTokens();
    }
  };
  const looks: CommandRunner["looks"] = (act) => async (args) => {
    exitCode = await act(args, makeLookContext(around, { ...begin(args), use: "reads" }));
  };
  const runner: CommandRunner = Object.assign(runWithContext, { looks });
  const parse = (args: readonly string[]) =>
    commandLine(args, runner, { version, columns: around.stdout.columns }, (command) => {
      askedFor = command;
    }).parseAsync();
  try {
    await parse(argv);
    if (askedFor !== undefined) await parse([...askedFor, "--help"]);
    return exitCode;
  } catch (cause) {
    const error = strayDiskError(cause);
    const log = await openLog();
    if (json) around.stdout.write(`${jsonLine(JSON.stringify(errorJson(error)))}\n`);
    if (error instanceof OnboardingError) log.error({ code: error.code }, error.message);
    else
      log.fatal(
        { stack: error instanceof Error ? error.stack : String(error) },
        "this is a defect of lotmint; please report it",
      );
    return exitCodeOf(error);
  } finally {
    statusLine.clear();
  }
}

/** Wanted before the command line is understood, since that may fail. */
function givenFormat(argv: readonly string[]): LogFormat {
  const at = argv.indexOf("--log-format");
  return argv.includes("--log-format=json") || (at >= 0 && argv[at + 1] === "json") ? "json" : "text";
}

function commandLine(
  argv: readonly string[],
  runner: CommandRunner,
  { version, columns }: { readonly version: string; readonly columns: number | undefined },
  onHelp: (command: readonly string[]) => void,
): Argv<GlobalOptions> {
  const root = addGlobalOptions(
    yargs([...argv])
      .scriptName("lotmint")
      // Our own messages are English alone.
      .locale("en")
      .usage("$0 <command>\n\nGives a production lot of connected devices its identities."),
  );
  const line = COMMANDS.reduce((whole, add) => add(whole, runner), root);
  const names = commandNames(line);
  return line
    .command(
      HELP_COMMAND.usage,
      HELP_COMMAND.describe,
      (command) => command.positional("command", { type: "string", array: true, default: [] as string[] }),
      ({ command }) => {
        const [name] = command;
        if (name !== undefined && !names.includes(name)) throw unknownCommand(name, names);
        onHelp(command);
      },
    )
    .demandCommand(1, "name a command")
    .strict()
    .check((args, options) => requireSingleValues(args, options))
    .version(version)
    .wrap(textWidth(columns))
    .exitProcess(false)
    .fail((message: string, error: unknown) => {
      // yargs throws its own kind for a command line that it cannot take apart.
      if (error instanceof Error && error.name !== "YError") throw error;
      throw usageError(message, root, argv);
    });
}
