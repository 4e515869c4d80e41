import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

/** A line that is not `id,password`, or names an id again. */
interface PasswordProblem {
  readonly line: number;
  /** "" when the line has none. */
  readonly externalId: string;
  /** Never holds the password. */
  readonly message: string;
}

/** One list: its file, or its octets. */
export interface PasswordList {
  readonly content: string | Uint8Array;
  /** Whether its problems are told. */
  readonly judged: boolean;
}

/** Where each id's password stands in some lists. */
export interface IndexedPasswords {
  /** Ids that are listed. */
  readonly size: number;
  readonly problems: readonly PasswordProblem[];
  /**
   * The password of an id, read from its list; of an id that stands on several lines the last one counts. undefined when
   * it is not listed, or its file is gone or has been replaced since.
   */
  get(externalId: string): string | undefined;
  /** The listed ids, each once, in the order of the lists. */
  ids(): Iterable<string>;
}

/** More errors than this say nothing new about a file. */
const MAX_PROBLEMS = 1000;
/** An id of 64 characters and a password are far shorter. */
const MAX_LINE = 4096;
const BLOCK_OCTETS = 65_536;
/** Reading blocks the event loop; after so many blocks it gets a turn. */
const BLOCKS_A_TURN = 64;
const [LF, COMMA, QUOTE] = [0x0a, 0x2c, 0x22];
const HEADER = "id,password";

/**
 * Reads lists of passwords, oldest first: `id,password` a line, LF, no quotes, with or without a header row. Of a list in a
 * file one block is in memory; what is kept of a line is 20 octets or so that tell where it stands. A file that is
 * not there is an empty list.
 */
export async function indexPasswords(lists: readonly PasswordList[]): Promise<IndexedPasswords> {
  const lines = makeLineTable(lists);
  const problems: PasswordProblem[] = [];
  let blocks = 0;
  for (const list of lists) {
    const first = lines.begin();
    let number = 0;
    const problem = (line: number, externalId: string, message: string) => {
      if (list.judged && problems.length < MAX_PROBLEMS) problems.push({ line, externalId, message });
    };
    const takeLine = (octets: Buffer, position: number) => {
      number++;
      if (number === 1 && octets.length === HEADER.length && octets.toString("latin1") === HEADER) return;
      const comma = octets.indexOf(COMMA);
      const externalId = () => octets.toString("utf8", 0, comma);
      if (comma < 1) problem(number, "", "it is not `id,password`");
      else if (!isPassword(octets, comma + 1)) {
        problem(number, externalId(), "its password is empty, or holds a character that no password here has");
      } else if (lines.put(octets.subarray(0, comma), position) >= first) {
        problem(number, externalId(), "its id stands on an earlier line too");
      }
    };
    for (const end of readLines(list, takeLine)) {
      if (end === "cut off") problem(number, "", "it has no line end: the file was cut off");
      if (end === "too long") problem(number + 1, "", "it is too long for `id,password`");
      if (++blocks % BLOCKS_A_TURN === 0) await setImmediate();
    }
  }
  return {
    size: lines.size(),
    problems,
    get: (externalId) => {
      const id = Buffer.from(externalId, "utf8");
      const line = lines.find(id);
      return line?.toString("utf8", id.length + 1);
    },
    ids: () => lines.ids(),
  };
}

