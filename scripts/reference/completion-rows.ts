import type { DescribedCommand, DescribedValue } from "./describe-commands.ts";
import { kindOf } from "./value-kind.ts";

/**
 * What the scripts of all shells work from: lines of COMMAND|WORD|KIND. COMMAND is the words of a command, `*` for all;
 * WORD a subcommand, an option, or the number of an argument (`*`: this and all after it); KIND is `command`, `flag`, a
 * `ValueKind`, or `=` and the choices.
 */
export function completionRows(root: DescribedCommand): readonly string[] {
  const globals = [...root.options.flatMap((each) => optionRows("*", root, each)), "*|--help|flag", "*|--version|flag"];
  return [...globals, ...root.commands.flatMap((command) => commandRows("", command))];
}

function commandRows(above: string, command: DescribedCommand): readonly string[] {
  const name = command.words.join(" ");
  return [
    `${above}|${command.words.at(-1)}|command`,
    ...command.positionals.map((each, index) => `${name}|${each.isMany ? "*" : index + 1}|${valueKind(command, each)}`),
    ...command.options.flatMap((each) => optionRows(name, command, each)),
    ...command.commands.flatMap((each) => commandRows(name, each)),
  ];
}

function optionRows(name: string, command: DescribedCommand, option: DescribedValue): readonly string[] {
  if (option.type !== "boolean") return [`${name}|--${option.name}|${valueKind(command, option)}`];
  // One without a default has three states.
  const negated = option.default === undefined ? [`${name}|--no-${option.name}|flag`] : [];
  return [`${name}|--${option.name}|flag`, ...negated];
}

function valueKind(command: DescribedCommand, value: DescribedValue): string {
  return value.choices.length > 0 ? `=${value.choices.join(" ")}` : kindOf(command, value);
}
