import { closeSync, existsSync, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";
import { diskError } from "../../disk/disk-error.ts";

export interface LogSync {
  /** Fulfilled when all that has been committed so far is on the disk. Throws `disk-unwritable`. */
  readonly sync: () => Promise<void>;
  readonly close: () => void;
}

/**
 * Syncs the write-ahead log after commits, as `synchronous = FULL` does, but in a thread of the system's: there it
 * blocks the thread that commits. Commits that come while a sync is under way share the next one.
 */
export function openLogSync(path: string, syncFile: (fd: number) => Promise<void> = promisify(fdatasync)): LogSync {
  const log = `${path}-wal`;
  let fd: number | undefined;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  async function syncNow(): Promise<void> {
    next = undefined;
    try {
      // SQLite makes the log with the first commit, and keeps that file while any connection is open.
      fd ??= existsSync(log) ? openSync(log, "r+") : undefined;
      if (fd !== undefined) await syncFile(fd);
    } catch (error) {
      throw diskError(error, log);
    }
  }

  return {
    sync: () => {
      if (next === undefined) {
        next = running.then(syncNow);
        running = next.catch(() => undefined);
      }
      return next;
    },
    close: () => {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}
