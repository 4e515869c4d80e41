import { expect, it } from "vitest";
import { makeGovernor } from "../../src/platform/governor.ts";
import type { Reply } from "../../src/platform/platform.ts";
import { DEFAULT_RETRY, retryWhileUncertain } from "../../src/platform/retry.ts";

const YES: Reply<boolean> = { kind: "answer", value: true };
const BUSY: Reply<boolean> = { kind: "busy", status: 429, message: "too many" };

/** A clock that goes on only when told to, with everything that is due by then done in order. */
function simulate() {
  let nowMs = 0;
  let heldUpMs = 0;
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  const after = (ms: number, act: () => void) => {
    const timer = { at: nowMs + ms, act };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    clock: { now: () => nowMs, after, heldUpMs: () => heldUpMs },
    holdUp: (ms: number) => {
      heldUpMs = ms;
    },
    after,
    timers: () => timers.size,
    pass: async (ms: number) => {
      const until = nowMs + ms;
      await settle();
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        nowMs = next.at;
        next.act();
        await settle();
      }
      nowMs = until;
    },
  };
}

/** A platform that serves so many at a time; the others wait for it, or are refused. */
function serve(sim: ReturnType<typeof simulate>, capacity: number, excess: "queue" | "refuse") {
  const waiting: (() => void)[] = [];
  const seen = { served: 0, refused: 0, busy: 0 };
  const begin = (resolve: (reply: Reply<boolean>) => void) => {
    seen.busy += 1;
    sim.after(40, () => {
      seen.busy -= 1;
      seen.served += 1;
      resolve(YES);
      waiting.shift()?.();
    });
  };
  const ask = () =>
    new Promise<Reply<boolean>>((resolve) => {
      if (seen.busy < capacity) return begin(resolve);
      if (excess === "queue") return void waiting.push(() => begin(resolve));
      seen.refused += 1;
      sim.after(5, () => resolve(BUSY));
    });
  return { seen, ask };
}

it.each([
  ["queue", 16],
  ["refuse", 16],
  ["queue", 5],
  ["refuse", 40],
] as const)("finds what a platform that would %s more than %d at a time bears", async (excess, capacity) => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  const { seen, ask } = serve(sim, capacity, excess);
  let ended = false;
  const lanes = Array.from({ length: 64 }, async () => {
    while (!ended) await governor.ask(ask);
  });
  await sim.pass(10_000);
  const before = { ...seen };
  let sum = 0;
  for (let sample = 0; sample < 100; sample += 1) {
    await sim.pass(200);
    sum += governor.underWay;
  }
  ended = true;
  await sim.pass(1000);
  await Promise.all(lanes);
  const served = seen.served - before.served;
  const mean = sum / 100;
  // 20 seconds of the whole capacity are 500 for each place.
  expect(served).toBeGreaterThan(0.75 * capacity * 500);
  expect((seen.refused - before.refused) / served).toBeLessThan(0.02);
  expect(mean).toBeGreaterThan(capacity * 0.7);
  expect(mean).toBeLessThan(capacity * 1.6 + 4);
});

it("asks as many as may be soon, in a busy process too, if the platform shows no limit", async () => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  let ended = false;
  let answers = 0;
  const answer = (resolve: (reply: Reply<boolean>) => void) => {
    // From time to time the process reads nothing for 200 ms.
    const late = Math.floor(answers / 20) % 2 === 1 ? 200 : 0;
    answers += 1;
    sim.after(40 + late, () => {
      sim.holdUp(late);
      resolve(YES);
    });
  };
  const lanes = Array.from({ length: 64 }, async () => {
    while (!ended) await governor.ask(() => new Promise(answer));
  });
  await sim.pass(2000);
  expect(governor.underWay).toBe(64);
  ended = true;
  await sim.pass(1000);
  await Promise.all(lanes);
});

/** Tries ten times, as the program does. */
function tenTries(sim: ReturnType<typeof simulate>) {
  const sleep = (ms: number) => new Promise<void>((resolve) => void sim.after(ms, resolve));
  return { ...DEFAULT_RETRY, random: () => 0, sleep };
}

it("lets nobody wait for a platform that is away until all others have used up their tries", async () => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  let asked = 0;
  // As one behind a firewall that drops everything.
  const question = () => {
    asked += 1;
    return new Promise<Reply<boolean>>((resolve) => {
      sim.after(30_000, () => resolve({ kind: "unknown", message: "no answer in time" }));
    });
  };
  const replies = Array.from({ length: 64 }, () => retryWhileUncertain(() => governor.ask(question), tenTries(sim)));
  await sim.pass(900_000);
  expect(sim.timers()).toBe(0);
  for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ message: "no answer in time" });
  expect(asked).toBeLessThan(40);
  expect(governor.underWay).toBe(0);
});

it("takes a platform up again that was away for half a minute, with every question answered", async () => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  const question = () =>
    new Promise<Reply<boolean>>((resolve) => {
      const isBack = sim.clock.now() >= 20_000;
      sim.after(isBack ? 40 : 1, () => resolve(isBack ? YES : { kind: "busy", status: 0, message: "refused" }));
    });
  const replies = Array.from({ length: 64 }, () => retryWhileUncertain(() => governor.ask(question), tenTries(sim)));
  await sim.pass(60_000);
  expect(await Promise.all(replies)).toEqual(replies.map(() => YES));
  expect(governor.atOnce).toBeGreaterThan(1);
});

