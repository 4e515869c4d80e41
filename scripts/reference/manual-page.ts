import type { DescribedCommand } from "./describe-commands.ts";
import { calling, everyCommand, meaning } from "./reference-page.ts";

/** The manual page lotmint(1), for man(7). */
export function manualPage(root: DescribedCommand): string {
  const commands = everyCommand(root).flatMap((command) => [
    `.SS ${roff(calling(command))}`,
    `${roff(command.describe)}.`,
    ...[...command.positionals.map((each) => [each.name, each] as const), ...named(command)].flatMap(([name, each]) => [
      ".TP",
      `.B ${roff(name)}`,
      roff(meaning(each)),
    ]),
  ]);
  const globals = named(root).flatMap(([name, each]) => [".TP", `.B ${roff(name)}`, roff(meaning(each))]);
  return `${[
    '.TH LOTMINT 1 "" "" "User Commands"',
    ".SH NAME",
    "lotmint \\- identities for production lots of connected devices",
    ".SH SYNOPSIS",
    ".B lotmint",
    "command [options]",
    ".SH DESCRIPTION",
    roff(root.describe),
    ".SH OPTIONS OF EVERY COMMAND",
    ...globals,
    ".SH COMMANDS",
    ...commands,
  ].join("\n")}\n`;
}

function named(command: DescribedCommand) {
  return command.options.map((each) => [`--${each.name}`, each] as const);
}

/** A line that roff takes for text: no escapes, hyphens that can be copied, no control character in front. */
function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
