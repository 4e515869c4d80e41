import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { showProgress } from "../../src/cli/progress.ts";
import { makeStatusLine } from "../../src/cli/status-line.ts";

function terminal(isTTY: boolean, { columns = 100, dumb = false } = {}) {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const tty = Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream;
  return { line: makeStatusLine(tty, { dumb }), text: () => text };
}

test("a terminal sees a bar with the rate and the time left, which is gone when the step has ended", () => {
  const { line, text } = terminal(true);
  let nowMs = 0;
  const show = showProgress(line, pino({ level: "silent" }), () => nowMs);
  show({ lot: "L1", room: "minting", done: 0, total: 1000 });
  nowMs = 2000;
  show({ lot: "L1", room: "minting", done: 500, total: 1000 });
  expect(text()).toContain("L1: minting [############------------] 50 % 500 of 1 000, 250 a second, 2 s left");
  nowMs = 4000;
  show({ lot: "L1", room: "minting", done: 1000, total: 1000 });
  expect(text().endsWith("2 s left\r\u001b[K")).toBe(true);
  expect(text()).not.toContain("\n");
});

test("a slow line's rate is told with a digit more, and its time left in minutes", () => {
  const { line, text } = terminal(true);
  let nowMs = 0;
  const show = showProgress(line, pino({ level: "silent" }), () => nowMs);
  show({ lot: "L1", room: "minting", done: 0, total: 1000 });
  nowMs = 10_000;
  show({ lot: "L1", room: "minting", done: 15, total: 1000 });
  expect(text()).toContain("1.5 a second, 11 min left");
});

test("a narrow terminal gets the figures alone, cut to its width", () => {
  const { line, text } = terminal(true, { columns: 30 });
  let nowMs = 0;
  const show = showProgress(line, pino({ level: "silent" }), () => nowMs);
  show({ lot: "L1", room: "minting", done: 0, total: 1000 });
  nowMs = 2000;
  show({ lot: "L1", room: "minting", done: 500, total: 1000 });
  expect(text().split("\r\u001b[K").at(-1)).toBe("L1: minting 500 of 1 000, 250…".slice(0, 28).concat("…"));
});

test.each([
  ["a pipe", false, false],
  ["a dumb terminal", true, true],
])("%s gets an entry now and then, and none for what is over soon", (_, isTTY, dumb) => {
  const { line, text } = terminal(isTTY, { dumb });
  const log: { readonly room: string; readonly done: number; readonly msg: string }[] = [];
  let nowMs = 0;
  const sink = { write: (entry: string) => log.push(JSON.parse(entry)) };
  const show = showProgress(line, pino({}, sink), () => nowMs);
  for (let done = 0; done <= 100; done++) {
    show({ lot: "L1", room: "minting", done, total: 100 });
    nowMs += 1000;
  }
  show({ lot: "L1", room: "listing", done: 0, total: 100 });
  nowMs += 5000;
  show({ lot: "L1", room: "listing", done: 100, total: 100 });
  expect(text()).toBe("");
  expect(log.map(({ msg }) => msg)).toEqual([
    "minting 30 of 100, 1.0 a second, 70 s left",
    "minting 60 of 100, 1.0 a second, 40 s left",
    "minting 90 of 100, 1.0 a second, 10 s left",
  ]);
  expect(log[0]).toMatchObject({ lot: "L1", room: "minting", done: 30, total: 100, secondsLeft: 70 });
});
