import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { homeLayout, spoolLayout } from "../../src/disk/layout.ts";
import type { Reply } from "../../src/platform/platform.ts";
import { openEventSpool } from "../../src/watch/event-spool.ts";
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
const TAKEN: Reply<undefined> = { kind: "answer", value: undefined };
const AWAY: Reply<undefined> = { kind: "unknown", message: "away" };

type Send = (body: string, signal?: AbortSignal) => Promise<Reply<undefined>>;

/** A home whose watcher is started again and again; the pauses of deliveries pass at once, and are counted. */
class Receiver {
  readonly layout = spoolLayout(homeLayout(mkdtempSync(join(tmpdir(), "lotmint-events-"))));
  readonly logged: { readonly level: string; readonly message: string }[] = [];
  readonly pauses: number[] = [];
  passedMs = 0;
  closed = 0;
  #ids = 0;
  /** Waits in the pauses, where a test wants to be in one. */
  holds = false;

  constructor() {
    onTestFinished(() => rmSync(join(this.layout.folder, "..", ".."), { recursive: true, force: true }));
  }

  start(send: Send) {
    const note = (level: string) => (fields: unknown, message?: string) => {
      this.logged.push({ level, message: message ?? String(fields) });
    };
    const log = { info: note("info"), warn: note("warn"), error: note("error") } as never;
    return sendEvents({
      webhook: {
        send,
        close: async () => {
          this.closed += 1;
        },
      },
      spool: openEventSpool(this.layout, log),
      events: ["done", "failed"],
      host: "line-pc",
      newId: () => {
        this.#ids += 1;
        return `id-${this.#ids}`;
      },
      now: () => 0,
      log,
      retry: {
        firstPauseMs: 2000,
        longestPauseMs: 300_000,
        random: () => 1,
        sleep: async (ms, signal) => {
          this.pauses.push(ms);
          this.passedMs += ms;
          if (!this.holds) return turn();
          await new Promise<void>((resolve) => {
            if (signal?.aborted === true) resolve();
            signal?.addEventListener("abort", () => resolve(), { once: true });
          });
        },
      },
    });
  }

  waiting(): readonly string[] {
    return readdirSync(this.layout.folder).filter((name) => name.endsWith(".json"));
  }
}

test("an event is JSON with an id, a time and who tells it; only those that are wanted go, in order", async () => {
  const receiver = new Receiver();
  const bodies: string[] = [];
  const events = receiver.start(async (body) => {
    bodies.push(body);
    return TAKEN;
  });
  events.tell(EVENT);
  events.tell({ ...EVENT, event: "partial" });
  events.tell({ ...EVENT, event: "failed" }, "given");
  await until(() => bodies.length === 2);
  await events.close(1000);
  expect(bodies.map((body) => JSON.parse(body))).toEqual([
    { version: 1, id: "id-1", at: "1970-01-01T00:00:00.000Z", host: "line-pc", ...EVENT },
    expect.objectContaining({ id: "given", event: "failed" }),
  ]);
  expect([receiver.waiting(), receiver.closed, receiver.logged]).toEqual([[], 1, []]);
});

test("an event is on disk before anybody is asked to take it", () => {
  const receiver = new Receiver();
  const found: (readonly string[])[] = [];
  const events = receiver.start(async () => {
    found.push(receiver.waiting());
    return AWAY;
  });
  receiver.holds = true;
  events.tell(EVENT);
  expect(receiver.waiting()).toEqual(["000000000001-id-1.json"]);
  expect(found).toEqual([["000000000001-id-1.json"]]);
});

test("a receiver that is silent for two hours gets every event, once and in order, though the process was killed in between", async () => {
  const receiver = new Receiver();
  const got: string[] = [];
  const silentFor = (ms: number): Send => {
    const untilMs = receiver.passedMs + ms;
    return async (body) => {
      if (receiver.passedMs < untilMs) return AWAY;
      got.push((JSON.parse(body) as { readonly id: string }).id);
      return TAKEN;
    };
  };
  receiver.holds = true;
  // Killed: nobody closes it, and its pause never ends.
  const first = receiver.start(silentFor(Number.POSITIVE_INFINITY));
  for (let index = 0; index < 250; index += 1) first.tell(EVENT);
  await until(() => receiver.pauses.length === 1);
  receiver.holds = false;
  const second = receiver.start(silentFor(2 * 3_600_000));
  for (let index = 0; index < 50; index += 1) second.tell(EVENT);
  await until(() => got.length === 300);
  expect(got).toEqual(Array.from({ length: 300 }, (_, index) => `id-${index + 1}`));
  expect(receiver.passedMs).toBeGreaterThanOrEqual(2 * 3_600_000);
  // 2 s, 4 s, … and every five minutes at most, without end.
  expect(receiver.pauses.slice(1, 5)).toEqual([2000, 4000, 8000, 16_000]);
  expect(Math.max(...receiver.pauses)).toBe(300_000);
  await second.close(1000);
  expect(receiver.waiting()).toEqual([]);
  // An outage is a line when it begins and one when it ends, not one a try.
  expect(receiver.logged.map(({ level }) => level)).toEqual(["warn", "info", "warn", "info"]);
  expect(receiver.logged[1]?.message).toBe("250 events wait for the webhook from before");
});

