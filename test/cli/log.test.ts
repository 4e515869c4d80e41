import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { openLog } from "../../src/cli/log.ts";

function terminal() {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY: true }) as unknown as NodeJS.WriteStream, text: () => text };
}

test("a terminal sees words, with the fields behind them", () => {
  const { stream, text } = terminal();
  openLog("info", stream).warn({ lot: "L1", parts: 3 }, "parts cut");
  expect(text()).toBe("\r\u001b[Knote: parts cut parts=3\n");
});

test("a field whose name sounds like a secret is blanked", () => {
  const { stream, text } = terminal();
  openLog("info", stream).info({ login: { password: "hunter22hunter22" }, token: "abcdef" }, "logged in");
  expect(text()).toContain("logged in");
  expect(text()).not.toMatch(/hunter22|abcdef/);
});

test("entries below the level are not written", () => {
  const { stream, text } = terminal();
  openLog("error", stream).info("nothing");
  expect(text()).toBe("");
});

test("a name from outside draws nothing on a terminal and begins no line", () => {
  const { stream, text } = terminal();
  const name = "a\u001b]0;title\u0007\u001b[2J\u009b31m\u202e\u2066\u007f\nerror: forged.csv";
  openLog("info", stream).warn({ file: name, files: [name] }, `refused: ${name}`);
  const shown = text();
  expect(shown.startsWith("\r\u001b[K")).toBe(true);
  expect(shown.slice(4)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  expect(shown).not.toMatch(/^error: forged/m);
  expect(shown).toContain("forged.csv");
});
