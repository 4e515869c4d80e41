import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { claimDrop } from "./claim-drop.ts";
import { type Claim, readClaim, writeClaim } from "./claims.ts";
import { errorOutcome } from "./error-outcome.ts";
import { type FoundDrop, findDrops, type Glimpse, glimpseAt, isSame } from "./find-drops.ts";
import { isReadable, refuseDrop, refuseName, UNREADABLE_NAME } from "./refuse-drop.ts";
import { type Arrival, watchStableFiles } from "./stable-files.ts";
import type { Troubles } from "./troubles.ts";
import type { PlannedFile, WatchOptions } from "./watch-options.ts";
import type { WorkDesk } from "./work-desk.ts";

/** As long does a file that its schedule will fetch go unasked, while it stays as it is. */
const LEFT_FOR_MS = 60_000;

/** A file that has brought the watcher down so often is not begun again. */
const MOST_STARTS = 3;

/** What comes in: dropped files, files that an earlier watcher had claimed, files that schedules are due for. */
export interface Intake {
  /** Files in work/ that nobody works on yet. Throws the file system's faults. */
  adopt(): Promise<void>;
  /** The drop folder: claims what has settled. Throws the file system's faults and `disk-unwritable`. */
  claim(): Promise<void>;
  /** Scheduled files outside the drop folder. Throws the file system's faults. */
  fetch(): Promise<void>;
  /** Says that schedules are due for these files. */
  plan(files: readonly PlannedFile[]): void;
  /** True when no file that was there at the first look may still come to stand. */
  readonly settled: boolean;
}

