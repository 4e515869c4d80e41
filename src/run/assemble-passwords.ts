import { existsSync } from "node:fs";
import { announceStep } from "../disk/announce-step.ts";
import { PRIVATE_FILE, remove, startReplacement } from "../disk/durable.ts";
import type { LotLayout } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotHold } from "../ledger/locks.ts";
import { listPasswords, readPasswordFiles, takeSegments } from "./password-segments.ts";

/**
 * Puts passwords.csv together from what it holds already and the segments of minted batches: aside,
 * synced, renamed; the segments go only after that. An id in several of them keeps its newest password,
 * so that a kill at any moment, and a run again, lists each device once. Returns how many are listed, or
 * undefined when there was nothing to put together.
 */
export async function assemblePasswords(ledger: Ledger, hold: LotHold, lot: LotLayout): Promise<number | undefined> {
  const segments = await takeSegments(ledger, hold, lot);
  if (segments.length === 0) return undefined;
  const passwords = await readPasswordFiles(existsSync(lot.passwords) ? [lot.passwords, ...segments] : segments);
  const replacement = startReplacement(lot.passwords, PRIVATE_FILE);
  try {
    for (const lines of listPasswords(passwords)) replacement.write(lines);
  } catch (error) {
    replacement.discard();
    throw error;
  }
  replacement.commit();
  announceStep("passwords-assembled");
  for (const path of segments) remove(path);
  return passwords.size;
}
