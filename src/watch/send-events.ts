import type { Logger } from "pino";
import type { WatchEventKind } from "../domain/job.ts";
import { nounFor } from "../domain/noun-for.ts";
import type { Webhook } from "../platform/http/send-webhook.ts";
import type { Reply } from "../platform/platform.ts";
import { DEFAULT_RETRY, type RetryPolicy, retryWhileUncertain, type Uncertain } from "../platform/retry.ts";
import type { EventSpool } from "./event-spool.ts";

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
  /**
   * Keeps an event on disk, durably, and returns; it is delivered in the background. Never throws. Told again under the same
   * id, as after a crash, it is the same event.
   */
  tell(event: WatchEvent, id?: string): void;
  /** Delivers what it can until `patienceMs` are over or the receiver is found away, and leaves the rest for the next start. */
  close(patienceMs: number): Promise<void>;
}

export interface SenderOptions {
  readonly webhook: Webhook;
  readonly spool: EventSpool;
  readonly events: readonly WatchEventKind[];
  /** Who tells it. */
  readonly host: string;
  readonly newId: () => string;
  readonly now: () => number;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** With which pauses; its tries and its signal are the sender's own. */
  readonly retry?: Omit<RetryPolicy, "signal" | "tries">;
}

const RETRY: Omit<RetryPolicy, "signal" | "tries"> = { ...DEFAULT_RETRY, firstPauseMs: 2000, longestPauseMs: 300_000 };
/** What says that the event itself is wrong, so that no other receiver and no later time would take it. */
const BAD_EVENT: ReadonlySet<number | undefined> = new Set([400, 413, 422]);
/** A proxy that restarts may say so too. */
const TRIES_OF_A_BAD_EVENT = 3;

/**
 * Delivers events one after the other, in the order in which they were told, also those that an earlier process left. A
 * receiver that is away, or says no, is asked again with growing pauses for as long as the process runs; an event that it calls wrong three times
 * is set aside, so that those behind it are delivered. No run waits for it.
 */
export function sendEvents(options: SenderOptions): EventSender {
  const { webhook, spool, events, log, retry = RETRY } = options;
  /** Ends the pauses, then the requests. */
  const closing = new AbortController();
  const ending = new AbortController();
  let underWay: Promise<void> | undefined;
  let trouble: string | undefined;

  /** One try; a no that is not about the event is one that may change. */
  async function attempt(body: string, calledWrong: { times: number }): Promise<Reply<undefined>> {
    const reply = await webhook.send(body, ending.signal).catch((error: unknown): Reply<undefined> => {
      return { kind: "unknown", message: error instanceof Error ? error.message : String(error) };
    });
    if (reply.kind !== "refused") return reply;
    if (BAD_EVENT.has(reply.status)) {
      calledWrong.times += 1;
      if (calledWrong.times >= TRIES_OF_A_BAD_EVENT) return reply;
    }
    return { kind: "unknown", status: reply.status, message: reply.message };
  }

  function tellTrouble(message: string): void {
    if (trouble === message) return;
    trouble = message;
    log.warn(
      { reason: message, waiting: spool.waiting },
      `${message}; ${count(spool.waiting)} on disk, delivery is tried again`,
    );
  }

  function isOver(): void {
    if (trouble !== undefined) log.info("the webhook takes events again");
    trouble = undefined;
  }

  /** Until nothing waits, or the sender is being closed and a try has failed. */
  async function work(): Promise<void> {
    for (let event = spool.oldest(); event !== undefined && !ending.signal.aborted; event = spool.oldest()) {
      const { body, id } = event;
      const calledWrong = { times: 0 };
      const deliver = (tries: number, signal: AbortSignal) =>
        retryWhileUncertain(() => attempt(body, calledWrong), {
          ...retry,
          tries,
          signal,
          onPause: (pause) => {
            tellTrouble(pause.reply.message);
          },
        });
      let reply = await deliver(Number.POSITIVE_INFINITY, closing.signal);
      // Also while closing: each `watch --once` would try it once, and never come to those behind it.
      const left = TRIES_OF_A_BAD_EVENT - calledWrong.times;
      if (isUncertain(reply) && BAD_EVENT.has(reply.status)) reply = await deliver(left, ending.signal);
      if (reply.kind === "answer") {
        isOver();
        event.delivered();
      } else if (reply.kind === "refused") {
        log.error({ id, status: reply.status }, `the webhook does not take event ${id}: ${reply.message}`);
        event.refused();
      } else return;
    }
  }

  function start(): void {
    underWay ??= work().then(
      () => {
        underWay = undefined;
        // One may have been told in the moment after the last look.
        if (spool.waiting > 0 && !closing.signal.aborted) start();
      },
      (error: unknown) => {
        underWay = undefined;
        const reason = error instanceof Error ? error.message : String(error);
        log.error({ reason }, `events cannot be delivered to the webhook: ${reason}`);
      },
    );
  }

  if (spool.waiting > 0) {
    log.info({ waiting: spool.waiting }, `${count(spool.waiting)} for the webhook from before`);
    start();
  }

  return {
    tell: (event, given) => {
      if (!events.includes(event.event)) return;
      const { now, newId, host } = options;
      const id = given ?? newId();
      spool.keep(id, JSON.stringify({ version: 1, id, at: new Date(now()).toISOString(), host, ...event }));
      start();
    },
    close: async (patienceMs) => {
      closing.abort();
      const alarm = setTimeout(() => ending.abort(), patienceMs);
      // What was in a pause has given up; each event is tried once more, as long as they are taken.
      await underWay;
      start();
      await underWay;
      clearTimeout(alarm);
      if (spool.waiting > 0) {
        log.warn(
          { waiting: spool.waiting },
          `${count(spool.waiting)} for the webhook, to be delivered when watch is started again`,
        );
      }
      await webhook.close();
    },
  };
}

function isUncertain(reply: Reply<undefined>): reply is Uncertain {
  return reply.kind === "busy" || reply.kind === "unknown";
}

function count(events: number): string {
  return `${events} ${nounFor(events, "event waits", "events wait")}`;
}
