import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { announceStep } from "../disk/announce-step.ts";
import { diskFault, PRIVATE_FILE, remove, startReplacement } from "../disk/durable.ts";
import { type LotLayout, segmentBatch } from "../disk/layout.ts";
import type { Ledger, LotHold } from "../ledger/ledger.ts";

const HEADER = "id,password";

/**
 * Puts passwords.csv together from what it holds already and the segments of minted batches: aside,
 * synced, renamed; the segments go only after that. An id in several of them keeps its newest password,
 * so that a kill at any moment, and a run again, lists each device once. A segment of any other batch, left
 * by a run that had lost the lot, is removed. Returns how many are listed, or undefined when there was
 * nothing to put together.
 */
export async function assemblePasswords(ledger: Ledger, hold: LotHold, lot: LotLayout): Promise<number | undefined> {
  const found = existsSync(lot.secrets) ? readdirSync(lot.secrets).sort() : [];
  const segments = found.flatMap((name) => {
    const batch = segmentBatch(name);
    return batch === undefined ? [] : [{ batch, path: join(lot.secrets, name) }];
  });
  if (segments.length === 0) return undefined;
  await ledger.beat(hold);
  const minted = await ledger.mintedBatches(hold.lot);
  for (const { batch, path } of segments) if (!minted.has(batch)) remove(path);
  const paths = segments.filter(({ batch }) => minted.has(batch)).map(({ path }) => path);
  const passwords = new Map<string, string>();
  for (const path of existsSync(lot.passwords) ? [lot.passwords, ...paths] : paths) await readInto(passwords, path);
  const replacement = startReplacement(lot.passwords, PRIVATE_FILE);
  try {
    replacement.write(`${HEADER}\n`);
    let lines = "";
    for (const [id, password] of passwords) {
      lines += `${id},${password}\n`;
      if (lines.length > 65_536) {
        replacement.write(lines);
        lines = "";
      }
    }
    replacement.write(lines);
  } catch (error) {
    replacement.discard();
    throw error;
  }
  replacement.commit();
  announceStep("passwords-assembled");
  for (const path of paths) remove(path);
  return passwords.size;
}

/** Lines `id,password`; neither holds a comma, a quote or a line break (design of ids and of passwords). */
async function readInto(passwords: Map<string, string>, path: string): Promise<void> {
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      const comma = line.indexOf(",");
      if (comma > 0 && line !== HEADER) passwords.set(line.slice(0, comma), line.slice(comma + 1));
    }
  } catch (error) {
    throw diskFault(error, path);
  }
}
