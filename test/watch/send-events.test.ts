import { expect, test } from "vitest";
import type { Reply } from "../../src/platform/platform.ts";
import { DEFAULT_RETRY } from "../../src/platform/retry.ts";
import { sendEvents, type WatchEvent } from "../../src/watch/send-events.ts";
import { until } from "./watch-world.ts";

const EVENT: WatchEvent = {
  event: "done",
  file: "LOT.csv",
  lot: "LOT",
  job: "job",
  exitCode: 0,
  message: "DONE",
  result: "/x",
};

function sender(send: (body: string, signal?: AbortSignal) => Promise<Reply<undefined>>) {
  const warned: string[] = [];
  let ids = 0;
  let closed = false;
  const events = sendEvents({
    webhook: {
      send,
      close: async () => {
        closed = true;
      },
    },
    events: ["done", "failed"],
    host: "line-pc",
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    now: () => 0,
    log: { warn: (fields: unknown, words?: string) => warned.push(words ?? String(fields)) },
    retry: { ...DEFAULT_RETRY, tries: 3, firstPauseMs: 5, longestPauseMs: 5 },
  });
  return { events, warned, isClosed: () => closed };
}

test("an event is JSON with an id, a time and who tells it; only those that are wanted go", async () => {
  const bodies: string[] = [];
  const { events, isClosed } = sender(async (body) => {
    bodies.push(body);
    return { kind: "answer", value: undefined };
  });
  events.tell(EVENT);
  events.tell({ ...EVENT, event: "partial" });
  events.tell({ ...EVENT, event: "failed" });
  await events.close(1000);
  expect(bodies.map((body) => JSON.parse(body))).toEqual([
    { version: 1, id: "id-1", at: "1970-01-01T00:00:00.000Z", host: "line-pc", ...EVENT },
    expect.objectContaining({ id: "id-2", event: "failed" }),
  ]);
  expect(isClosed()).toBe(true);
});

test("an event is sent again until it is taken, the same each time", async () => {
  const bodies: string[] = [];
  const { events, warned } = sender(async (body) => {
    bodies.push(body);
    return bodies.length < 3 ? { kind: "unknown", message: "away" } : { kind: "answer", value: undefined };
  });
  events.tell(EVENT);
  await until(() => bodies.length === 3);
  await events.close(1000);
  expect(new Set(bodies).size).toBe(1);
  expect(warned).toEqual([]);
});

test("an event that nobody takes, or that is refused, is dropped with a line in the log", async () => {
  let tries = 0;
  const { events, warned } = sender(async () => {
    tries += 1;
    return tries <= 3 ? { kind: "unknown", message: "away" } : { kind: "refused", status: 404, message: "no" };
  });
  events.tell(EVENT);
  await until(() => warned.length === 1);
  events.tell(EVENT);
  await until(() => warned.length === 2);
  expect(tries).toBe(4);
  await events.close(1000);
});

test("a sender that throws breaks nothing", async () => {
  const { events, warned } = sender(() => Promise.reject(new Error("a defect")));
  events.tell(EVENT);
  await until(() => warned.length === 1);
  await events.close(1000);
});

test("a receiver that never answers holds up neither who tells nor, for long, who ends", async () => {
  const { events, warned, isClosed } = sender(
    (_, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener("abort", () => resolve({ kind: "unknown", message: "stopped" }));
      }),
  );
  for (let index = 0; index < 500; index += 1) events.tell(EVENT);
  // The one under way and a hundred behind it are kept; the oldest others are dropped.
  expect(warned).toHaveLength(399);
  await events.close(20);
  expect(isClosed()).toBe(true);
  expect(warned.at(-1)).toContain("may be lost");
});