/** Almost all passwords are plain ASCII; of others the characters are looked at. */
function isPassword(line: Buffer, start: number): boolean {
  if (start === line.length) return false;
  for (let at = start; at < line.length; at++) {
    const octet = line[at] ?? 0;
    if (octet === QUOTE || octet === COMMA) return false;
    if (octet <= 0x20 || octet >= 0x7f) return !/[",\r\s]/.test(line.toString("utf8", start));
  }
  return true;
}

/** Hands out line by line, without line ends, and pauses after each block; says when the list ends otherwise than with one. */
function* readLines(
  list: PasswordList,
  take: (line: Buffer, position: number) => void,
): Generator<"block" | "cut off" | "too long"> {
  const block = Buffer.alloc(BLOCK_OCTETS);
  const file = typeof list.content === "string" ? openToRead(list.content) : undefined;
  try {
    let kept = 0;
    for (let position = 0; ; ) {
      const count = readFrom(list, file, block.subarray(kept), position + kept);
      const end = kept + count;
      let start = 0;
      for (let next = block.indexOf(LF); next !== -1 && next < end && next - start <= MAX_LINE; ) {
        take(block.subarray(start, next), position + start);
        start = next + 1;
        next = block.indexOf(LF, start);
      }
      if (end - start > MAX_LINE) {
        yield "too long";
        return;
      }
      if (count === 0) {
        if (end > start) {
          take(block.subarray(start, end), position + start);
          yield "cut off";
        }
        return;
      }
      block.copy(block, 0, start, end);
      position += start;
      kept = end - start;
      yield "block";
    }
  } finally {
    if (file !== undefined) closeSync(file);
    block.fill(0);
  }
}

/** undefined: there is no such file. */
function openToRead(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function readFrom({ content }: PasswordList, file: number | undefined, into: Buffer, position: number): number {
  if (typeof content === "string") return file === undefined ? 0 : readSync(file, into, 0, into.length, position);
  const octets = content.subarray(position, position + into.length);
  into.set(octets);
  return octets.length;
}

/** Lines by the id that they begin with: a hash and a place for each, and an open hash table. */
function makeLineTable(lists: readonly PasswordList[]) {
  let capacity = 1024;
  /** Number of a line, from 1; 0: free. */
  let slots = new Uint32Array(2 * capacity);
  let hashes = new Uint32Array(capacity);
  let places = new Float64Array(capacity);
  /** The first line of each list. */
  const firsts: number[] = [];
  let lines = 0;
  let size = 0;
  const cache = { block: Buffer.alloc(BLOCK_OCTETS), list: -1, position: 0, length: 0 };

  function grow(): void {
    capacity *= 2;
    hashes = widened(hashes, new Uint32Array(capacity));
    places = widened(places, new Float64Array(capacity));
    const before = slots;
    slots = new Uint32Array(2 * capacity);
    for (const line of before) {
      if (line === 0) continue;
      let slot = (hashes[line - 1] ?? 0) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = line;
    }
  }

  /** The line that starts there, without its line end. */
  function read(line: number): Buffer {
    const list = listOf(line);
    const place = places[line] ?? 0;
    const { block } = cache;
    const from = () => place - cache.position;
    const isThere =
      cache.list === list && from() >= 0 && (from() + MAX_LINE < cache.length || cache.length < block.length);
    if (!isThere) fill(list, place);
    const start = Math.min(from(), cache.length);
    const end = block.indexOf(LF, start);
    return block.subarray(start, end === -1 || end > cache.length ? cache.length : end);
  }

  function fill(list: number, position: number): void {
    const source = lists[list];
    if (source === undefined) return;
    const file = typeof source.content === "string" ? openToRead(source.content) : undefined;
    try {
      cache.length = readFrom(source, file, cache.block, position);
    } finally {
      if (file !== undefined) closeSync(file);
    }
    cache.list = list;
    cache.position = position;
  }

  function listOf(line: number): number {
    let [low, high] = [0, firsts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((firsts[middle] ?? 0) <= line) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Where the id is, or would be. */
  function slotOf(id: Buffer, hash: number): number {
    for (let slot = hash & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const line = (slots[slot] ?? 0) - 1;
      if (line < 0 || (hashes[line] === hash && isOf(read(line), id))) return slot;
    }
  }

  /** False for a line that a later one has replaced. */
  function counts(line: number): boolean {
    for (let slot = (hashes[line] ?? 0) & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      if (slots[slot] === line + 1) return true;
      if (slots[slot] === 0) return false;
    }
  }

  return {
    size: () => size,
    /** Begins the next list, and gives the number of its first line. */
    begin: (): number => {
      firsts.push(lines);
      return lines;
    },
    /** Puts a line; the number of the one that it replaces, or -1. */
    put: (id: Buffer, place: number): number => {
      if (lines === capacity) grow();
      const hash = hashOf(id);
      const slot = slotOf(id, hash);
      const replaced = (slots[slot] ?? 0) - 1;
      if (replaced < 0) size++;
      hashes[lines] = hash;
      places[lines] = place;
      slots[slot] = ++lines;
      return replaced;
    },
    find: (id: Buffer): Buffer | undefined => {
      const line = (slots[slotOf(id, hashOf(id))] ?? 0) - 1;
      return line < 0 ? undefined : read(line);
    },
    ids: function* (): Generator<string> {
      for (let line = 0; line < lines; line++) {
        if (!counts(line)) continue;
        const octets = read(line);
        yield octets.toString("utf8", 0, Math.max(0, octets.indexOf(COMMA)));
      }
    },
  };
}

function isOf(line: Buffer, id: Buffer): boolean {
  return line[id.length] === COMMA && line.length > id.length && id.compare(line, 0, id.length) === 0;
}

/** FNV-1a. */
function hashOf(octets: Buffer): number {
  let hash = 0x811c9dc5;
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193);
  return hash >>> 0;
}

function widened<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
