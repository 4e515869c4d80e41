import { lotLockFile } from "../../disk/layout.ts";
import type { LotLocks } from "../rules/engine.ts";
import { takeKernelLock } from "./kernel-lock.ts";

/** One file for each lot, in a folder of their own. */
export function openLotLocks(folder: string): LotLocks & { readonly releaseAll: () => void } {
  const held = new Map<number, { readonly release: () => void }>();
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