it("turns nobody away unasked for a connection that breaks now and then, however often in a row", async () => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  let asked = 0;
  const question = () => {
    asked += 1;
    const isCut = asked % 21 !== 0;
    return new Promise<Reply<boolean>>((resolve) => {
      sim.after(1, () => resolve(isCut ? { kind: "unknown", message: "the connection broke" } : YES));
    });
  };
  const replies = Array.from({ length: 64 }, () => governor.ask(question));
  await sim.pass(1000);
  await Promise.all(replies);
  expect(asked).toBe(64);
});

it("turns nobody away unasked while the platform answers, be it with 503", async () => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  let asked = 0;
  const question = () => {
    asked += 1;
    return new Promise<Reply<boolean>>((resolve) => {
      sim.after(1, () => resolve({ kind: "busy", status: 503, message: "later" }));
    });
  };
  const replies = Array.from({ length: 64 }, () => governor.ask(question));
  await sim.pass(1000);
  await Promise.all(replies);
  expect(asked).toBe(64);
});

it("asks nothing during a pause that the platform asked for, whoever asks", async () => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  await governor.ask(async () => ({ ...BUSY, retryAfterMs: 3000 }) as Reply<boolean>);
  let asked = 0;
  const other = governor.ask(async () => {
    asked += 1;
    return YES;
  });
  let free = false;
  const upload = governor.whenFree().then(() => {
    free = true;
  });
  await sim.pass(2999);
  expect([asked, free]).toEqual([0, false]);
  await sim.pass(1);
  await Promise.all([other, upload]);
  expect([asked, free]).toEqual([1, true]);
  expect(sim.timers()).toBe(0);
});

it("ends a pause when its timer does, whatever the clock reads, and a longer one when that one's does", async () => {
  const timers: { readonly ms: number; readonly act: () => void }[] = [];
  const after = (ms: number, act: () => void) => {
    timers.push({ ms, act });
    return () => undefined;
  };
  const governor = makeGovernor({ now: () => 0, after, heldUpMs: () => 0 });
  governor.heed({ ...BUSY, retryAfterMs: 1000 } as Reply<boolean>);
  let answered = false;
  const asked = governor
    .ask(async () => YES)
    .then(() => {
      answered = true;
    });
  governor.heed({ ...BUSY, retryAfterMs: 5000 } as Reply<boolean>);
  timers.shift()?.act();
  await new Promise(setImmediate);
  expect([answered, timers.map(({ ms }) => ms)]).toEqual([false, [5000]]);
  const free = governor.whenFree();
  for (const { act } of timers.splice(0)) act();
  await new Promise(setImmediate);
  expect([answered, timers.length]).toEqual([true, 0]);
  await Promise.all([asked, free]);
});

it("cuts a pause to five minutes", async () => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  governor.heed({ kind: "unknown", status: 503, message: "later", retryAfterMs: 86_400_000 });
  const asked = governor.ask(async () => YES);
  await sim.pass(300_000);
  expect(await asked).toEqual(YES);
});

it("does not ask what still waits when the signal comes, and leaves no timer", async () => {
  const sim = simulate();
  const governor = makeGovernor(sim.clock);
  governor.heed({ kind: "busy", status: 429, message: "later", retryAfterMs: 60_000 });
  const stop = new AbortController();
  let asked = 0;
  const waiting = Array.from({ length: 30 }, () =>
    governor.ask(async () => {
      asked += 1;
      return YES;
    }, stop.signal),
  );
  const free = governor.whenFree(stop.signal);
  stop.abort();
  for (const reply of await Promise.all(waiting)) expect(reply).toMatchObject({ kind: "unknown" });
  await free;
  expect([asked, sim.timers(), governor.underWay]).toEqual([0, 0, 0]);
});

it("learns nothing from a question that was broken off, and gives its place back when one throws", async () => {
  const governor = makeGovernor(simulate().clock);
  const before = governor.atOnce;
  const stop = new AbortController();
  await governor.ask(async () => {
    stop.abort();
    return { kind: "unknown", message: "the request was stopped" };
  }, stop.signal);
  await expect(governor.ask(() => Promise.reject(new Error("defect")))).rejects.toThrow("defect");
  expect([governor.atOnce, governor.underWay]).toEqual([before, 0]);
});

it.each([
  ["429", { kind: "busy", status: 429, message: "" }, 2],
  ["a time-out", { kind: "unknown", message: "" }, 2],
  ["503", { kind: "unknown", status: 503, message: "" }, 2],
  ["an answer that makes no sense", { kind: "unknown", status: 200, message: "" }, 4],
  ["a refusal", { kind: "refused", status: 403, message: "" }, 4],
] as const)("takes %s for what it is", async (_name, reply, atOnce) => {
  const governor = makeGovernor(simulate().clock);
  await governor.ask(async () => reply);
  expect(governor.atOnce).toBe(atOnce);
});
