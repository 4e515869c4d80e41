import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runInProcess } from "./in-process.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-completion-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const home = join(folder, "home");
for (const path of ["jobs", "output/L1", "output/L 2", "output/.x", "output/a%3Ab", "state/authorities/line-3"]) {
  mkdirSync(join(home, path), { recursive: true });
}
mkdirSync(join(home, "state/authorities/root"));
writeFileSync(join(home, "jobs/thermo.yaml"), "");
writeFileSync(join(folder, "lot.csv"), "");

const REASONS = "affiliationChanged";

/** What each line, completed in its last word, has to offer among other things, and must not offer. */
const LINES: readonly (readonly [line: readonly string[], offered: readonly string[], never: readonly string[]])[] = [
  [[""], ["init", "run", "completion"], ["create", "--home"]],
  [["authority", ""], ["create", "show", "crl"], ["run"]],
  [["authority", "show", ""], ["line-3", "root"], ["show"]],
  [["authority", "create", ""], [], ["line-3", "create"]],
  [["--home", home, "authority", "show", "--no"], ["--no-platform"], []],
  [["run", ""], ["thermo", "lot.csv"], ["run"]],
  [["run", "thermo", "--issuer", "li"], ["line-3"], []],
  [["check", "L1", "--"], ["--sample", "--home", "--platform"], ["--once"]],
  [["check", ""], ["L1"], [".x", "a%3Ab"]],
  [["--home", folder, "check", ""], [], ["L1"]],
  [["remint", "x", "y", "--reason", ""], [REASONS], ["L1"]],
  [["--log-level", ""], ["debug", "silent"], ["run"]],
  [["backup", "lo"], ["lot.csv"], []],
  [["watch", ""], [], ["run", "watch"]],
];

interface Shell {
  readonly ending: string;
  readonly command: readonly string[];
  /** A script that prints what is offered for a line, one a line. */
  readonly script: (file: string, line: readonly string[]) => string;
}

const quote = (word: string) => `'${word}'`;

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: {
    ending: "bash",
    command: ["bash", "--norc", "--noprofile"],
    // As readline calls what `complete -F` has named.
    script: (file, line) => `source ${quote(file)}
COMP_WORDS=(lotmint ${line.map(quote).join(" ")}); COMP_CWORD=${line.length}
$(complete -p lotmint | sed 's/.*-F \\([^ ]*\\).*/\\1/')
true
[ "\${#COMPREPLY[@]}" = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  zsh: {
    ending: "zsh",
    command: ["zsh", "-f"],
    // In place of the functions of compinit.
    script: (file, line) => `compdef() { :; }; compset() { :; }; compadd() { shift; offered+=(\${(P)1}); }
_files() { offered+=(\${words[CURRENT]}*(N)); }
source ${quote(file)}
words=(lotmint ${line.map(quote).join(" ")}); CURRENT=${line.length + 1}; offered=(); _lotmint
for each in $offered; do [[ $each == \${words[CURRENT]}* ]] && print -r -- $each; done; true`,
  },
  fish: {
    ending: "fish",
    command: ["fish", "--no-config"],
    script: (file, line) =>
      `source ${quote(file)}; complete -C "lotmint ${line.join(" ")}" | string replace -r "\\t.*" ""; true`,
  },
};

describe.each(Object.entries(SHELLS))("%s", (name, { ending, command, script }) => {
  const [program = "", ...flags] = command;
  const isThere = process.env["CI"] !== undefined || spawnSync(program, ["-c", "true"]).status === 0;

  test.skipIf(!isThere).each(LINES)(`completes lotmint %j (skipped without ${name})`, (line, offered, never) => {
    const file = join(process.cwd(), "completions", `lotmint.${ending}`);
    const env = { ...process.env, LOTMINT_HOME: home };
    const output = execFileSync(program, [...flags, "-c", script(file, line)], { encoding: "utf8", cwd: folder, env });
    const found = output.split("\n");
    expect(found).toEqual(expect.arrayContaining([...offered]));
    for (const each of never) expect(found).not.toContain(each);
    if (offered.length === 0) expect(found.filter((each) => each !== "")).toEqual([]);
  });
});

test("in bash a name with a space is offered as one word, quoted", () => {
  const { script } = SHELLS["bash"] as Shell;
  const text = script(join(process.cwd(), "completions/lotmint.bash"), ["--home", home, "check", "L"]);
  expect(execFileSync("bash", ["-c", text], { encoding: "utf8" }).split("\n")).toContain("L\\ 2");
});

test.each([
  ["bash", "bash"],
  ["zsh", "zsh"],
  ["fish", "fish"],
  ["powershell", "ps1"],
])("lotmint completion %s prints its script, in any folder", async (shell, ending) => {
  const { code, text } = await runInProcess(["completion", shell], folder);
  expect(code).toBe(0);
  expect(text).toBe(readFileSync(`completions/lotmint.${ending}`, "utf8"));
});
