import { describe, expect, it } from "vitest";
import type { Reply } from "../../src/platform/platform.ts";
import { DEFAULT_RETRY, type RetryPolicy, retryWhileUncertain } from "../../src/platform/retry.ts";

const busy: Reply<string> = { kind: "busy", status: 429, message: "busy" };
const unknown: Reply<string> = { kind: "unknown", message: "reset" };
const answer: Reply<string> = { kind: "answer", value: "yes" };
const refused: Reply<string> = { kind: "refused", status: 403, message: "no" };

function play(replies: readonly Reply<string>[], more: Partial<RetryPolicy> = {}) {
  const pauses: number[] = [];
  let steps = 0;
  const policy: RetryPolicy = {
    ...DEFAULT_RETRY,
    random: () => 0.999_999,
    sleep: async (ms) => {
      pauses.push(ms);
    },
    ...more,
  };
  const step = async (): Promise<Reply<string>> => {
    steps += 1;
    return replies[Math.min(steps, replies.length) - 1] ?? answer;
  };
  return { run: () => retryWhileUncertain(step, policy), pauses, steps: () => steps };
}

describe("retryWhileUncertain", () => {
  it.each([answer, refused])("returns a final reply at once", async (reply) => {
    const { run, pauses, steps } = play([reply]);
    expect(await run()).toEqual(reply);
    expect([steps(), pauses]).toEqual([1, []]);
  });

  it("tries again while it is busy or unknown", async () => {
    const { run, steps } = play([busy, unknown, answer]);
    expect(await run()).toEqual(answer);
    expect(steps()).toBe(3);
  });

  it("gives up after ten tries with the last reply, having doubled its pauses up to ten seconds", async () => {
    const { run, pauses, steps } = play([busy, unknown]);
    expect(await run()).toEqual(unknown);
    expect(steps()).toBe(10);
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });

  it("tells of each pause before it", async () => {
    const told: string[] = [];
    const { run } = play([busy, answer], {
      onPause: ({ tried, pauseMs, reply }) => told.push(`${tried} ${pauseMs} ${reply.message}`),
    });
    await run();
    expect(told).toEqual(["1 250 busy"]);
  });

  it("does not try again once the signal is aborted, neither before nor after a pause", async () => {
    const early = play([busy], { signal: AbortSignal.abort() });
    expect(await early.run()).toEqual(busy);
    expect([early.steps(), early.pauses]).toEqual([1, []]);

    const stop = new AbortController();
    const late = play([busy], { signal: stop.signal, sleep: async () => stop.abort() });
    expect(await late.run()).toEqual(busy);
    expect(late.steps()).toBe(1);
  });

  it("is woken from a pause by the signal", async () => {
    const stop = new AbortController();
    const { run } = play([{ ...busy, retryAfterMs: 200_000 }], {
      signal: stop.signal,
      sleep: DEFAULT_RETRY.sleep,
      onPause: () => setImmediate(() => stop.abort()),
    });
    expect(await run()).toMatchObject({ kind: "busy" });
  });

  it("cuts each pause at random by up to half, so that many lines do not come back together", async () => {
    const shortest = play([busy, answer], { random: () => 0 });
    await shortest.run();
    const middle = play([busy, answer], { random: () => 0.5 });
    await middle.run();
    expect([shortest.pauses, middle.pauses]).toEqual([[125], [188]]);
  });

  it.each([
    ["longer than its own", 30_000, 30_000],
    ["shorter than its own", 10, 250],
    ["longer than five minutes", 9_999_999, 300_000],
  ])("honours a Retry-After that is %s", async (_name, retryAfterMs, pauseMs) => {
    const { run, pauses } = play([{ kind: "busy", status: 429, message: "busy", retryAfterMs }, answer]);
    await run();
    expect(pauses).toEqual([pauseMs]);
  });
});
