import { type PathLike, renameSync } from "node:fs";

/** What Windows answers while another program, such as a virus scanner or an editor, has one of the files open. */
const HELD_OPEN: readonly unknown[] = ["EPERM", "EACCES", "EBUSY"];
/** Pauses between tries, in milliseconds: two seconds in all. */
const PAUSES_MS: readonly number[] = [10, 20, 40, 80, 150, 300, 600, 800];

/**
 * Renames, over a file that is there. On Windows a file that another program has open keeps a rename from being done,
 * often for a moment only: there it is tried again with pauses, for two seconds at most, in which this thread waits.
 * Throws the system's last error. Syncs nothing.
 */
export function renameOver(
  from: PathLike,
  to: PathLike,
  {
    system = process.platform,
    rename = renameSync,
    pause = pauseThread,
  }: {
    readonly system?: NodeJS.Platform;
    readonly rename?: (from: PathLike, to: PathLike) => void;
    readonly pause?: (ms: number) => void;
  } = {},
): void {
  for (const pauseMs of system === "win32" ? PAUSES_MS : []) {
    try {
      rename(from, to);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && HELD_OPEN.includes(error.code))) throw error;
      pause(pauseMs);
    }
  }
  rename(from, to);
}

function pauseThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
