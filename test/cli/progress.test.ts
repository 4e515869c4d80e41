import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { showProgress } from "../../src/cli/progress.ts";

function terminal(isTTY: boolean) {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream, text: () => text };
}

test("a terminal sees done, total, rate and the time left", () => {
  const { stream, text } = terminal(true);
  let nowMs = 0;
  const show = showProgress(stream, pino({ level: "silent" }), () => nowMs);
  show({ lot: "L1", room: "minting", done: 0, total: 1000 });
  nowMs = 2000;
  show({ lot: "L1", room: "minting", done: 500, total: 1000 });
  expect(text()).toContain("L1: minting 500 of 1000, 250 a second, 2 s left");
  nowMs = 4000;
  show({ lot: "L1", room: "minting", done: 1000, total: 1000 });
  expect(text().endsWith("L1: minting 1000 of 1000, 250 a second\n")).toBe(true);
});

test("a slow line's rate is told with a digit more, and its time left in minutes", () => {
  const { stream, text } = terminal(true);
  let nowMs = 0;
  const show = showProgress(stream, pino({ level: "silent" }), () => nowMs);
  show({ lot: "L1", room: "minting", done: 0, total: 1000 });
  nowMs = 10_000;
  show({ lot: "L1", room: "minting", done: 15, total: 1000 });
  expect(text()).toContain("1.5 a second, 11 min left");
});

test("a log gets an entry now and then, not for every step", () => {
  const { stream, text } = terminal(false);
  const log: { readonly room: string; readonly done: number; readonly secondsLeft: number }[] = [];
  let nowMs = 0;
  const sink = { write: (line: string) => log.push(JSON.parse(line)) };
  const show = showProgress(stream, pino({}, sink), () => nowMs);
  for (let done = 0; done <= 100; done++) {
    show({ lot: "L1", room: "minting", done, total: 100 });
    nowMs += 300;
  }
  expect(text()).toBe("");
  expect(log.length).toBeGreaterThanOrEqual(3);
  expect(log.length).toBeLessThanOrEqual(5);
  expect(log.at(-1)).toMatchObject({ room: "minting", done: 100, secondsLeft: 0 });
});
