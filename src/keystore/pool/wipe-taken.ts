import { dirname } from "node:path";
import { announceStep } from "../../disk/announce-step.ts";
import { destroyFile } from "../../disk/destroy-file.ts";
import { syncFolder } from "../../disk/durable.ts";
import { poolSegment } from "../../disk/layout.ts";
import type { KeyPool } from "../../ledger/key-pool.ts";
import { wipeKeys } from "./segment-file.ts";

type WipeLedger = Pick<KeyPool, "unwipedTakes" | "commitWiped" | "poolSegments" | "retirePoolSegments">;

/**
 * Sees that no key is left that was handed out to a batch which is decided: those of killed runs are overwritten now,
 * the others were when they were taken. Then files without any key left go. Several processes may do it at once, and it
 * may be repeated after a kill.
 */
export async function wipeTaken(ledger: WipeLedger, folder: string, pool: string): Promise<void> {
  const takes = await ledger.unwipedTakes(pool);
  if (takes.length > 0) {
    for (const take of takes) wipeKeys(folder, take);
    announceStep("pool-wiped");
    await ledger.commitWiped(pool, [...new Set(takes.map(({ batch }) => batch))]);
  }
  const spent = (await ledger.poolSegments()).filter((segment) => segment.pool === pool && segment.spent);
  if (spent.length === 0) return;
  const paths = spent.map(({ algorithm, segment }) => poolSegment(folder, algorithm, segment));
  for (const path of paths) destroyFile(path);
  for (const parent of new Set(paths.map((path) => dirname(path)))) syncFolder(parent);
  announceStep("pool-segment-gone");
  await ledger.retirePoolSegments(spent.map(({ segment }) => segment));
}
