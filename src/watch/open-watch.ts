import { diskError, strayDiskError } from "../disk/disk-error.ts";
import { exitCodeOf } from "../domain/exit-code.ts";
import { makeChangeFeed } from "./change-feed.ts";
import { controlWatch } from "./control-watch.ts";
import { openIntake } from "./intake.ts";
import { keepLotStops } from "./lot-stops.ts";
import { keepTroubles, type Troubles } from "./troubles.ts";
import type { WatchControl } from "./watch-control.ts";
import type { WatchOptions } from "./watch-options.ts";
import { sendKey } from "./work.ts";
import { openWorkDesk, type WorkDesk } from "./work-desk.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** The pause grows with the time that a look takes, so that thousands of files in the drop folder cost little; up to so many pauses. */
const PAUSE_PER_LOOK = 10;
const LONGEST_PAUSE = 10;

/** A watcher that has not begun. */
export interface Watch {
  /** What can be seen of it and done with it, from before it begins until its process ends. */
  readonly control: WatchControl;
  /**
   * Watches the drop folder and the schedules until the signal, or, with `once`, until what is due has been tried.
   * Looks again and again instead of being notified, since network shares do not notify. Nothing that goes wrong
   * with a file, a folder or a lot ends it. Returns the worst exit code of all tries, 130 if it was stopped. To be called once.
   */
  run(): Promise<number>;
}

/** Makes ready to watch; touches nothing. */
export function openWatch(options: WatchOptions): Watch {
  const { log } = options;
  const bell = makeBell();
  const troubles = keepTroubles(log);
  const stops = keepLotStops();
  const feed = makeChangeFeed((error) => {
    log.error({ reason: error instanceof Error ? error.stack : String(error) }, "a listener to the watcher failed");
  });
  const sends = { asked: true };
  const lookAtSends = () => {
    sends.asked = true;
    bell.ring();
  };
  const desk = openWorkDesk(options, { troubles, stops, feed, ring: bell.ring, sendEnded: lookAtSends });
  const control = controlWatch(options, {
    desk,
    stops,
    feed,
    ring: bell.ring,
    sendAsked: lookAtSends,
  });
  return { control, run: () => watch(options, { bell, troubles, desk, sends }) };
}

interface WatchTools {
  readonly bell: ReturnType<typeof makeBell>;
  readonly troubles: Troubles;
  readonly desk: WorkDesk;
  readonly sends: { asked: boolean };
}

async function watch(options: WatchOptions, { bell, troubles, desk, sends }: WatchTools): Promise<number> {
  const { calls, once, monotonic, signal } = options;
  const intake = openIntake(options, desk, troubles);
  const stalled = new Set<string>();
  let minute: number | undefined;
  let crlsDueMs = Number.NEGATIVE_INFINITY;
  let crls: Promise<void> | undefined;
  let filling: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;
  let fillDueMs = Number.NEGATIVE_INFINITY;

  /** One of the things to do; what goes wrong with it is told once and does not keep the others from being done. */
  async function step(about: string, act: () => Promise<void> | void): Promise<void> {
    try {
      await act();
      stalled.delete(about);
      troubles.over(about);
    } catch (cause) {
      const error = diskError(strayDiskError(cause), about, "reach");
      const lastedMs = troubles.report(about, error, monotonic());
      desk.noteExitCode(exitCodeOf(error));
      if (lastedMs < options.stalledMs || stalled.has(about)) return;
      stalled.add(about);
      const message = `${about}: ${error instanceof Error ? error.message : String(error)}`;
      calls.tell({ event: "stalled", file: null, lot: null, job: null, exitCode: null, message, result: null });
    }
  }

  function askSchedules(): void {
    const current = Math.floor(options.now() / MINUTE_MS);
    if (current === minute) return;
    minute = current;
    intake.plan(calls.due(options.now()));
  }

  function renewCrls(): void {
    if (calls.renewCrls === undefined || crls !== undefined || monotonic() < crlsDueMs) return;
    crlsDueMs = monotonic() + HOUR_MS;
    const renewing = calls.renewCrls;
    crls = step("revocation lists", () => renewing()).finally(() => {
      crls = undefined;
      bell.ring();
    });
  }

  /** Keys are made while there is nothing to do at all; the first file that is seen ends it. */
  function fillKeys(): void {
    if (!desk.idle || !intake.settled) {
      filling?.stop.abort();
      return;
    }
    if (calls.fillKeys === undefined || once || filling !== undefined || monotonic() < fillDueMs) return;
    const stop = new AbortController();
    const fill = calls.fillKeys;
    const done = step("key pool", () => fill(stop.signal)).finally(() => {
      filling = undefined;
      if (!stop.signal.aborted) fillDueMs = monotonic() + MINUTE_MS;
    });
    filling = { stop, done };
  }

  signal.addEventListener("abort", bell.ring, { once: true });
  try {
    while (!signal.aborted) {
      const beganMs = monotonic();
      await step("schedules", askSchedules);
      await step("input/work", intake.adopt);
      await step("input", intake.claim);
      await step("scheduled files", intake.fetch);
      await step("lots to send again", () => loadSends(options, desk, sends));
      renewCrls();
      fillKeys();
      await desk.turn();
      if (once && desk.idle && intake.settled && crls === undefined) break;
      const lookedMs = monotonic() - beganMs;
      await bell.wait(
        Math.min(Math.max(1, (lookedMs * PAUSE_PER_LOOK) / options.pollMs), LONGEST_PAUSE) * options.pollMs,
      );
    }
  } finally {
    signal.removeEventListener("abort", bell.ring);
  }
  filling?.stop.abort();
  await desk.finish();
  await filling?.done;
  await crls;
  return signal.aborted ? 130 : desk.exitCode;
}

/** The lots that are to be sent again: read from the ledger at the start, and whenever one is asked for or has ended. */
async function loadSends({ calls, now }: WatchOptions, desk: WorkDesk, sends: { asked: boolean }): Promise<void> {
  if (!sends.asked) return;
  sends.asked = false;
  try {
    for (const { lot, job } of await calls.orders.sendsAsked()) {
      const path = sendKey(lot);
      const claim = { name: lot, claimedAtMs: now(), lot, job, starts: 0, filing: null };
      if (!desk.has(path)) desk.add({ path, claim, claimed: false, planned: undefined, sends: true });
    }
  } catch (error) {
    sends.asked = true;
    throw error;
  }
}

/** A pause that can be ended from outside, also before it begins. */
function makeBell(): { readonly ring: () => void; readonly wait: (ms: number) => Promise<void> } {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async (ms) => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      wake = undefined;
    },
  };
}
