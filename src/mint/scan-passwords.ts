import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { diskError } from "../disk/disk-error.ts";

/** The header of passwords.csv and of each segment. */
export const HEADER = "id,password";

/** Longer lines are no passwords, and are passed over. */
const BLOCK_OCTETS = 65_536;
/** Reading blocks the event loop; after so many blocks it gets a turn. */
const BLOCKS_A_TURN = 64;
const [LF, CR, COMMA] = [0x0a, 0x0d, 0x2c];

/**
 * Takes one line `id,password`: the id is octets[start..comma), the line octets[start..end) without its line end. The
 * octets are the line's only during the call.
 */
export type TakePassword = (octets: Buffer, start: number, comma: number, end: number) => void;

/**
 * Reads several lists of passwords one after the other, line by line, with one block in memory; header rows and what
 * is not `id,password` are passed over. Gives a digest over all that was read: equal ones mean equal lines in equal order.
 * Throws `disk-unwritable` for a file that cannot be read.
 */
export async function scanPasswords(paths: readonly string[], take: TakePassword): Promise<string> {
  const digest = createHash("sha256");
  const block = Buffer.alloc(BLOCK_OCTETS);
  let blocks = 0;
  try {
    for (const path of paths) {
      const lines = takeLines(block, take);
      for (const read of readBlocks(path, block, lines)) {
        digest.update(read);
        blocks += 1;
        if (blocks % BLOCKS_A_TURN === 0) await setImmediate();
      }
      digest.update("\n");
    }
  } finally {
    block.fill(0);
  }
  return digest.digest("hex");
}

/** The passwords of several files; an id that stands in more than one has that of the last. */
export async function readPasswordFiles(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const passwords = new Map<string, string>();
  await scanPasswords(paths, (octets, start, comma, end) => {
    passwords.set(octets.toString("utf8", start, comma), octets.toString("utf8", comma + 1, end));
  });
  return passwords;
}

interface LineTaker {
  /** Where the next octets go in the block. */
  free(): number;
  /** Takes the whole lines up to here, and moves the rest to the start. */
  filled(end: number): void;
  finish(): void;
}

function* readBlocks(path: string, block: Buffer, lines: LineTaker): Generator<Buffer> {
  const guarded = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw diskError(error, path);
    }
  };
  const file = guarded(() => openSync(path, "r"));
  try {
    for (;;) {
      const start = lines.free();
      const count = guarded(() => readSync(file, block, start, block.length - start, null));
      if (count === 0) break;
      yield block.subarray(start, start + count);
      lines.filled(start + count);
    }
    lines.finish();
  } finally {
    closeSync(file);
  }
}

function takeLines(block: Buffer, take: TakePassword): LineTaker {
  let kept = 0;
  let tooLong = false;
  const takeLine = (start: number, lineEnd: number) => {
    const end = lineEnd > start && block[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
    let comma = start;
    while (comma < end && block[comma] !== COMMA) comma++;
    if (comma === start || comma === end) return;
    if (end - start === HEADER.length && block.toString("latin1", start, end) === HEADER) return;
    take(block, start, comma, end);
  };
  return {
    free: () => kept,
    filled: (end) => {
      let start = 0;
      for (;;) {
        const lineEnd = block.indexOf(LF, Math.max(start, start === 0 ? kept : 0));
        if (lineEnd === -1 || lineEnd >= end) break;
        if (tooLong) tooLong = false;
        else takeLine(start, lineEnd);
        start = lineEnd + 1;
      }
      block.copy(block, 0, start, end);
      kept = end - start;
      if (kept < block.length) return;
      tooLong = true;
      kept = 0;
    },
    finish: () => {
      if (!tooLong) takeLine(0, kept);
    },
  };
}
