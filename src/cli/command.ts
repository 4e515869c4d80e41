import type { ArgumentsCamelCase, Argv } from "yargs";
import type { CliContext } from "./context.ts";
import type { LogFormat, LogLevel } from "./log.ts";
import type { LookContext } from "./look-context.ts";
import type { HomeUse } from "./require-home.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  readonly home: string | undefined;
  readonly json: boolean;
  readonly "log-level": LogLevel;
  readonly "log-format": LogFormat;
}

type Handler<T> = (args: ArgumentsCamelCase<T & GlobalOptions>) => Promise<void>;
type Act<T, Context> = (args: ArgumentsCamelCase<T & GlobalOptions>, context: Context) => Promise<number>;

/**
 * Wraps what a command does, so that it gets its context and its result becomes the exit code. A home that is not
 * fit for `use` is refused before it begins.
 */
export type RunWithContext = <T extends object>(use: HomeUse, act: Act<T, CliContext>) => Handler<T>;

interface RunToLook {
  /** For a command that looks into the ledger and nothing else: the rest of the context is not even loaded. */
  readonly looks: <T extends object>(act: Act<T, LookContext>) => Handler<T>;
}

export type CommandRunner = RunWithContext & RunToLook;

/** Adds one command with its options to the command line; what it does is imported only when it is asked for. */
export type AddCommand = (line: Argv<GlobalOptions>, runner: CommandRunner) => Argv<GlobalOptions>;
