import type { DescribedCommand, DescribedValue } from "./describe-commands.ts";

/** docs/reference.md: every command with its arguments and options, in the order and the words of --help. */
export function referencePage(root: DescribedCommand): string {
  const all = everyCommand(root);
  return `# Reference

Every command, as \`--help\` tells it. Made by \`npm run reference\`; a test holds it to the program.
What the commands do is told in [operations.md](operations.md), job files in [job-file.md](job-file.md), exit codes in
[operations.md](operations.md#exit-codes).

| command | what it does |
|---|---|
${all.map((each) => `| [\`${calling(each)}\`](#${anchor(each)}) | ${cell(each.describe)} |`).join("\n")}

## Options of every command

${table(root.options)}
| \`--help\` | Show help |
| \`--version\` | Show the version |

${all.map(section).join("\n")}`;
}

/** Commands that do something: not those that only hold others, which take no arguments. */
export function everyCommand(command: DescribedCommand): readonly DescribedCommand[] {
  return command.commands.flatMap((each) => {
    const holds = each.commands.length > 0 && each.positionals.length === 0;
    return holds ? everyCommand(each) : [each, ...everyCommand(each)];
  });
}

/** How it is called: lotmint authority create <name>. */
export function calling({ words, usage }: DescribedCommand): string {
  return ["lotmint", ...words, usage].filter((part) => part !== "").join(" ");
}

/** What a value is and may be, in one line. */
export function meaning(value: DescribedValue): string {
  const notes = [
    value.isDemanded ? "required" : "",
    value.choices.length > 0 ? value.choices.join(", ") : "",
    hasDefault(value) ? `default ${String(value.default)}` : "",
  ].filter((note) => note !== "");
  const words = value.describe === "" ? sentence(value.name) : value.describe;
  return notes.length === 0 ? words : `${words} (${notes.join("; ")})`;
}

function hasDefault({ default: value }: DescribedValue): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

function sentence(name: string): string {
  return `The ${name}`;
}

function section(command: DescribedCommand): string {
  const { words, positionals, options, describe } = command;
  const values = positionals.length + options.length === 0 ? "" : `\n${table(positionals, options)}\n`;
  return `## lotmint ${words.join(" ")}\n\n\`${calling(command)}\`\n\n${describe}.\n${values}`;
}

function table(...[positionals, options]: readonly (readonly DescribedValue[])[]): string {
  const [places, named] = options === undefined ? [[], positionals ?? []] : [positionals ?? [], options];
  const rows = [
    ...places.map((each) => `| \`${each.name}\` | ${cell(meaning(each))} |`),
    ...named.map((each) => `| \`--${each.name}\` | ${cell(meaning(each))} |`),
  ];
  return `| | |\n|---|---|\n${rows.join("\n")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function anchor({ words }: DescribedCommand): string {
  return ["lotmint", ...words].join("-");
}
