import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { performance } from "node:perf_hooks";
import { getuid, pid } from "node:process";
import { dropLayout, spoolLayout } from "../../disk/layout.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { holdAlone } from "../../ledger/sqlite/hold-alone.ts";
import { keepWatchRecord, type WatchRecord } from "../../page/watch-record.ts";
import { openWebhook } from "../../platform/http/send-webhook.ts";
import { openEventSpool } from "../../watch/event-spool.ts";
import { openWatch } from "../../watch/open-watch.ts";
import { type EventSender, sendEvents } from "../../watch/send-events.ts";
import type { WatchControl } from "../../watch/watch-control.ts";
import type { CliContext } from "../context.ts";
import { openHomeLedger } from "../open-home-ledger.ts";
import { assignDrops, type DropAssignment } from "./assign-drop.ts";
import { dueJobs } from "./due-jobs.ts";
import { fillKeysBeside } from "./fill-keys.ts";
import { renewHomeCrls } from "./renew-home-crls.ts";
import { runDrop, sendLot } from "./run-drop.ts";
import { shareLedger } from "./share-ledger.ts";
import { watchOrders } from "./watch-orders.ts";

/** The run itself has tried for a minute by then. */
const PAUSES = { firstMs: 10_000, longestMs: 15 * 60_000 };
const STALLED_MS = 15 * 60_000;
const LAST_EVENTS_MS = 5_000;

/** A watcher, as what people see of it gets it. */
export interface SeenWatch {
  readonly control: WatchControl;
  readonly record: WatchRecord;
  readonly assignment: DropAssignment;
}

/** Opens what people see of the watcher, before it begins; it is closed when the watcher has ended. */
export type OpenFace = (watch: SeenWatch) => Promise<{ readonly close: () => Promise<void> }>;

/**
 * `lotmint watch`: runs what is dropped and what is due until a signal; that is its proper end, and its exit code 0.
 * With `--once`, what is there now: the worst exit code of its lots. One watcher to a home, else `lot-held`.
 */
export async function watchHome(
  { once }: { readonly once: boolean },
  around: CliContext,
  openFace?: OpenFace,
): Promise<number> {
  // Nobody is there to be asked, also where it was started on a terminal.
  const monotonic = () => performance.now();
  const record = keepWatchRecord({ now: around.now, monotonic });
  const context: CliContext = {
    ...around,
    keyAccess: (name, options) => around.keyAccess(name, { ...options, ask: false }),
    openPlatform: () => around.openPlatform({ ask: false, onReply: record.replied }),
  };
  const { home, log, now } = context;
  const site = context.site();
  const drop = dropLayout(home);
  const lock = holdAlone(drop.watchLock, pid, `watches ${home.root}`);
  let events: EventSender | undefined;
  let face: Awaited<ReturnType<OpenFace>> | undefined;
  try {
    const sender = openEvents(context);
    events = sender;
    makeInput(home.input);
    const ledgers = shareLedger(() => openHomeLedger(home, now));
    const assignment = assignDrops(context, ledgers);
    log.info(
      { input: home.input, settleMs: site.settleMs },
      once
        ? `looking into ${home.input} once`
        : `watching ${home.input}; files are taken ${site.settleMs / 1000} s after their last change`,
    );
    const jobs = dueJobs(context);
    const watch = openWatch({
      drop,
      once,
      settleMs: site.settleMs,
      lotsAtOnce: site.lotsAtOnce,
      uid: getuid?.() ?? 0,
      pollMs: Math.min(1000, Math.max(50, site.settleMs / 5)),
      pauses: PAUSES,
      stalledMs: STALLED_MS,
      log,
      now,
      monotonic,
      newId: randomUUID,
      signal: context.signal,
      calls: {
        admit: assignment.admit,
        resolve: assignment.resolve,
        run: (file) => runDrop(file, context, ledgers, assignment),
        send: (lot) => sendLot(lot, context, ledgers),
        orders: watchOrders(context, ledgers),
        ...jobs,
        due: (nowMs) => {
          record.beat();
          return jobs.due(nowMs);
        },
        renewCrls: renewHomeCrls(context, ledgers),
        ...fillKeysBeside(context, ledgers),
        tell: (event, id) => sender?.tell(event, id),
        onEnd: ({ name, outcome, text }) => {
          record.ended({ name, outcome });
          context.printJson({ file: name, ...outcome.report });
          if (once) context.print(text);
        },
      },
    });
    face = await openFace?.({ control: watch.control, record, assignment });
    const exitCode = await watch.run();
    log.info({ exitCode }, once ? `looked; exit code ${exitCode}` : "the watch has ended");
    return once ? exitCode : EXIT.done;
  } finally {
    await face?.close();
    await events?.close(LAST_EVENTS_MS);
    lock.release();
  }
}

function openEvents(context: CliContext): EventSender | undefined {
  const { webhook } = context.site();
  if (webhook === undefined) return undefined;
  return sendEvents({
    webhook: openWebhook(webhook, context.secrets.webhookSecret(), context.now),
    spool: openEventSpool(spoolLayout(context.home), context.log),
    events: webhook.events,
    host: hostname(),
    newId: randomUUID,
    now: context.now,
    log: context.log,
  });
}

/** A share that is not mounted yet is waited for; each look reports it. */
function makeInput(path: string): void {
  try {
    if (!existsSync(path)) mkdirSync(path);
  } catch {
    // As above.
  }
}
