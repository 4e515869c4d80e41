import { OnboardingError } from "../../domain/error.ts";
import { HEADER, scanPasswords } from "../../mint/scan-passwords.ts";

/** Lists of passwords, oldest first, and passwords that no list has. */
export interface PasswordSources {
  readonly paths: readonly string[];
  /** By id; none of these ids is in a list. */
  readonly added?: ReadonlyMap<string, string>;
}

/** One list out of several, in which each id stands once, with its newest password. */
export interface MergedPasswords {
  /** Ids that it lists. */
  readonly size: number;
  /** Length of the list, header and line ends included. */
  readonly octets: number;
  /**
   * Reads the sources once more and hands the list out in pieces, each the caller's only during the call. Throws
   * `disk-unwritable` when the sources are not what they were: then the pieces are no list.
   */
  write(writePiece: (octets: Uint8Array) => void): Promise<void>;
}

/** Ids that are looked at together, where many stand twice. */
const IDS_AT_ONCE = 50_000;
const PIECE_OCTETS = 65_536;

/**
 * Merges lists of passwords; of an id that stands in several, or twice in one, the last line counts. The lists are
 * never whole in memory: four octets a line say which ids might stand twice, those are looked at
 * `idsAtOnce` at a time, and a bit a line says which lines an other one has replaced.
 */
export async function mergePasswords(
  { paths, added = new Map() }: PasswordSources,
  idsAtOnce: number = IDS_AT_ONCE,
): Promise<MergedPasswords> {
  let octets = HEADER.length + 1;
  const hashes = growingNumbers();
  const digest = await scanPasswords(paths, (line, start, comma, end) => {
    hashes.push(hashOf(line, start, comma));
    octets += end - start + 1;
  });
  const replaced = new Uint8Array(Math.ceil(hashes.length() / 8));
  let size = hashes.length();
  const repeated = repeatedIn(hashes.sorted());
  for (let first = 0; first < repeated.length; first += idsAtOnce) {
    const some = repeated.subarray(first, first + idsAtOnce);
    const seen = new Map<string, { readonly line: number; readonly octets: number }>();
    let number = 0;
    const again = await scanPasswords(paths, (line, start, comma, end) => {
      const lineNumber = number++;
      if (!holds(some, hashOf(line, start, comma))) return;
      const externalId = line.toString("latin1", start, comma);
      const before = seen.get(externalId);
      seen.set(externalId, { line: lineNumber, octets: end - start + 1 });
      if (before === undefined) return;
      replaced[before.line >> 3] = (replaced[before.line >> 3] ?? 0) | (1 << (before.line & 7));
      octets -= before.octets;
      size -= 1;
    });
    if (again !== digest) throw changed(paths);
  }
  const addedLines = [...added].map(([externalId, password]) => Buffer.from(`${externalId},${password}\n`));
  for (const line of addedLines) octets += line.length;
  return {
    size: size + added.size,
    octets,
    write: async (writePiece) => {
      const out = inPieces(writePiece);
      try {
        out.add(Buffer.from(HEADER), 0, HEADER.length);
        let number = 0;
        const again = await scanPasswords(paths, (line, start, _comma, end) => {
          const bit = (replaced[number >> 3] ?? 0) & (1 << (number & 7));
          number += 1;
          if (bit === 0) out.add(line, start, end);
        });
        if (again !== digest) throw changed(paths);
        for (const line of addedLines) out.add(line, 0, line.length - 1);
        out.flush();
      } finally {
        out.wipe();
      }
    },
  };
}

/** Takes out of `ids` those that stand in one of the lists, or are added. */
export async function strikeListed(ids: Set<string>, { paths, added }: PasswordSources): Promise<void> {
  for (const externalId of added?.keys() ?? []) ids.delete(externalId);
  if (ids.size === 0) return;
  await scanPasswords(paths, (line, start, comma) => {
    ids.delete(line.toString("utf8", start, comma));
  });
}

function changed(paths: readonly string[]): OnboardingError {
  return new OnboardingError(
    `a file of passwords was changed while it was read (one of ${paths.length}, the first is ${paths[0] ?? ""}); nothing is lost: stop the program that writes there and run again`,
    { code: "disk-unwritable" },
  );
}

/** FNV-1a: equal ids have equal hashes; of different ones that have too, both are compared as they are. */
function hashOf(octets: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (octets[at] ?? 0), 0x01000193);
  return hash >>> 0;
}

function growingNumbers() {
  let numbers = new Uint32Array(4096);
  let length = 0;
  return {
    length: () => length,
    push: (number: number) => {
      if (length === numbers.length) {
        const larger = new Uint32Array(length * 2);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[length++] = number;
    },
    sorted: () => numbers.subarray(0, length).sort(),
  };
}

/** Of sorted numbers those that stand there more than once, each once. */
function repeatedIn(sorted: Uint32Array): Uint32Array {
  let count = 0;
  for (let at = 1; at < sorted.length; at++) {
    const number = sorted[at] ?? 0;
    if (number !== sorted[at - 1] || (count > 0 && sorted[count - 1] === number)) continue;
    sorted[count++] = number;
  }
  return sorted.subarray(0, count);
}

function holds(sorted: Uint32Array, number: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === number;
}

/** Gathers lines, and hands them on with their line ends in pieces of some kilobytes. */
function inPieces(writePiece: (octets: Uint8Array) => void) {
  const piece = Buffer.alloc(2 * PIECE_OCTETS);
  let used = 0;
  const flush = () => {
    if (used > 0) writePiece(piece.subarray(0, used));
    used = 0;
  };
  return {
    /** A line of at most `PIECE_OCTETS`. */
    add: (octets: Buffer, start: number, end: number) => {
      octets.copy(piece, used, start, end);
      used += end - start;
      piece[used++] = 0x0a;
      if (used >= PIECE_OCTETS) flush();
    },
    flush,
    wipe: () => piece.fill(0),
  };
}
