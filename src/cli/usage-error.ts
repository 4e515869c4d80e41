import { OnboardingError } from "../domain/error.ts";
import { nearestWord } from "../domain/nearest-word.ts";

/** What the positional arguments are called in "name …"; any other is called by its own name. */
const ARGUMENT_NAMES: Readonly<Record<string, string>> = {
  target: "a job or a manifest",
  lot: "a lot",
  ids: "at least one device, by its id",
  name: "an authority",
  file: "a file",
  id: "a device, by its id",
  request: "a file with a certificate request",
  server: "a server as HOST:PORT",
};

/** What yargs knows while it fails; none of it is in its types. */
interface Known {
  readonly getOptions: () => { readonly key: Readonly<Record<string, unknown>> };
  readonly getInternalMethods: () => {
    readonly getContext: () => { readonly commands: readonly string[]; readonly fullCommands: readonly string[] };
    readonly getCommandInstance: () => { readonly getCommands: () => readonly string[] };
  };
}

/** The commands that a command line knows, without what follows them. */
export function commandNames(line: unknown): readonly string[] {
  return (line as Known).getInternalMethods().getCommandInstance().getCommands();
}

export function unknownCommand(name: string, known: readonly string[]): OnboardingError {
  return usage(noCommand(name, known), "lotmint --help");
}

/**
 * The `usage` error for a command line that yargs refuses, in terms of lotmint: which argument is missing, which command
 * or option was probably meant, and where the help is. `line` is the yargs instance that is failing.
 */
export function usageError(message: string, line: unknown, argv: readonly string[]): OnboardingError {
  const known = line as Known;
  const { commands, fullCommands } = known.getInternalMethods().getContext();
  const help = ["lotmint", ...commands, "--help"].join(" ");
  const told =
    missingArgument(message, fullCommands.at(-1) ?? "") ??
    missingOptions(message) ??
    unknownNames(message, known, argv) ??
    withoutValue(message) ??
    wrongChoice(message) ??
    message;
  return usage(told, help);
}

function usage(told: string, help: string): OnboardingError {
  return new OnboardingError(told.endsWith("?") ? `${told} See ${help}` : `${told}; see ${help}`, { code: "usage" });
}

function missingArgument(message: string, command: string): string | undefined {
  const got = /^Not enough non-option arguments: got (\d+)/.exec(message)?.[1];
  if (got === undefined) return undefined;
  const required = [...command.matchAll(/<([\w-]+)(?:\.\.)?>/g)].map((match) => match[1] ?? "");
  const name = required[Number(got)] ?? "";
  return `name ${ARGUMENT_NAMES[name] ?? name.toUpperCase()}`;
}

function missingOptions(message: string): string | undefined {
  const names = /^Missing required arguments?: (.*)/.exec(message)?.[1]?.split(", ");
  return names === undefined ? undefined : `give ${names.map((name) => `--${name}`).join(" and ")}`;
}

/** yargs calls an option and a command that it does not know the same. */
function unknownNames(message: string, known: Known, argv: readonly string[]): string | undefined {
  const names = /^Unknown (?:argument|command)s?: (.*)/.exec(message)?.[1]?.split(", ");
  if (names === undefined) return undefined;
  const options = Object.keys(known.getOptions().key);
  const commands = commandNames(known);
  // Of an option with a hyphen, yargs names both spellings: log-lvl and logLvl.
  const doubled = new Set(names.filter((name) => name.includes("-")).map(camelCase));
  const given = names.filter((name) => !doubled.has(name));
  const misplaced = given.find((word) => !isOption(word, argv));
  // Arguments of an unknown command are not reported separately.
  const counted = given.filter((word) => word === misplaced || isOption(word, argv));
  const told = counted.map((word) => {
    if (isOption(word, argv)) {
      const shown = word.length === 1 ? `-${word}` : `--${word}`;
      return `there is no option ${shown}${didYouMean(word.replace(/^no-/, ""), options, "--")}`;
    }
    return commands.length === 0 ? `${word} is one argument too many` : noCommand(word, commands);
  });
  return told.join("; ").replaceAll("?; ", "? ");
}

function camelCase(word: string): string {
  return word.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Whether a word that yargs names was given as an option, `--no-` and `=value` aside; one letter may stand among others. */
function isOption(word: string, argv: readonly string[]): boolean {
  return argv.some((given) => {
    if (/^-[^-]/.test(given)) return word.length === 1 && given.includes(word);
    const name = /^--(?:no-)?([^=]+)/.exec(given)?.[1];
    return name === word || given.split("=")[0] === `--${word}`;
  });
}

function noCommand(word: string, known: readonly string[]): string {
  return `there is no command ${word}${didYouMean(word, known)}`;
}

function didYouMean(word: string, known: readonly string[], mark = ""): string {
  const near = nearestWord(word, known);
  return near === undefined ? "" : `; did you mean ${mark}${near}?`;
}

function withoutValue(message: string): string | undefined {
  const name = /^Not enough arguments following: (.*)/.exec(message)?.[1];
  return name === undefined ? undefined : `--${name} takes a value`;
}

function wrongChoice(message: string): string | undefined {
  const found = /Argument: (.*), Given: (.*), Choices: (.*)/.exec(message);
  if (found === null) return undefined;
  const [, name = "", given = "", choices = ""] = found;
  const all = [...choices.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
  return `--${name} takes ${all.join(", ")}, not ${given}${didYouMean(given.replaceAll('"', ""), all)}`;
}
