import yargs, { type Argv } from "yargs";
import { resolveHome } from "../config/home.ts";
import { strayDiskFault } from "../disk/disk-error.ts";
import { OnboardingError } from "../domain/error.ts";
import { EXIT, exitCodeOf } from "../domain/exit-code.ts";
import type { CommandRunner, GlobalOptions } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { type CliProcess, makeContext } from "./context.ts";
import { errorJson } from "./error-json.ts";
import { addGlobalOptions } from "./global-options.ts";
import { openLog } from "./log.ts";
import { requireSingleValues } from "./require-single-values.ts";
import { jsonLine } from "./terminal-text.ts";

/**
 * Runs one command line and returns its exit code. Results go to stdout, the log and every fault to
 * stderr; a fault that is no `OnboardingError` is a defect and keeps its stack.
 */
export async function runCli(argv: readonly string[], around: CliProcess, version: string): Promise<number> {
  let exitCode: number = EXIT.done;
  let log = openLog("info", around.stderr);
  let json = argv.includes("--json");
  const runner: CommandRunner = (use, act) => async (args) => {
    log = openLog(args.logLevel, around.stderr);
    json = args.json;
    const home = resolveHome(args.home, around);
    exitCode = await act(args, makeContext(around, { home, use, json: args.json, log }));
  };
  try {
    await commandLine(argv, runner, version).parseAsync();
    return exitCode;
  } catch (cause) {
    const error = strayDiskFault(cause);
    if (json) around.stdout.write(`${jsonLine(JSON.stringify(errorJson(error)))}\n`);
    if (error instanceof OnboardingError) log.error({ code: error.code }, error.message);
    else
      log.fatal(
        { stack: error instanceof Error ? error.stack : String(error) },
        "this is a defect of lotmint; please report it",
      );
    return exitCodeOf(error);
  }
}

function commandLine(argv: readonly string[], runner: CommandRunner, version: string): Argv<GlobalOptions> {
  const root = addGlobalOptions(
    yargs([...argv])
      .scriptName("lotmint")
      .usage("$0 <command>\n\nGives a production lot of connected devices its identities."),
  );
  return COMMANDS.reduce((line, add) => add(line, runner), root)
    .demandCommand(1, "name a command; lotmint --help lists them")
    .strict()
    .check((args, options) => requireSingleValues(args, options))
    .recommendCommands()
    .version(version)
    .wrap(100)
    .exitProcess(false)
    .fail((message: string, error: unknown) => {
      // yargs throws its own kind for a command line that it cannot take apart.
      if (error instanceof Error && error.name !== "YError") throw error;
      throw new OnboardingError(`${message}; see lotmint --help`, { code: "usage" });
    });
}
