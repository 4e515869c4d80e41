import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { getuid } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { dropLayout, homeLayout } from "../../src/disk/layout.ts";
import { OnboardingError } from "../../src/domain/error.ts";
import { errorOutcome } from "../../src/watch/error-outcome.ts";
import type { LotOutcome } from "../../src/watch/lot-outcome.ts";
import { openWatch } from "../../src/watch/open-watch.ts";
import type { WatchEvent } from "../../src/watch/send-events.ts";
import type { WatchControl } from "../../src/watch/watch-control.ts";
import type { FileToRun, LotToRun, PlannedFile, WatchCalls, WatchOptions } from "../../src/watch/watch-options.ts";

/** Longer than any of these should take; a watcher that does nothing shall not hang the tests. */
const GIVE_UP_MS = 120_000;

/** In memory where there is such a place: every file is synced a dozen times on its way. */
const TEMPORARY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A drop folder and a watcher on it whose lots are run by the test. */
export class WatchWorld {
  readonly home = homeLayout(mkdtempSync(join(TEMPORARY, "lotmint-watch-")));
  readonly drop = dropLayout(this.home);
  /** Names of the files that were run, in their order. */
  readonly ran: string[] = [];
  readonly files: FileToRun[] = [];
  readonly events: WatchEvent[] = [];
  /** Of each event, where one was given. */
  readonly eventIds: (string | undefined)[] = [];
  readonly logged: { readonly level: number; readonly msg: string; readonly reason?: string }[] = [];
  /** Files that schedules are due for at the next asking. */
  due: PlannedFile[] = [];
  readonly plans: string[] = [];
  /** What comes of a run; exit code 0 unless told. */
  outcome: (file: FileToRun) => LotOutcome | Promise<LotOutcome> = (file) => ended(0, file);
  /** What the ledger would keep from one watcher to the next. */
  readonly stopped = new Set<string>();
  readonly asked = new Set<string>();
  readonly recorded: string[] = [];
  /** In the moment between the record that a lot was sent again and its end. */
  afterEndSend: () => void = () => undefined;
  readonly heldElsewhere = new Set<string>();
  ledgerProblem: Error | undefined;
  /** Lots that were sent again, and what comes of that. */
  readonly sent: LotToRun[] = [];
  sendOutcome: (lot: LotToRun) => LotOutcome | Promise<LotOutcome> = (lot) => ended(0, lot);
  /** Of the watcher that was started last. */
  control!: WatchControl;
  /** Added to the clock that does not jump. */
  skippedMs = 0;
  clockMs = Date.parse("2026-01-31T05:30:00Z");
  /** Jobs whose schedule a drop waits for. */
  waitsForSchedule: (name: string) => boolean = () => false;
  renewCrls: (() => Promise<void>) | undefined;
  fillKeys: ((signal: AbortSignal) => Promise<void>) | undefined;
  #stop = new AbortController();
  /** How often the watcher has asked for the time: several times with every look. */
  #askings = 0;
  #ids = 0;

  constructor() {
    mkdirSync(this.drop.input);
    onTestFinished(async () => {
      this.#stop.abort();
      await this.#running;
      rmSync(this.home.root, { recursive: true, force: true });
    });
  }

  #running: Promise<unknown> = Promise.resolve();

  write(name: string, content = "id\n1\n"): string {
    const path = join(this.drop.input, name);
    writeFileSync(path, content);
    return path;
  }

  /** Writes files so that each has come later than the one before. */
  writeInOrder(names: readonly string[]): void {
    const probe = join(this.home.root, "probe");
    for (const name of names) {
      const { ctimeMs } = statSync(this.write(name));
      // The file system's clock goes in steps.
      do writeFileSync(probe, "");
      while (statSync(probe).ctimeMs <= ctimeMs);
    }
    rmSync(probe);
  }

