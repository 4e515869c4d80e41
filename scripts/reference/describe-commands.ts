import type { Argv } from "yargs";
import type { CommandRunner } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { addGlobalOptions, HELP_COMMAND } from "../../src/cli/global-options.ts";

/** An option, or an argument by its place, as the command line is told of it. */
export interface DescribedValue {
  readonly name: string;
  readonly describe: string;
  readonly type: string;
  readonly choices: readonly string[];
  readonly isDemanded: boolean;
  readonly isMany: boolean;
  readonly default: unknown;
}

export interface DescribedCommand {
  /** The words that call it, such as authority create; none for lotmint itself. */
  readonly words: readonly string[];
  /** What follows them, such as <name>. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: readonly DescribedValue[];
  readonly options: readonly DescribedValue[];
  readonly commands: readonly DescribedCommand[];
}

type Draft = {
  -readonly [K in keyof DescribedCommand]: DescribedCommand[K] extends readonly (infer T)[] ? T[] : string;
};

/** Says nothing of what can be written on a command line. */
const PASSED_OVER = ["demandCommand", "hide", "check", "conflicts", "implies", "example", "epilogue", "strict"];

/** All commands with their options, from what --help is made of: each command adds itself to a recorder in place of yargs. */
export function describeCommands(): DescribedCommand {
  const root = draft([], "", "Gives a production lot of connected devices its identities.");
  const line = addGlobalOptions(recorder(root));
  const idle = () => async () => {};
  const runner: CommandRunner = Object.assign(idle, { looks: idle });
  for (const add of COMMANDS) add(line, runner);
  line.command(HELP_COMMAND.usage, HELP_COMMAND.describe, (help) => help.positional("command", { array: true }));
  return root;
}

function recorder(into: Draft): Argv {
  const methods: Record<string, (...args: never[]) => unknown> = {
    command: (usage: string, describe: string, build?: (line: Argv) => unknown) => {
      const [name = "", ...rest] = usage.split(" ");
      const command = draft([...into.words, name], rest.join(" "), describe);
      into.commands.push(command);
      build?.(recorder(command));
    },
    option: (name: string, told: Told) => into.options.push(value(name, told)),
    positional: (name: string, told: Told) => into.positionals.push(value(name, told)),
  };
  const line: Argv = new Proxy({} as Argv, {
    get: (_, name) => {
      const method = methods[String(name)];
      if (method === undefined && !PASSED_OVER.includes(String(name))) {
        throw new Error(`commands use ${String(name)} of yargs, which the reference does not know`);
      }
      return (...args: never[]) => {
        method?.(...args);
        return line;
      };
    },
  });
  return line;
}

function draft(words: string[], usage: string, describe: string): Draft {
  return { words, usage, describe, positionals: [], options: [], commands: [] };
}

interface Told {
  readonly type?: string;
  readonly describe?: string;
  readonly choices?: readonly string[];
  readonly demandOption?: boolean;
  readonly array?: boolean;
  readonly default?: unknown;
}

function value(name: string, told: Told): DescribedValue {
  return {
    name,
    describe: told.describe ?? "",
    type: told.type ?? "string",
    choices: told.choices ?? [],
    isDemanded: told.demandOption === true,
    isMany: told.array === true,
    default: told.default,
  };
}
