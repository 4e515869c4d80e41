import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonLine, terminalMessage, terminalText } from "../../src/cli/terminal-text.ts";
import { paint } from "../../src/report/plain-text.ts";
import { runInProcess } from "../scenario/in-process.ts";

const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

test("nothing that a terminal obeys is left of any text, and its lines stay", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = terminalText(`${text}\n\u001b]0;owned\u0007\u001b[2J\u009b2J\r\u202e\u2066`, { colour: false });
      return !OBEYED.test(shown) && shown.split("\n").length === text.split("\n").length + 1;
    }),
  );
});

test("the program's own colours stay where they are asked for, and go else", () => {
  const red = paint("rejected", "red", { colour: true });
  expect(terminalText(`${red}\u001b[2J`, { colour: true })).toBe(`${red}?[2J`);
  expect(terminalText(red, { colour: false })).toBe("?[31mrejected?[0m");
});

test("a line break in a message begins no entry of its own", () => {
  expect(terminalMessage("a.csv\nerror: all is lost\u001b[2J")).toBe("a.csv\n  error: all is lost?[2J");
});

test("a line of JSON holds nothing that a terminal obeys, and means the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const value = { name: `${text}\u009b2J\u007f\u202e\u2069\u001b` };
      const line = jsonLine(JSON.stringify(value));
      return !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(line)
        ? JSON.stringify(JSON.parse(line)) === JSON.stringify(value)
        : false;
    }),
  );
});

test("names on the command line come back cleaned, in text and in JSON", async () => {
  const home = mkdtempSync(join(tmpdir(), "lotmint-terminal-"));
  try {
    mkdirSync(join(home, "jobs"));
    mkdirSync(join(home, "state"), { mode: 0o700 });
    const name = "a\u001b[2J\u009b31m\u202eb";
    const told = await runInProcess(["status", name, "--json"], home);
    expect(told.text).toContain("31m");
    expect(told.text.trimEnd()).not.toMatch(OBEYED);
    const made = await runInProcess(["backup", `${name}.tar`], home);
    expect(made.code).toBe(0);
    expect(made.text).toContain("?[2J?31m?b.tar: ");
    expect(made.text).not.toMatch(OBEYED);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test("only what cleans or asks writes to a terminal", () => {
  const writing = globSync("src/**/*.ts").filter((file) =>
    /\b(stdout|stderr|process\.std\w+|console)\.(write|log|error)\(/.test(readFileSync(file, "utf8")),
  );
  expect(writing.toSorted()).toEqual(["src/cli/look-context.ts", "src/cli/run-cli.ts"]);
  const drawing = globSync("src/cli/**/*.ts").filter((file) => /\bstream\.write\(/.test(readFileSync(file, "utf8")));
  expect(drawing.toSorted()).toEqual(["src/cli/log.ts", "src/cli/status-line.ts"]);
});
