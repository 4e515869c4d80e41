import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { makeEventLoopClock } from "../../src/platform/event-loop-clock.ts";

/** Keeps this thread busy. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it("tells for how long this thread has had other work since it last looked for answers", async () => {
  const { heldUpMs } = makeEventLoopClock();
  heldUpMs();
  await turn();
  await turn();
  work(60);
  expect(heldUpMs()).toBeGreaterThanOrEqual(59);
});

it("does not count the time in which it waited for them, nor what was before", async () => {
  const { now, heldUpMs, after } = makeEventLoopClock();
  work(200);
  heldUpMs();
  await turn();
  await turn();
  const beganMs = now();
  await new Promise<void>((resolve) => {
    after(300, resolve);
  });
  const heldUp = heldUpMs();
  // On a machine that is busy with other programs this one may wait as long as it likes; that is not work of its own.
  expect(now() - beganMs - heldUp).toBeGreaterThan(100);
});
