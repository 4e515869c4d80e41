import { setTimeout as delay } from "node:timers/promises";
import type { Reply, Unanswered } from "./platform.ts";
import { LONGEST_RETRY_AFTER_MS } from "./retry-after.ts";

/** How often and with which pauses something is tried. */
export interface RetryPolicy {
  /** In all, the first one included. */
  readonly tries: number;
  readonly firstPauseMs: number;
  /** The pauses double up to this; only a Retry-After goes beyond. */
  readonly longestPauseMs: number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Waits, or less when the signal is aborted; never throws. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Once aborted, nothing is tried again. */
  readonly signal?: AbortSignal;
  /** Told before each pause. */
  readonly onPause?: (pause: { readonly tried: number; readonly pauseMs: number; readonly reply: Uncertain }) => void;
}

/** A reply after which the same may be sent again. */
export type Uncertain = Extract<Unanswered, { readonly kind: "busy" | "unknown" }>;

/** Ten tries over about a minute: a platform that restarts is waited for, one that is down is not. */
export const DEFAULT_RETRY: RetryPolicy = {
  tries: 10,
  firstPauseMs: 250,
  longestPauseMs: 10_000,
  random: Math.random,
  sleep: sleepUnlessAborted,
};

/**
 * Takes a step until it is answered or refused, or all tries are used; then the last reply stands.
 * Everything that retries does so here: no other loop asks the platform twice.
 */
export async function retryWhileUncertain<T>(step: () => Promise<Reply<T>>, policy: RetryPolicy): Promise<Reply<T>> {
  for (let tried = 1; ; tried += 1) {
    const reply = await step();
    if (reply.kind === "answer" || reply.kind === "refused") return reply;
    if (tried >= policy.tries || isAborted(policy)) return reply;
    const pauseMs = pauseAfter(reply, tried, policy);
    policy.onPause?.({ tried, pauseMs, reply });
    await policy.sleep(pauseMs, policy.signal);
    if (isAborted(policy)) return reply;
  }
}

/** The pause after the `tried`th try: doubled each time, cut by up to half at random, never below Retry-After. */
function pauseAfter(
  reply: Uncertain,
  tried: number,
  policy: Pick<RetryPolicy, "firstPauseMs" | "longestPauseMs" | "random">,
): number {
  const grown = Math.min(policy.firstPauseMs * 2 ** Math.min(tried - 1, 30), policy.longestPauseMs);
  const jittered = Math.round(grown * (0.5 + policy.random() / 2));
  return Math.max(jittered, Math.min(reply.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS));
}

/** Asked anew each time: what the signal says changes while something is awaited. */
function isAborted(policy: RetryPolicy): boolean {
  return policy.signal?.aborted === true;
}

async function sleepUnlessAborted(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
