import { jobIfReadable } from "../../config/job-json.ts";
import type { Job } from "../../domain/job.ts";
import { finishedDevices } from "../../domain/remaining-work.ts";
import { STAGES } from "../../domain/stage.ts";
import { currentLockOwner, hasEnded } from "../../ledger/lock-owner.ts";
import type { LotFigures, LotHead } from "../../ledger/reading.ts";
import type { WatchedWork } from "../../watch/watch-control.ts";
import type { LotCard, PageState } from "../model.ts";
import type { PageTools } from "../page-tools.ts";
import type { Ended } from "../watch-record.ts";
import { type KnownOfLot, lotProblemOf, lotStateOf } from "./lot-state-of.ts";

/** A lot in the list, before its devices are counted. */
export interface LotRow extends KnownOfLot {
  readonly key: string;
  readonly name: string;
  readonly state: PageState;
  readonly atMs: number;
  /** A file that was refused. */
  readonly refused: Ended | undefined;
}

/** Everything that the page lists: lots of the ledger, and files that are none yet. */
export interface LotTable {
  /** All of it, the newest change first. What the ledger says is read again where it is older than a moment. */
  rows(): Promise<readonly LotRow[]>;
  /** The row of one lot, as it is now; undefined where neither ledger nor watcher knows it. */
  row(lot: string): Promise<LotRow | undefined>;
  /** The same rows with their figures; those that did not change are not counted again. */
  cards(rows: readonly LotRow[]): Promise<readonly LotCard[]>;
  figures(lots: readonly LotHead[]): Promise<ReadonlyMap<string, LotFigures>>;
  /** These lots have changed: they are read again next time. */
  changed(lots: ReadonlySet<string>): void;
}

/** Another process may have run a lot: everything is read again after so long. */
const GOOD_FOR_MS = 3_000;
/** The figures of a lot that runs are counted at most so often. */
const COUNTED_FOR_MS = 1_000;
/** So many lots are counted by one statement, so that it holds up the watcher for some milliseconds only. */
const COUNTED_AT_ONCE = 100;

interface Counted {
  readonly events: number;
  readonly atMs: number;
  readonly figures: LotFigures;
}