  start(options: Partial<WatchOptions> = {}): {
    readonly ended: Promise<number>;
    readonly stop: () => Promise<number>;
  } {
    this.#stop = new AbortController();
    const watch = openWatch({ ...this.#options(), ...options });
    this.control = watch.control;
    const ended = watch.run();
    this.#running = ended;
    const stop = this.#stop;
    return {
      ended,
      stop: () => {
        stop.abort();
        return ended;
      },
    };
  }

  once(options: Partial<WatchOptions> = {}): Promise<number> {
    return this.start({ once: true, ...options }).ended;
  }

  /** Waits until the watcher has surely looked at everything once more. */
  async looked(): Promise<void> {
    const before = this.#askings;
    await until(() => this.#askings > before + 30);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  names(folder: "input" | "work" | "done" | "rejected"): string[] {
    const path = this.drop[folder];
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  manifests(folder: "input" | "work" | "done" | "rejected"): string[] {
    return this.names(folder).filter((name) => /\.csv$/.test(name));
  }

  result(folder: "done" | "rejected", name: string): string {
    return readFileSync(join(this.drop[folder], `${name}.result.txt`), "utf8");
  }

  #options(): WatchOptions {
    const calls: WatchCalls = {
      admit: async ({ name }) => (this.waitsForSchedule(name) ? "leave" : "claim"),
      resolve: async ({ name, job }) => {
        if (name.startsWith("nobody")) throw new OnboardingError(`no job takes ${name}`, { code: "usage" });
        return { lot: name.replace(/[-.].*/, ""), job: job ?? "job" };
      },
      run: async (file) => {
        this.ran.push(file.name);
        this.files.push(file);
        return this.outcome(file);
      },
      send: async (sent) => {
        this.sent.push(sent);
        return this.sendOutcome(sent);
      },
      orders: {
        spelled: async (lot) => (/^unknown/i.test(lot) ? undefined : lot),
        stoppedLots: async () => {
          if (this.ledgerProblem !== undefined) throw this.ledgerProblem;
          return [...this.stopped];
        },
        stopLot: async (lot, by, runsHere) => {
          if (this.heldElsewhere.has(lot) && !runsHere) throw new OnboardingError("held", { code: "lot-held" });
          this.stopped.add(lot);
          this.recorded.push(`stopped ${lot} by ${by.who}`);
        },
        resumeLot: async (lot, by) => {
          this.stopped.delete(lot);
          this.recorded.push(`resumed ${lot} by ${by.who}`);
        },
        askToSend: async (lot, by) => {
          this.asked.add(lot);
          this.recorded.push(`asked ${lot} by ${by.who}`);
        },
        sendsAsked: async () => {
          if (this.ledgerProblem !== undefined) throw this.ledgerProblem;
          return [...this.asked].map((lot) => ({ lot, job: "job" }));
        },
        endSend: async (lot, exitCode) => {
          this.asked.delete(lot);
          this.recorded.push(`sent ${lot}: ${exitCode}`);
          this.afterEndSend();
        },
        recordDrop: async ({ name, sha256 }, by) => {
          this.recorded.push(`dropped ${name} ${sha256.slice(0, 8)} by ${by.who}`);
        },
      },
      schedules: () => [{ job: "nightly", nextAtMs: 7, problem: null }],
      due: () => this.due.splice(0),
      plannedTaken: ({ path }) => this.plans.push(`taken ${path}`),
      plannedTried: ({ path }) => this.plans.push(`tried ${path}`),
      plannedEnded: ({ path }, done) => this.plans.push(`${done ? "done" : "ended"} ${path}`),
      tell: (event, id) => {
        this.events.push(event);
        this.eventIds.push(id);
      },
      onEnd: () => undefined,
      ...(this.renewCrls === undefined ? {} : { renewCrls: this.renewCrls }),
      ...(this.fillKeys === undefined ? {} : { fillKeys: this.fillKeys }),
    };
    const log = pino(
      {},
      {
        write: (line: string) => {
          this.logged.push(JSON.parse(line));
        },
      },
    );
    return {
      drop: this.drop,
      calls,
      once: false,
      settleMs: 60,
      lotsAtOnce: 1,
      uid: getuid?.() ?? 0,
      pollMs: 10,
      pauses: { firstMs: 50, longestMs: 200 },
      stalledMs: 900_000,
      log,
      now: () => this.clockMs,
      monotonic: () => {
        this.#askings += 1;
        return performance.now() + this.skippedMs;
      },
      newId: () => {
        this.#ids += 1;
        return `id-${this.#ids}`;
      },
      signal: this.#stop.signal,
    };
  }
}

/** How a lot ended. */
export function ended(exitCode: number, file: Pick<LotToRun, "lot" | "job">, problem = "the problem"): LotOutcome {
  const outcome = errorOutcome({ exitCode, problem, lot: file.lot, job: file.job, nowMs: 0 });
  if (exitCode !== 0 && exitCode !== 3) return outcome;
  const { report } = outcome;
  return {
    exitCode,
    report: {
      ...report,
      counts: { ...report.counts, confirmed: 12 },
      rejects: exitCode === 3 ? { "the id is empty": 2 } : {},
    },
    places: { folder: `/output/${file.lot}`, rejects: `/output/${file.lot}/rejects.csv` },
  };
}

/** Waits until something has come true. */
export async function until(true_: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + GIVE_UP_MS;
  while (!true_()) {
    if (performance.now() > giveUpMs) throw new Error(`this has not come true: ${true_.toString()}`);
    await pause(5);
  }
}
