import { randomFillSync } from "node:crypto";
import type { SerialNumber } from "../domain/certificate.ts";

const OCTETS = 20;

/** Random octets for some hundred numbers: a call to the generator for each would cost 3 us. */
let pool = Buffer.alloc(0);
let at = 0;

/**
 * A certificate's serial number for people: its hex digits, with a minus sign where it is negative, which no standard
 * allows and some tools have made (RFC 5280, 4.1.2.2).
 */
export function showSerialNumber(octets: Buffer): string {
  const value = BigInt.asIntN(octets.length * 8, BigInt(`0x${octets.toString("hex") || "0"}`));
  const digits = (value < 0n ? -value : value).toString(16);
  return `${value < 0n ? "-" : ""}${digits.padStart(digits.length + (digits.length % 2), "0")}`;
}

/**
 * A fresh serial number: 20 octets with 158 bits from the system's generator, positive and minimal
 * (RFC 5280, 4.1.2.2).
 */
export function newSerialNumber(): SerialNumber {
  if (at === pool.length) {
    pool = randomFillSync(Buffer.alloc(OCTETS * 256));
    at = 0;
  }
  // 01xxxxxx: never negative, never a leading zero octet, so that every number has 20 octets.
  pool[at] = ((pool[at] ?? 0) & 0x3f) | 0x40;
  at += OCTETS;
  return pool.toString("hex", at - OCTETS, at);
}

/**
 * A serial number that somebody typed or copied, as the ledger has it: hex digits in any case, with colons, blanks or
 * hyphens between them, `0x` or `serial=` before them, with or without leading zeros. Undefined for any other text.
 */
export function readSerialNumber(text: string): SerialNumber | undefined {
  const digits = text.replace(/^\s*(serial\s*=)?\s*(0x)?/i, "").replace(/[\s:-]/g, "");
  if (!/^[0-9a-f]+$/i.test(digits)) return undefined;
  const short = digits.toLowerCase().replace(/^0+(?=.)/, "");
  return short.length > OCTETS * 2 ? undefined : short.padStart(short.length + (short.length % 2), "0");
}