export function makeLotTable(
  tools: Pick<PageTools, "control" | "record" | "useLedger" | "monotonic" | "hasPlatform">,
): LotTable {
  const { control, record, useLedger, monotonic, hasPlatform } = tools;
  const me = currentLockOwner();
  const counted = new Map<string, Counted>();
  const dirty = new Set<string>();
  let heads = new Map<string, LotHead>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  /** Once for all who ask meanwhile. */
  function refresh(): Promise<void> {
    reading ??= readHeads().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function readHeads(): Promise<void> {
    if (monotonic() - readAtMs >= GOOD_FOR_MS) {
      dirty.clear();
      const all = await useLedger((ledger) => ledger.lotHeads());
      heads = new Map(all.map((head) => [head.name, head]));
      readAtMs = monotonic();
      for (const name of counted.keys()) if (!heads.has(name)) counted.delete(name);
    } else if (dirty.size > 0) {
      const names = [...dirty];
      dirty.clear();
      for (const head of await useLedger((ledger) => ledger.lotHeads(names))) heads.set(head.name, head);
    }
  }

  function rowOf(name: string, known: Omit<KnownOfLot, "heldElsewhere">): LotRow {
    const { head, work } = known;
    const heldBy = head?.heldBy ?? null;
    const whole = { ...known, heldElsewhere: heldBy !== null && !hasEnded(heldBy, me) };
    return {
      ...whole,
      key: name,
      name,
      state: lotStateOf(whole),
      atMs: Math.max(work?.sinceMs ?? 0, head?.lastRunAtMs ?? 0, head?.createdAtMs ?? 0),
      refused: undefined,
    };
  }

  async function figures(lots: readonly LotHead[]): Promise<ReadonlyMap<string, LotFigures>> {
    const nowMs = monotonic();
    const stale = lots.filter(({ name, events, heldBy }) => {
      const known = counted.get(name);
      if (known === undefined) return true;
      // After the end of a run nothing more comes that would have its last figures counted.
      return known.events !== events && (heldBy === null || nowMs - known.atMs >= COUNTED_FOR_MS);
    });
    const numbers = new Map(stale.map(({ name, events }) => [name, events]));
    for (let from = 0; from < stale.length; from += COUNTED_AT_ONCE) {
      const names = stale.slice(from, from + COUNTED_AT_ONCE).map(({ name }) => name);
      for (const of of await useLedger((ledger) => ledger.lotFigures(names))) {
        counted.set(of.name, { events: numbers.get(of.name) ?? 0, atMs: nowMs, figures: of });
      }
      if (from + COUNTED_AT_ONCE < stale.length) await new Promise((resolve) => setImmediate(resolve));
    }
    return new Map(
      lots.flatMap(({ name }) => {
        const of = counted.get(name)?.figures;
        return of === undefined ? [] : [[name, of] as const];
      }),
    );
  }

  async function rows(): Promise<readonly LotRow[]> {
    await refresh();
    const stopped = new Set(await control.stopped());
    const works = control.works();
    const ofLots = worksByLot(works);
    const names = new Set([...heads.keys(), ...ofLots.keys(), ...stopped]);
    const lots = [...names].map((name) =>
      rowOf(name, { head: heads.get(name), work: ofLots.get(name), stopped: stopped.has(name) }),
    );
    const files = works
      .filter(({ lot }) => lot === null)
      .map((work) => ({ ...rowOf(work.file, { head: undefined, work, stopped: false }), key: `file:${work.file}` }));
    const keys = new Set(files.map(({ key }) => key));
    const refused = record.refused().flatMap((ended): LotRow[] => {
      const key = `file:${ended.name ?? ""}`;
      if (ended.name === null || keys.has(key) || names.has(ended.outcome.report.lot)) return [];
      const nothing = { head: undefined, work: undefined, stopped: false, heldElsewhere: false };
      return [{ ...nothing, key, name: ended.name, state: "failed", atMs: ended.atMs, refused: ended }];
    });
    return [...lots, ...files, ...refused].sort((a, b) => b.atMs - a.atMs || (a.key < b.key ? -1 : 1));
  }

  return {
    rows,
    figures,
    row: async (lot) => {
      const [head] = await useLedger((ledger) => ledger.lotHeads([lot]));
      if (head !== undefined) heads.set(lot, head);
      const work = worksByLot(control.works()).get(lot);
      const stopped = (await control.stopped()).includes(lot);
      return head === undefined && work === undefined && !stopped ? undefined : rowOf(lot, { head, work, stopped });
    },
    cards: async (shown) => {
      const of = await figures(shown.flatMap(({ head }) => (head === undefined ? [] : [head])));
      return shown.map((row) => cardOf(row, of.get(row.name), { ended: record.lastEnd(row.name), hasPlatform }));
    },
    changed: (lots) => {
      for (const lot of lots) dirty.add(lot);
    },
  };
}

/** Of several files of one lot the one that is furthest: it tells what happens with the lot. */
function worksByLot(works: readonly WatchedWork[]): ReadonlyMap<string, WatchedWork> {
  const order = ["waiting", "stopped", "stopping", "running"] as const;
  const found = new Map<string, WatchedWork>();
  for (const work of works) {
    if (work.lot === null) continue;
    const other = found.get(work.lot);
    if (other === undefined || order.indexOf(work.state) > order.indexOf(other.state)) found.set(work.lot, work);
  }
  return found;
}

function cardOf(
  row: LotRow,
  figures: LotFigures | undefined,
  { ended, hasPlatform }: { readonly ended: Ended | undefined; readonly hasPlatform: boolean },
): LotCard {
  const { key, name, head, work, state, stopped, refused } = row;
  const job = figures === undefined ? undefined : jobIfReadable(figures.jobJson);
  const counts = figures?.counts;
  const running = work?.state === "running" || work?.state === "stopping" ? work : undefined;
  const known = head !== undefined;
  return {
    key,
    lot: name,
    hasPage: known,
    state,
    stopping: work?.state === "stopping",
    job: head?.jobName ?? work?.job ?? null,
    file: work?.file ?? null,
    issuer: figures?.signer ?? head?.issuer ?? null,
    exitCode: refused?.outcome.exitCode ?? head?.lastExitCode ?? null,
    problem: refused === undefined ? lotProblemOf(state, row, ended) : (refused.outcome.problem ?? null),
    devices: counts === undefined ? 0 : STAGES.reduce((sum, stage) => sum + counts[stage], 0),
    finished: counts === undefined ? 0 : finishedDevices(counts, job),
    rejects: figures === undefined || counts === undefined ? 0 : figures.badRows + counts.rejected,
    progress: running?.progress ?? null,
    taktSeconds: running?.taktSeconds ?? job?.taktSeconds ?? null,
    atMs: row.atMs,
    may: {
      stop:
        refused === undefined &&
        !stopped &&
        (work?.state === "running" || (work?.state === "waiting" && work.lot !== null)),
      resume: stopped,
      sendAgain: hasPlatform && known && work === undefined && !stopped && state !== "running" && maySend(job, figures),
    },
  };
}

/** Only a bulk registration can be sent, and only where a device waits for the platform or was rejected by it. */
function maySend(job: Job | undefined, figures: LotFigures | undefined): boolean {
  if (figures === undefined || job?.registration.mode !== "bulk") return false;
  const { counts, resendable } = figures;
  return counts.minted + counts.listed + counts.submitted + resendable > 0;
}
