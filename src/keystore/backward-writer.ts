/**
 * Writes DER from its end to its start: contents first, then the tag and length around them, so that
 * no length has to be known beforehand and nothing is copied twice. For what is written once per device;
 * never for a key in the clear, since nothing is wiped.
 */
export interface BackwardWriter {
  /** Where the writer stands, for `wrap` and `view`. */
  mark(): number;
  /** Puts octets before all that has been written. */
  put(octets: Uint8Array): void;
  /** Puts tag and length before what has been written since `mark`. */
  wrap(tag: number, mark: number): void;
  /** What has been written since `mark`; gone stale with the next `put`. */
  view(mark: number): Buffer;
  /** A copy of all that has been written; the writer is cleared. */
  take(): Buffer;
  /** Starts anew. */
  clear(): void;
}

export function openBackwardWriter(): BackwardWriter {
  let scratch = Buffer.alloc(8192);
  let start = scratch.length;

  const makeRoom = (octets: number): void => {
    if (start >= octets) return;
    const wider = Buffer.alloc(scratch.length * 2 + octets);
    const moved = wider.length - scratch.length;
    scratch.copy(wider, start + moved, start);
    scratch = wider;
    start += moved;
  };
  const octet = (value: number): void => {
    scratch[--start] = value;
  };
  const mark = (): number => scratch.length - start;
  const clear = (): void => {
    start = scratch.length;
  };

  return {
    mark,
    put: (octets) => {
      makeRoom(octets.length);
      start -= octets.length;
      scratch.set(octets, start);
    },
    wrap: (tag, since) => {
      makeRoom(6);
      const length = mark() - since;
      let octets = 0;
      if (length >= 0x80) {
        for (let rest = length; rest > 0; rest >>>= 8, octets++) octet(rest & 0xff);
      }
      octet(length < 0x80 ? length : 0x80 | octets);
      octet(tag);
    },
    view: (since) => scratch.subarray(start, scratch.length - since),
    take: () => {
      const written = Buffer.allocUnsafe(mark());
      scratch.copy(written, 0, start);
      clear();
      return written;
    },
    clear,
  };
}
