import { foldId } from "./device.ts";

/** Folded ids, each with a number below 2^32, in about 40 bytes an id: a manifest has millions of them. */
export interface IdTable {
  readonly size: number;
  /** The number that was put with this id, whatever its case; undefined when the id is not in the table. */
  get(externalId: string): number | undefined;
  /** Puts an id, or another number with an id that is there. Throws a RangeError for one of more than 4,096 bytes. */
  set(externalId: string, value: number): void;
  /** The ids, folded, in the order in which they were first put. */
  ids(): Iterable<string>;
}

const FIRST_SLOTS = 1024;
const CHUNK_BYTES = 1 << 20;
/** Far more than an id may have. */
const MAX_BYTES = 4096;

/**
 * An empty table. Ids are compared byte by byte, so that the answer is exact; they lie in a few large buffers, so
 * that the garbage collector has nothing to do with them. `seed` is two random numbers: without knowing them nobody
 * can make a file whose ids all fall into the same slot. `fold` says which ids are the same: those of the same text when
 * it gives them back as they are.
 */
export function makeIdTable(seed: readonly [number, number], fold: (externalId: string) => string = foldId): IdTable {
  const chunks: Buffer[] = [];
  /** Entry of a slot, from 1; 0: free. */
  let slots = new Uint32Array(FIRST_SLOTS);
  let hashes = new Uint32Array(FIRST_SLOTS / 2);
  let values = new Uint32Array(FIRST_SLOTS / 2);
  /** Where an entry's bytes begin, in the number of its chunk and the place in it. */
  let chunkOf = new Uint32Array(FIRST_SLOTS / 2);
  let placeOf = new Uint32Array(FIRST_SLOTS / 2);
  let size = 0;
  let used = CHUNK_BYTES;

  function encode(externalId: string): Buffer {
    return Buffer.from(fold(externalId), "utf8");
  }

  function slotOf(bytes: Buffer, hashed: number): number {
    const mask = slots.length - 1;
    let slot = hashed & mask;
    for (;;) {
      const entry = slots[slot] ?? 0;
      if (entry === 0 || (hashes[entry - 1] === hashed && isAt(entry - 1, bytes))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  function isAt(entry: number, bytes: Buffer): boolean {
    const chunk = chunks[chunkOf[entry] ?? 0];
    const place = placeOf[entry] ?? 0;
    if (chunk === undefined || chunk.readUInt16LE(place) !== bytes.length) return false;
    return bytes.compare(chunk, place + 2, place + 2 + bytes.length) === 0;
  }

  function keep(bytes: Buffer): void {
    if (used + 2 + bytes.length > CHUNK_BYTES) {
      chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      used = 0;
    }
    const chunk = chunks[chunks.length - 1];
    if (chunk === undefined) return;
    chunk.writeUInt16LE(bytes.length, used);
    bytes.copy(chunk, used + 2);
    chunkOf[size] = chunks.length - 1;
    placeOf[size] = used;
    used += 2 + bytes.length;
  }

  function grow(): void {
    const count = slots.length * 2;
    const larger = (old: Uint32Array<ArrayBuffer>) => {
      const copy = new Uint32Array(count / 2);
      copy.set(old);
      return copy;
    };
    [hashes, values, chunkOf, placeOf] = [larger(hashes), larger(values), larger(chunkOf), larger(placeOf)];
    slots = new Uint32Array(count);
    for (let entry = 0; entry < size; entry++) {
      let slot = (hashes[entry] ?? 0) & (count - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (count - 1);
      slots[slot] = entry + 1;
    }
  }

  return {
    get size() {
      return size;
    },
    get: (externalId) => {
      const bytes = encode(externalId);
      if (bytes.length > MAX_BYTES) return undefined;
      const entry = slots[slotOf(bytes, halfSipHash(bytes, seed))] ?? 0;
      return entry === 0 ? undefined : values[entry - 1];
    },
    set: (externalId, value) => {
      const bytes = encode(externalId);
      if (bytes.length > MAX_BYTES) throw new RangeError(`an id of more than ${MAX_BYTES} bytes cannot be kept`);
      const hashed = halfSipHash(bytes, seed);
      const slot = slotOf(bytes, hashed);
      const entry = slots[slot] ?? 0;
      if (entry !== 0) {
        values[entry - 1] = value;
        return;
      }
      keep(bytes);
      hashes[size] = hashed;
      values[size] = value;
      size += 1;
      slots[slot] = size;
      if (size * 2 >= slots.length) grow();
    },
    ids: function* (): Generator<string> {
      for (let entry = 0; entry < size; entry++) {
        const chunk = chunks[chunkOf[entry] ?? 0];
        const place = placeOf[entry] ?? 0;
        if (chunk !== undefined) yield chunk.toString("utf8", place + 2, place + 2 + chunk.readUInt16LE(place));
      }
    },
  };
}

/** HalfSipHash-1-3: a hash with a key, whose collisions nobody can find who does not know the key. */
function halfSipHash(bytes: Buffer, [k0, k1]: readonly [number, number]): number {
  let v0 = k0 | 0;
  let v1 = k1 | 0;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  const round = () => {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  };
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes.readInt32LE(at);
    v3 ^= word;
    round();
    v0 ^= word;
  }
  let last = bytes.length << 24;
  for (let at = whole; at < bytes.length; at++) last |= (bytes[at] ?? 0) << (8 * (at - whole));
  v3 ^= last;
  round();
  v0 ^= last;
  v2 ^= 0xff;
  round();
  round();
  round();
  return (v1 ^ v3) >>> 0;
}
