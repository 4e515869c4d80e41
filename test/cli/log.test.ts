import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { openLog } from "../../src/cli/log.ts";
import { makeStatusLine } from "../../src/cli/status-line.ts";

function stderr(kind: "terminal" | "pipe", columns = 80) {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const tty = kind === "terminal" ? { isTTY: true, columns } : {};
  return { stream: Object.assign(stream, tty) as unknown as NodeJS.WriteStream, text: () => text };
}

function terminal() {
  return stderr("terminal");
}

test("people read sentences, on a terminal and on a pipe; the fields are for machines", () => {
  for (const kind of ["terminal", "pipe"] as const) {
    const { stream, text } = stderr(kind);
    const log = openLog(stream, { level: "info", format: "text" });
    log.warn({ lot: "L1", parts: 3 }, "3 parts cut");
    log.info({ lot: "L1" }, "lot L1 is held");
    log.error({ code: "usage" }, "wrong\nand more of it");
    expect(text()).toBe("warning: L1: 3 parts cut\nlot L1 is held\nerror: wrong\n  and more of it\n");
  }
});

test("machines read one JSON object a line, with every field, also on a terminal", () => {
  const { stream, text } = stderr("terminal");
  openLog(stream, { level: "info", format: "json" }).warn({ lot: "L1", parts: 3 }, "3 parts cut");
  expect(text().split("\n")).toHaveLength(2);
  expect(JSON.parse(text())).toMatchObject({ level: 40, lot: "L1", parts: 3, msg: "3 parts cut" });
});

test("a long entry is wrapped at the terminal's width, never under 60 columns, and stays whole on a pipe", () => {
  const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(" ");
  for (const [columns, most] of [
    [100, 100],
    [20, 60],
    [500, 200],
  ] as const) {
    const { stream, text } = stderr("terminal", columns);
    openLog(stream, { level: "info", format: "text" }).warn(words);
    const lines = text().trimEnd().split("\n");
    const longest = Math.max(...lines.map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(most);
    expect(longest).toBeGreaterThan(most - 10);
    expect(lines.slice(1).every((line) => line.startsWith("  "))).toBe(true);
    expect(text().replace(/\s+/g, " ").trim()).toBe(`warning: ${words}`);
  }
  const { stream, text } = stderr("pipe");
  openLog(stream, { level: "info", format: "text" }).info(words);
  expect(text()).toBe(`${words}\n`);
});

test("a log of days says when, in local time", () => {
  const { stream, text } = stderr("pipe");
  openLog(stream, { level: "info", format: "text", times: true }).info("watching");
  expect(text()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d watching\n$/);
});

test("an entry takes the progress away before it is written", () => {
  const { stream, text } = stderr("terminal");
  const statusLine = makeStatusLine(stream, { dumb: false });
  const log = openLog(stream, { level: "info", format: "text", statusLine });
  statusLine.show("minting 1 of 2");
  log.info("an entry");
  log.info("another");
  expect(text()).toBe("\r\u001b[Kminting 1 of 2\r\u001b[Kan entry\nanother\n");
});

test("a defect keeps its stack", () => {
  const { stream, text } = stderr("pipe");
  openLog(stream, { level: "info", format: "text" }).fatal({ stack: "Error: x\n    at y" }, "a defect");
  expect(text()).toBe("error: a defect\n  Error: x\n      at y\n");
});

test("a field whose name sounds like a secret is blanked", () => {
  const { stream, text } = terminal();
  openLog(stream, { level: "info", format: "text" }).info(
    { login: { password: "hunter22hunter22" }, token: "abcdef" },
    "logged in",
  );
  expect(text()).toContain("logged in");
  expect(text()).not.toMatch(/hunter22|abcdef/);
});

test("entries below the level are not written", () => {
  const { stream, text } = terminal();
  openLog(stream, { level: "error", format: "text" }).info("nothing");
  expect(text()).toBe("");
});

test("a name from outside draws nothing on a terminal and begins no line", () => {
  const { stream, text } = terminal();
  const name = "a\u001b]0;title\u0007\u001b[2J\u009b31m\u202e\u2066\u007f\nerror: forged.csv";
  openLog(stream, { level: "info", format: "text" }).warn({ lot: name, file: name, files: [name] }, `refused: ${name}`);
  const shown = text();
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  expect(shown).not.toMatch(/^error: forged/m);
  expect(shown).toContain("forged.csv");
});