test.each([[400], [413], [422]])(
  "an event that the receiver calls wrong (HTTP %i) three times is set aside, and those behind it go",
  async (status) => {
    const receiver = new Receiver();
    const tries: string[] = [];
    const events = receiver.start(async (body) => {
      const { id } = JSON.parse(body) as { readonly id: string };
      tries.push(id);
      return id === "id-1" ? { kind: "refused", status, message: `HTTP ${status}` } : TAKEN;
    });
    events.tell(EVENT);
    events.tell(EVENT);
    await until(() => tries.includes("id-2"));
    await events.close(1000);
    expect(tries).toEqual(["id-1", "id-1", "id-1", "id-2"]);
    expect(readdirSync(receiver.layout.aside)).toEqual(["000000000001-id-1.json"]);
    expect(receiver.logged.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("the webhook does not take event id-1"),
    );
  },
);

test.each([[301], [401], [403], [404], [410]])(
  "a receiver that says no to whoever asks (HTTP %i) is asked until somebody has corrected that",
  async (status) => {
    const receiver = new Receiver();
    let tries = 0;
    const events = receiver.start(async () => {
      tries += 1;
      return tries < 40 ? { kind: "refused", status, message: `HTTP ${status}` } : TAKEN;
    });
    events.tell(EVENT);
    await until(() => tries === 40);
    await events.close(1000);
    expect([receiver.waiting(), receiver.logged.length]).toEqual([[], 2]);
  },
);

test("at the end all that waits is tried once more, and what is not taken is left for the next start", async () => {
  const receiver = new Receiver();
  receiver.holds = true;
  let tries = 0;
  const events = receiver.start(async () => {
    tries += 1;
    return tries === 1 || tries > 3 ? AWAY : TAKEN;
  });
  for (let index = 0; index < 4; index += 1) events.tell(EVENT);
  await until(() => receiver.pauses.length === 1);
  await events.close(60_000);
  expect([tries, receiver.waiting().length]).toEqual([4, 2]);
  expect(receiver.logged.at(-1)?.message).toBe(
    "2 events wait for the webhook, to be delivered when watch is started again",
  );
});

test("an event that is called wrong while the sender is being closed does not keep those behind it, start after start", async () => {
  const receiver = new Receiver();
  const tries: string[] = [];
  const send: Send = async (body) => {
    const { id } = JSON.parse(body) as { readonly id: string };
    tries.push(id);
    return id === "id-1" ? { kind: "refused", status: 422, message: "HTTP 422" } : TAKEN;
  };
  // As `watch --once` does: closed at once after the last event.
  const events = receiver.start(send);
  events.tell(EVENT);
  events.tell(EVENT);
  await events.close(60_000);
  expect(tries).toEqual(["id-1", "id-1", "id-1", "id-2"]);
  expect([receiver.waiting(), readdirSync(receiver.layout.aside)]).toEqual([[], ["000000000001-id-1.json"]]);
});

test("a sender that throws breaks nothing, and the event stays", async () => {
  const receiver = new Receiver();
  let tries = 0;
  const events = receiver.start(async () => {
    tries += 1;
    if (tries < 3) throw new Error("a defect");
    return TAKEN;
  });
  events.tell(EVENT);
  await until(() => tries === 3);
  await events.close(1000);
  expect(receiver.waiting()).toEqual([]);
});

test("a receiver that never answers holds up neither who tells nor, for long, who ends", async () => {
  const receiver = new Receiver();
  const events = receiver.start(
    (_, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener("abort", () => resolve({ kind: "unknown", message: "stopped" }));
      }),
  );
  for (let index = 0; index < 500; index += 1) events.tell(EVENT);
  await events.close(20);
  expect([receiver.closed, receiver.waiting().length]).toEqual([1, 500]);
});
