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
