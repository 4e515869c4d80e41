import { type EventLoopClock, makeEventLoopClock } from "./event-loop-clock.ts";
import { makePace } from "./pace.ts";
import type { Reply, Unanswered } from "./platform.ts";
import { LONGEST_RETRY_AFTER_MS } from "./retry-after.ts";

/** Nothing heard for so long, and those that wait are not left to find that out one after the other. */
const SILENT_FOR_LONG_MS = 60_000;

/**
 * Keeps questions to one platform at the pace that the platform bears, whoever asks: every lot, upload and check that
 * has to do with a platform shares its one governor.
 */
export interface Governor {
  /** How many questions may be under way now. */
  readonly atOnce: number;
  /** How many are. */
  readonly underWay: number;
  /**
   * Asks when it is this question's turn, first come, first served, and not before the end of a pause that the platform
   * asked for. Once the signal is aborted a question that still waits is not asked, and the reply says so. While the
   * platform has answered nothing at all for a minute, one question at a time is asked, and what it gets is the reply to all that wait.
   */
  ask<T>(question: () => Promise<Reply<T>>, signal?: AbortSignal): Promise<Reply<T>>;
  /** Takes in what the platform answered to something that needs no turn, such as an upload. */
  heed(reply: Reply<unknown>): void;
  /** Waits for the end of a pause that the platform asked for, or for the signal. */
  whenFree(signal?: AbortSignal): Promise<void>;
}

/** The reply to a question that a signal kept from being asked. */
export const NOT_ASKED: Unanswered = { kind: "unknown", message: "stopped before it was asked" };

/** A governor that has seen nothing yet. */
export function makeGovernor(clock: EventLoopClock = makeEventLoopClock()): Governor {
  const pace = makePace();
  /** Each takes its turn, or, with a reply, is turned away. */
  const waiting = new Set<(turnedAway?: Unanswered) => void>();
  let underWay = 0;
  let pausedUntilMs = 0;
  /** When the platform or a proxy before it last answered anything, and since when nothing comes; undefined: something does. */
  let heardMs = 0;
  let silentSinceMs: number | undefined;
  let stopTimer: (() => void) | undefined;

  const mayBegin = () => underWay < pace.atOnce && clock.now() >= pausedUntilMs;
  const admit = () => {
    for (const begin of waiting) {
      if (!mayBegin()) break;
      waiting.delete(begin);
      underWay += 1;
      begin();
    }
    const pauseMs = pausedUntilMs - clock.now();
    if (waiting.size === 0) {
      stopTimer?.();
      stopTimer = undefined;
    } else if (pauseMs > 0 && stopTimer === undefined) {
      const untilMs = pausedUntilMs;
      stopTimer = clock.after(pauseMs, () => {
        stopTimer = undefined;
        endPause(untilMs);
        admit();
      });
    }
  };
  /** The pause is over when its timer says so, unless the platform has asked for a longer one meanwhile. */
  const endPause = (untilMs: number) => {
    if (pausedUntilMs === untilMs) pausedUntilMs = 0;
  };
  /** Undefined when it has come, else the reply to a question that is not asked. */
  const turn = (signal: AbortSignal | undefined): Promise<Unanswered | undefined> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve(NOT_ASKED);
      const begin = (turnedAway?: Unanswered) => {
        signal?.removeEventListener("abort", leave);
        resolve(turnedAway);
      };
      const leave = () => {
        waiting.delete(begin);
        admit();
        resolve(NOT_ASKED);
      };
      waiting.add(begin);
      signal?.addEventListener("abort", leave, { once: true });
      admit();
    });
  const hear = () => {
    heardMs = clock.now();
    silentSinceMs = undefined;
  };
  /** After a question that was begun then and brought no answer. */
  const isSilentForLong = (beganMs: number) => {
    silentSinceMs ??= Math.max(beganMs, heardMs);
    return clock.now() - silentSinceMs >= SILENT_FOR_LONG_MS;
  };
  /** Else each of them would wait for all others to be left without an answer, ten times, before anybody gives up. */
  const turnAway = (reply: Unanswered) => {
    const away = [...waiting];
    waiting.clear();
    for (const begin of away) begin(reply);
  };
  const pauseFor = (reply: Reply<unknown>) => {
    if (reply.kind !== "busy" && reply.kind !== "unknown") return;
    const pauseMs = Math.min(reply.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
    pausedUntilMs = Math.max(pausedUntilMs, clock.now() + pauseMs);
  };
  return {
    get atOnce() {
      return pace.atOnce;
    },
    get underWay() {
      return underWay;
    },
    ask: async (question, signal) => {
      const turnedAway = await turn(signal);
      if (turnedAway !== undefined) return turnedAway;
      const begun = pace.begin(underWay);
      const beganMs = clock.now();
      clock.heldUpMs();
      try {
        const reply = await question();
        const heldUpMs = clock.heldUpMs();
        // A question that was broken off says nothing about the platform.
        if (signal?.aborted !== true) {
          pauseFor(reply);
          if (!isSilence(reply)) hear();
          if (isOverload(reply)) {
            pace.overloaded(begun);
            if (isSilence(reply) && isSilentForLong(beganMs)) turnAway(reply);
          }
          if (reply.kind === "answer" || reply.kind === "refused") {
            pace.answered(begun, clock.now() - beganMs, heldUpMs);
          }
        }
        return reply;
      } finally {
        underWay -= 1;
        admit();
      }
    },
    heed: (reply) => {
      pauseFor(reply);
      if (isOverload(reply)) pace.overloadedBeside();
    },
    whenFree: async (signal) => {
      const isStopped = () => signal?.aborted === true;
      while (!isStopped() && clock.now() < pausedUntilMs) {
        const untilMs = pausedUntilMs;
        await sleep(clock, untilMs - clock.now(), signal);
        if (!isStopped()) endPause(untilMs);
      }
    },
  };
}

/** 408, 429, 5xx, a time-out, no connection; not an answer that was complete and only made no sense. */
function isOverload(reply: Reply<unknown>): reply is Unanswered {
  if (reply.kind === "busy") return true;
  return reply.kind === "unknown" && (reply.status === undefined || reply.status === 0 || reply.status >= 500);
}

function sleep({ after }: EventLoopClock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      stop();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const stop = after(ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** No connection or no answer in time; a 503 of a platform or a proxy is an answer, and the next question may fare better. */
function isSilence(reply: Reply<unknown>): boolean {
  return isOverload(reply) && (reply.status === undefined || reply.status === 0);
}
