import { randomFillSync } from "node:crypto";
import type { SerialNumber } from "../domain/certificate.ts";

const OCTETS = 20;

/** Random octets for some hundred numbers: a call to the generator for each would cost 3 us. */
let pool = Buffer.alloc(0);
let at = 0;

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
