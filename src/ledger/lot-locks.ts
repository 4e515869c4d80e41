import { lotLockFile } from "../disk/layout.ts";
import { type KernelLock, takeKernelLock } from "./kernel-lock.ts";

/** The lots that this process holds through one ledger. */
export interface LotLocks {
  /** Takes a lot's file; undefined when another run has it. */
  take(lot: string): KernelLock | undefined;
  /** Remembers what a run holds, so that it is not collected, and `release` finds it. */
  keep(run: number, lock: KernelLock): void;
  /** Lets go of what a run holds, if anything. */
  release(run: number): void;
  releaseAll(): void;
}

/** One file for each lot, in a folder of their own. */
export function openLotLocks(folder: string): LotLocks {
  const held = new Map<number, KernelLock>();
  const release = (run: number) => {
    held.get(run)?.release();
    held.delete(run);
  };
  return {
    take: (lot) => takeKernelLock(lotLockFile(folder, lot)),
    keep: (run, lock) => {
      held.set(run, lock);
    },
    release,
    releaseAll: () => {
      for (const run of [...held.keys()]) release(run);
    },
  };
}