export function openIntake(options: WatchOptions, desk: WorkDesk, troubles: Troubles): Intake {
  const { drop, calls, log, monotonic } = options;
  const dropped = watchStableFiles(options.settleMs);
  const orphans = watchStableFiles(options.settleMs);
  const elsewhere = watchStableFiles(options.settleMs);
  const planned = new Map<string, PlannedFile>();
  /** Of files that changed while they were claimed: which schedule they were claimed for. */
  const plannedWork = new Map<string, PlannedFile>();
  const left = new Map<string, { readonly glimpse: Glimpse; readonly untilMs: number }>();

  function addWork(path: string, glimpse: Glimpse, claim: Claim, plan: PlannedFile | undefined): void {
    const work = { path, claim, claimed: true, planned: plan };
    const refusal = claim.refusal ?? refuseName(claim.name) ?? refuseDrop(glimpse, options.uid);
    if (refusal === undefined && claim.starts >= MOST_STARTS) {
      const fault = `${claim.name}: work on it was begun ${claim.starts} times, and each time lotmint was ended in the middle of it, as when memory runs out; it is set aside so that other files go on`;
      desk.refuse(work, errorOutcome({ exitCode: 1, fault, lot: claim.lot, job: claim.job, nowMs: options.now() }));
    } else if (refusal === undefined) desk.add(work);
    else {
      const fault = `${claim.name}: ${refusal.fault}`;
      desk.refuse(work, errorOutcome({ exitCode: 2, fault, cure: refusal.cure, nowMs: options.now() }));
    }
  }

  /** Files that another program keeps open, and what is refused but cannot be moved. */
  const unopened = new Set<string>();

  async function claimOne(arrival: Arrival): Promise<void> {
    const { name, path, glimpse, rawPath: from } = arrival;
    const plan = planned.get(path);
    const about = join("input", name);
    const unreadable = from === undefined ? undefined : UNREADABLE_NAME;
    const refusal = unreadable ?? refuseDrop(glimpse, options.uid);
    if (refusal === undefined) {
      if (plan === undefined && (await isLeft(arrival))) return;
      if (!(await isReadable(path))) {
        if (await glimpseAt(path)) {
          unopened.add(path);
          troubles.report(about, "it cannot be opened now; another program may have it open", monotonic());
        }
        return;
      }
    }
    const asked = { nowMs: options.now(), job: plan?.job ?? null, from, refusal: unreadable };
    let taken: ReturnType<typeof claimDrop>;
    try {
      taken = claimDrop(drop, name, asked);
    } catch (error) {
      if (refusal === undefined || !isImmovable(error)) throw error;
      // A folder of somebody else, or one that a disk is mounted on, cannot be moved: the files after it can.
      unopened.add(path);
      const why = error instanceof Error ? error.message : String(error);
      troubles.report(about, `it is refused, since ${refusal.fault}, but cannot be moved away: ${why}`, monotonic());
      desk.noteExitCode(2);
      return;
    }
    unopened.delete(path);
    troubles.over(about);
    planned.delete(path);
    if (plan !== undefined) calls.plannedTaken(plan);
    if (taken === undefined) {
      if (plan !== undefined) calls.plannedTried(plan);
      return;
    }
    log.info({ file: name }, `${name} is moved to input/work`);
    const workPath = join(drop.work, taken.workName);
    const now = await glimpseAt(workPath);
    // Whoever was still writing goes on writing to the file in work/: there it has to come to stand once more.
    if (now !== undefined && isSame(glimpse, now, true)) addWork(workPath, now, taken.claim, plan);
    else if (plan !== undefined) plannedWork.set(workPath, plan);
  }

  /** A file that waits for its job's schedule is not asked for again at every look. */
  async function isLeft({ name, path, glimpse }: FoundDrop): Promise<boolean> {
    const known = left.get(path);
    if (known !== undefined && isSame(known.glimpse, glimpse) && monotonic() < known.untilMs) return true;
    if ((await calls.admit({ name, path })) === "claim") {
      left.delete(path);
      return false;
    }
    if (known === undefined) log.info({ file: name }, `${name} stays in input/ until its job's schedule is due`);
    left.set(path, { glimpse, untilMs: monotonic() + LEFT_FOR_MS });
    return true;
  }

  return {
    adopt: async () => {
      if (!existsSync(drop.work)) return;
      const found = (await findDrops(drop.work)).filter((file) => !isRenamed(file));
      desk.forgetGone(new Set(found.map(({ path }) => path)));
      const unknown = found.filter(({ path }) => !desk.has(path)).map((file) => ({ ...file, ready: false }));
      const arrived = orphans.look(unknown, monotonic()).map((file) => ({ file, claim: claimOf(file) }));
      arrived.sort((a, b) => a.claim.claimedAtMs - b.claim.claimedAtMs || a.file.order - b.file.order);
      for (const { file, claim } of arrived) {
        addWork(file.path, file.glimpse, claim, plannedWork.get(file.path));
        plannedWork.delete(file.path);
      }
    },
    claim: async () => {
      const found = await findDrops(drop.input);
      const paths = new Set(found.map(({ path }) => path));
      for (const path of left.keys()) if (!paths.has(path)) left.delete(path);
      for (const path of unopened) {
        if (paths.has(path)) continue;
        unopened.delete(path);
        troubles.over(join("input", basename(path)));
      }
      for (const [path, plan] of planned) {
        if (dirname(path) !== drop.input || paths.has(path)) continue;
        planned.delete(path);
        calls.plannedEnded(plan, false);
      }
      for (const arrival of dropped.look(found, monotonic())) {
        if (options.signal.aborted) return;
        if (!options.once || arrival.early) await claimOne(arrival);
      }
    },
    fetch: async () => {
      const wanted = [...planned].filter(([path]) => dirname(path) !== drop.input);
      const found: FoundDrop[] = [];
      for (const [path, plan] of wanted) {
        const glimpse = await glimpseAt(path);
        if (glimpse !== undefined && glimpse.kind !== "folder")
          found.push({ name: basename(path), path, glimpse, ready: false });
        else {
          planned.delete(path);
          calls.plannedEnded(plan, false);
        }
      }
      for (const { name, path } of elsewhere.look(found, monotonic())) {
        const plan = planned.get(path);
        planned.delete(path);
        if (plan === undefined) continue;
        // It waits for the platform since the last time.
        if (desk.has(path)) calls.plannedTried(plan);
        else {
          const claim = { name, claimedAtMs: options.now(), lot: null, job: plan.job, starts: 0, filing: null };
          desk.add({ path, claim, claimed: false, planned: plan });
        }
      }
    },
    plan: (files) => {
      for (const file of files) planned.set(file.path, file);
    },
    get settled() {
      return dropped.unsettled + orphans.unsettled + elsewhere.unsettled === 0;
    },
  };

  /** What somebody has laid into work/ under a name that is not UTF-8 gets another, which the next look finds. */
  function isRenamed({ name, rawPath }: FoundDrop): boolean {
    if (rawPath === undefined) return false;
    claimDrop(drop, name, { nowMs: options.now(), job: null, from: rawPath, refusal: UNREADABLE_NAME });
    return true;
  }

  /** What is remembered of a file in work/; one that somebody has laid there himself is taken as dropped now. */
  function claimOf({ name }: FoundDrop): Claim {
    const known = readClaim(drop, name);
    if (known !== undefined) return known;
    const claim: Claim = { name, claimedAtMs: options.now(), lot: null, job: null, starts: 0, filing: null };
    writeClaim(drop, name, claim);
    return claim;
  }
}

/** True for a fault of one folder or file that may not be renamed, as opposed to one of the disk or the share. */
function isImmovable(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (
    cause instanceof Error && "code" in cause && ["EACCES", "EPERM", "EBUSY", "EXDEV"].includes(String(cause.code))
  );
}
