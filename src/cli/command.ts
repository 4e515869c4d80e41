import type { ArgumentsCamelCase, Argv } from "yargs";
import type { CliContext } from "./context.ts";
import type { LogFormat, LogLevel } from "./log.ts";
import type { HomeUse } from "./require-home.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  readonly home: string | undefined;
  readonly json: boolean;
  readonly "log-level": LogLevel;
  readonly "log-format": LogFormat;
}

/**
 * Wraps what a command does, so that it gets its context and its result becomes the exit code. A home that is not
 * fit for `use` is refused before it begins.
 */
export type CommandRunner = <T extends object>(
  use: HomeUse,
  act: (args: ArgumentsCamelCase<T & GlobalOptions>, context: CliContext) => Promise<number>,
) => (args: ArgumentsCamelCase<T & GlobalOptions>) => Promise<void>;

/** Adds one command with its options to the command line; what it does is imported only when it is asked for. */
export type AddCommand = (line: Argv<GlobalOptions>, runner: CommandRunner) => Argv<GlobalOptions>;
