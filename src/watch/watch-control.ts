/** Who asks for something, for the event log. */
export interface Actor {
  readonly via: "page";
  /** What let them in: "operator token", "loopback". Never the token itself. */
  readonly who: string;
  readonly address: string;
}

/** How far the run of a lot is. */
export interface WorkProgress {
  /** The room's verb in its -ing form: reading, minting, listing, submitting. */
  readonly room: string;
  readonly done: number;
  readonly total: number;
  /** Devices a second over the last moments; null until it can be told. */
  readonly ratePerSecond: number | null;
  /** At that rate; null while there is none. */
  readonly secondsLeft: number | null;
}

/** A file, or the sending again of a lot, that the watcher has under its hand now. */
export interface WatchedWork {
  /** The name that it was dropped under; of a sending again, the lot's name. */
  readonly file: string;
  /** Null until it is known. */
  readonly lot: string | null;
  readonly job: string | null;
  readonly state: "waiting" | "running" | "stopping" | "stopped";
  /** Why it waits. */
  readonly reason: string | null;
  /** Since when it is in this state. Wall clock, milliseconds since 1970. */
  readonly sinceMs: number;
  readonly progress: WorkProgress | null;
  /** The rate over the run so far, the oldest first, thinned to at most 120. */
  readonly rates: readonly { readonly atMs: number; readonly perSecond: number }[];
  /** Seconds a device that the line allows; null where the job names none. */
  readonly taktSeconds: number | null;
}

export interface ScheduledRun {
  readonly job: string;
  /** Wall clock; null where it never runs, or `problem` says why that cannot be told. */
  readonly nextAtMs: number | null;
  readonly problem: string | null;
}

/** What can be seen of a running watcher and done with it, from beside it in the same process. */
export interface WatchControl {
  works(): readonly WatchedWork[];
  /** Names of the stopped lots, also of those without a file in work/. */
  stopped(): Promise<readonly string[]>;
  /**
   * Calls the listener after anything changed, with the names of the lots concerned, at most four times a second.
   * Returns what ends that.
   */
  subscribe(listener: (lots: ReadonlySet<string>) => void): () => void;
  /**
   * Stops a lot, running or waiting, until it is resumed: what runs finishes its batches in hand. It stays stopped
   * when the watcher is started again. Throws `usage` for an unknown lot, `lot-held` when another process runs it.
   */
  stop(lot: string, by: Actor): Promise<void>;
  /** Lets a stopped lot go on; of a lot that is not stopped, nothing. Throws `usage` for an unknown lot. */
  resume(lot: string, by: Actor): Promise<void>;
  /** Queues what `lotmint submit LOT` does: mints nothing. Asked twice before it has run, it runs once. Throws `usage`. */
  sendAgain(lot: string, by: Actor): Promise<void>;
  /**
   * Moves the file at `path`, below state/, into the drop folder, from where it goes the way of every dropped file.
   * Returns the name that it has there. Throws `usage` for a name that is none of a manifest, and `disk-unwritable`.
   */
  drop(path: string, name: string, by: Actor): Promise<{ readonly name: string }>;
  /** The scheduled jobs and when each runs next. */
  schedules(): readonly ScheduledRun[];
}
