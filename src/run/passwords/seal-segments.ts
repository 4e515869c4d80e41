import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { announceStep } from "../../disk/announce-step.ts";
import { destroyFile } from "../../disk/destroy-file.ts";
import { commitFilled, PRIVATE_FILE, remove, syncFolder } from "../../disk/durable.ts";
import { type LotLayout, sealedNumber, sealedPasswords } from "../../disk/layout.ts";
import { startNewFile } from "../../disk/place-new-file.ts";
import { type SealRecipient, startSeal } from "../../keystore/seal-passwords.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotLease } from "../../ledger/locks.ts";
import { requireOwnFolders } from "./claim-folders.ts";
import { type MergedPasswords, mergePasswords } from "./merge-passwords.ts";
import { findMissing, findSegments, refuseMissing } from "./password-segments.ts";

/**
 * Seals the passwords of minted batches that are not sealed yet into a new file, whole and durable; only then
 * are the segments destroyed, as far as a disk allows that. A sealed file is never written again: a kill between
 * the two leaves the segments, and the next run seals them once more under the next number. Returns how many
 * are sealed, or undefined when there was nothing to seal.
 */
export async function sealSegments(
  ledger: Ledger,
  lease: LotLease,
  lot: LotLayout,
  recipient: SealRecipient,
): Promise<number | undefined> {
  const own = await findSegments(ledger, lease.lot, lot);
  // In the clear from before the job asked for a seal, and what a killed run was putting together then.
  const lists = [`${lot.passwords}.new`, lot.passwords].filter((path) => existsSync(path));
  const clear = [...lists, ...own.paths];
  if (clear.length + own.leftovers.length === 0) {
    refuseMissing((await findMissing(ledger, own.open, { paths: [] })).missing, lease.lot, lot);
    return undefined;
  }
  await ledger.heartbeat(lease);
  // A copy of this home may have come to the folder since the run began.
  await requireOwnFolders(ledger, lease.lot, lot);
  removeUnfinished(lot);
  const sources = { paths: clear.filter((path) => path !== `${lot.passwords}.new`) };
  const merged = await mergePasswords(sources);
  const { whole, missing } = await findMissing(ledger, own.open, sources);
  if (merged.size > 0) {
    await writeSealed(sealedPasswords(lot, nextNumber(lot)), merged, recipient);
    announceStep("passwords-sealed");
  }
  if (whole.length > 0) await ledger.commitListed(lease, whole);
  for (const path of [...clear, ...own.leftovers]) destroyFile(path);
  syncFolder(lot.secrets);
  refuseMissing(missing, lease.lot, lot);
  return clear.length === 0 ? undefined : merged.size;
}

async function writeSealed(path: string, merged: MergedPasswords, recipient: SealRecipient): Promise<void> {
  const sealing = startSeal(merged.octets, recipient);
  await commitFilled(startNewFile(path, PRIVATE_FILE), async (write) => {
    write(sealing.head);
    await merged.write((lines) => write(sealing.add(lines)));
    write(sealing.end());
  });
}

/** What a killed run was writing: sealed too, but never given its name. */
function removeUnfinished(lot: LotLayout): void {
  for (const name of readdirSync(lot.secrets)) {
    if (/^\.passwords-\d+\.csv\.cms\.[0-9a-f.]+\.new$/.test(name)) remove(join(lot.secrets, name));
  }
}

function nextNumber(lot: LotLayout): number {
  return 1 + Math.max(0, ...readdirSync(lot.secrets).map((name) => sealedNumber(name) ?? 0));
}
