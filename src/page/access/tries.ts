import { isIP } from "node:net";

/** Counts wrong tokens, and says how long nobody may try again. */
export interface Tries {
  /** Milliseconds until a try from this address is looked at; 0: now. */
  waitMs(address: string): number;
  wrong(address: string): void;
  /** A right token from there: its wrong ones are forgotten. */
  right(address: string): void;
}

/** So many wrong tokens cost nothing; each one more doubles the pause. */
const FREE = 5;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** The same for all addresses together, so that many of them gain nothing; short, since it keeps out everybody. */
const FREE_IN_TOTAL = 100;
const LONGEST_TOTAL_PAUSE_MS = 30_000;
/** After so long without a wrong one, an address begins anew. */
const FORGOTTEN_MS = 60 * 60_000;
const MOST_ADDRESSES = 10_000;

interface Count {
  wrong: number;
  untilMs: number;
  lastMs: number;
}

/** Forgets what it knows with its process. `monotonic`: milliseconds of a clock that does not jump. */
export function countTries(monotonic: () => number): Tries {
  const addresses = new Map<string, Count>();
  let total: Count = none();

  function none(): Count {
    return { wrong: 0, untilMs: 0, lastMs: monotonic() };
  }

  function current(count: Count | undefined): Count {
    return count === undefined || monotonic() - count.lastMs > FORGOTTEN_MS ? none() : count;
  }

  function add(before: Count, free: number, longestMs: number): Count {
    const nowMs = monotonic();
    const wrong = before.wrong + 1;
    const pauseMs = wrong <= free ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** Math.min(wrong - free - 1, 30), longestMs);
    return { wrong, untilMs: nowMs + pauseMs, lastMs: nowMs };
  }

  return {
    waitMs: (address) => {
      const untilMs = Math.max(current(addresses.get(networkOf(address))).untilMs, current(total).untilMs);
      return Math.max(0, Math.ceil(untilMs - monotonic()));
    },
    wrong: (address) => {
      const from = networkOf(address);
      const count = add(current(addresses.get(from)), FREE, LONGEST_PAUSE_MS);
      // Taken out and put in again: the map is in the order of the last tries, and the oldest goes first.
      addresses.delete(from);
      addresses.set(from, count);
      for (const oldest of addresses.keys()) {
        if (addresses.size <= MOST_ADDRESSES) break;
        addresses.delete(oldest);
      }
      total = add(current(total), FREE_IN_TOTAL, LONGEST_TOTAL_PAUSE_MS);
    },
    right: (address) => {
      addresses.delete(networkOf(address));
    },
  };
}

/** Whoever has one IPv6 address has its whole /64. */
function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const plain = address.replace(/%.*$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = plain.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0");
  return [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(":");
}
