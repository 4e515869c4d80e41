import type { Logger } from "pino";
import type { WatchEventKind } from "../domain/job.ts";
import type { Webhook } from "../platform/http/send-webhook.ts";
import { DEFAULT_RETRY, type RetryPolicy, retryWhileUncertain } from "../platform/retry.ts";

/** What others are told: a lot has ended, or something cannot go on. */
export interface WatchEvent {
  readonly event: WatchEventKind;
  /** The manifest's name; null when it is about no manifest. */
  readonly file: string | null;
  readonly lot: string | null;
  readonly job: string | null;
  readonly exitCode: number | null;
  /** One sentence for people. */
  readonly message: string;
  /** Absolute path of the result's text; null when there is none. */
  readonly result: string | null;
  /** Devices by stage. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Rejected rows by reason. */
  readonly rejects?: Readonly<Record<string, number>>;
}

export interface EventSender {
  /** Takes an event on its way and returns at once. Never throws; what cannot be delivered is dropped with a line in the log. */
  tell(event: WatchEvent): void;
  /** Tries once more to deliver what is left, and gives up after `patienceMs`. */
  close(patienceMs: number): Promise<void>;
}

export interface SenderOptions {
  readonly webhook: Webhook;
  readonly events: readonly WatchEventKind[];
  /** Who tells it. */
  readonly host: string;
  readonly newId: () => string;
  readonly now: () => number;
  readonly log: Pick<Logger, "warn">;
  /** How often and with which pauses; its signal is the sender's own. */
  readonly retry?: Omit<RetryPolicy, "signal">;
}

/** An outage of the receiver costs so many events and no more memory than that. */
const MAX_WAITING = 100;
/** Six tries over about five minutes. */
const RETRY: Omit<RetryPolicy, "signal"> = { ...DEFAULT_RETRY, tries: 6, firstPauseMs: 2000, longestPauseMs: 120_000 };

/** Sends events one after the other, in the background; no run waits for it. */
export function sendEvents(options: SenderOptions): EventSender {
  const { webhook, events, log, retry = RETRY } = options;
  const waiting: string[] = [];
  /** Ends the pauses, then the requests. */
  const closing = new AbortController();
  const ending = new AbortController();
  let underWay: Promise<void> | undefined;

  async function deliver(body: string): Promise<void> {
    const reply = await retryWhileUncertain(() => webhook.send(body, ending.signal), {
      ...retry,
      signal: closing.signal,
    });
    if (reply.kind !== "answer")
      log.warn({ reason: reply.message }, `an event could not be delivered to the webhook: ${reply.message}`);
  }

  async function work(): Promise<void> {
    for (let body = waiting.shift(); body !== undefined && !ending.signal.aborted; body = waiting.shift()) {
      await deliver(body).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ reason }, `an event could not be delivered to the webhook: ${reason}`);
      });
    }
    underWay = undefined;
  }

  return {
    tell: (event) => {
      if (!events.includes(event.event)) return;
      if (waiting.length >= MAX_WAITING) {
        waiting.shift();
        log.warn(
          { waiting: MAX_WAITING },
          `the webhook is not reached and ${MAX_WAITING} events wait; the oldest event is dropped`,
        );
      }
      const { now, newId, host } = options;
      const at = new Date(now()).toISOString();
      waiting.push(JSON.stringify({ version: 1, id: newId(), at, host, ...event }));
      underWay ??= work();
    },
    close: async (patienceMs) => {
      closing.abort();
      const alarm = setTimeout(() => ending.abort(), patienceMs);
      await underWay;
      clearTimeout(alarm);
      if (ending.signal.aborted) log.warn("the webhook did not answer in time; events may be lost");
      await webhook.close();
    },
  };
}
