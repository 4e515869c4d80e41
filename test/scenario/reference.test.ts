import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import yargs from "yargs";
import { describeCommands } from "../../scripts/reference/describe-commands.ts";
import { fillShellScript } from "../../scripts/reference/fill-shell-script.ts";
import { referenceFiles } from "../../scripts/reference/reference-files.ts";
import { calling, everyCommand } from "../../scripts/reference/reference-page.ts";
import type { CommandRunner } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { addGlobalOptions } from "../../src/cli/global-options.ts";

/** What yargs itself prints for a command line. */
async function helpOf(words: readonly string[]): Promise<string> {
  const idle = () => async () => {};
  const runner: CommandRunner = Object.assign(idle, { looks: idle });
  const line = COMMANDS.reduce(
    (all, add) => add(all, runner),
    addGlobalOptions(yargs().scriptName("lotmint").locale("en")),
  );
  let help = "";
  await line.wrap(200).parseAsync([...words, "--help"], {}, (_error, _args, output) => {
    help = output;
  });
  return help;
}

test.each(Object.entries(referenceFiles()))(
  "%s says what the commands say; else: npm run reference",
  (path, content) => {
    expect(readFileSync(path, "utf8")).toBe(content);
  },
);

test("what the reference is made of is what --help shows, command by command", async () => {
  const root = describeCommands();
  const commands = everyCommand(root);
  expect(commands.length).toBeGreaterThan(20);
  for (const command of commands.filter(({ words }) => words[0] !== "help")) {
    const shownText = await helpOf(command.words);
    // Help is wrapped: words are compared, not lines.
    const help = shownText.replace(/\s+/g, " ");
    expect(help).toContain(calling(command));
    expect(help).toContain(command.describe.replace(/\s+/g, " "));
    const shown = [...shownText.matchAll(/^ +--([a-z0-9-]+)/gm)].map(([, name]) => name);
    const told = [...root.options, ...command.options].map(({ name }) => name);
    expect(shown.sort(), calling(command)).toEqual([...told, "help", "version"].sort());
  }
});

test("a row that would end a script's quotes is refused when the scripts are made", () => {
  expect(() => fillShellScript("bash", ["run|1|='; rm -rf /'"])).toThrow("must not hold a quote");
});
