import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { diskFault } from "../disk/disk-fault.ts";
import { remove } from "../disk/durable.ts";
import { type LotLayout, segmentBatch } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotHold } from "../ledger/locks.ts";

const HEADER = "id,password";

/** The segments that are in place, oldest first. */
export function findSegments(lot: LotLayout): readonly { readonly batch: number; readonly path: string }[] {
  const found = existsSync(lot.secrets) ? readdirSync(lot.secrets).sort() : [];
  return found.flatMap((name) => {
    const batch = segmentBatch(name);
    return batch === undefined ? [] : [{ batch, path: join(lot.secrets, name) }];
  });
}

/**
 * The segments that count, those of minted batches, oldest first. A segment of any other batch, left by a run
 * that had lost the lot, is removed.
 */
export async function takeSegments(ledger: Ledger, hold: LotHold, lot: LotLayout): Promise<readonly string[]> {
  const segments = findSegments(lot);
  if (segments.length === 0) return [];
  await ledger.beat(hold);
  const minted = await ledger.mintedBatches(hold.lot);
  for (const { batch, path } of segments) if (!minted.has(batch)) remove(path);
  return segments.filter(({ batch }) => minted.has(batch)).map(({ path }) => path);
}

/** The passwords of several files; an id that stands in more than one has that of the last. */
export async function readPasswordFiles(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const passwords = new Map<string, string>();
  for (const path of paths) await readInto(passwords, path);
  return passwords;
}

/** A list of passwords in pieces of some kilobytes, header first. */
export function* listPasswords(passwords: ReadonlyMap<string, string>): Generator<string> {
  let lines = `${HEADER}\n`;
  for (const [id, password] of passwords) {
    lines += `${id},${password}\n`;
    if (lines.length > 65_536) {
      yield lines;
      lines = "";
    }
  }
  yield lines;
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
