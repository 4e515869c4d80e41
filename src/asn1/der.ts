/**
 * Writing DER (ITU-T X.690): values in, octets out. For constants, authorities and templates; what is
 * written once per device goes through the templates in `authority/` and `keystore/` instead.
 */

/** Universal tags used in certificates and PKCS structures. */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  T61_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  VISIBLE_STRING: 0x1a,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** Longer than any object identifier in use; bounds the arithmetic on its arcs. */
const MOST_OID_CHARACTERS = 256;

/** Octets of the tag and the length of contents of `length` octets (definite form, minimal). */
export function headerLength(length: number): number {
  let octets = 2;
  if (length >= 0x80) for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets += 1;
  return octets;
}

/** Writes tag and length at `offset`; returns where the contents begin. */
export function writeHeader(into: Buffer, offset: number, tag: number, length: number): number {
  const end = offset + headerLength(length);
  into[offset] = tag;
  into[offset + 1] = length < 0x80 ? length : 0x80 | (end - offset - 2);
  let rest = length;
  for (let at = end - 1; at > offset + 1; at--) {
    into[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return end;
}

/** Tag and length octets by themselves, where the contents come in pieces. */
export function derHeader(tag: number, length: number): Buffer {
  const header = Buffer.alloc(headerLength(length));
  writeHeader(header, 0, tag, length);
  return header;
}

/** One element: tag, length, and the contents one after the other. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const content of contents) length += content.length;
  return Buffer.concat([derHeader(tag, length), ...contents]);
}

export function derSequence(...elements: readonly Uint8Array[]): Buffer {
  return der(TAG.SEQUENCE, ...elements);
}

/** SET OF: the elements in ascending order of their octets (X.690, 11.6). */
export function derSetOf(...elements: readonly Uint8Array[]): Buffer {
  return der(TAG.SET, ...[...elements].sort(Buffer.compare));
}

/** INTEGER from a non-negative number or from big-endian octets, taken as non-negative. */
export function derInteger(value: number | Uint8Array): Buffer {
  let octets: Uint8Array;
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a non-negative integer: ${value}`);
    const hex = value.toString(16);
    octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  } else {
    let first = 0;
    while (first < value.length - 1 && value[first] === 0) first++;
    octets = value.length === 0 ? Buffer.alloc(1) : value.subarray(first);
  }
  return (octets[0] ?? 0) & 0x80 ? der(TAG.INTEGER, Buffer.alloc(1), octets) : der(TAG.INTEGER, octets);
}

export function derBoolean(value: boolean): Buffer {
  return Buffer.from([TAG.BOOLEAN, 1, value ? 0xff : 0]);
}

export function derNull(): Buffer {
  return Buffer.from([TAG.NULL, 0]);
}

export function derOctetString(octets: Uint8Array): Buffer {
  return der(TAG.OCTET_STRING, octets);
}

/** BIT STRING of whole octets, or with `unusedBits` at the end of the last one. */
export function derBitString(octets: Uint8Array, unusedBits = 0): Buffer {
  return der(TAG.BIT_STRING, Buffer.from([unusedBits]), octets);
}

/** OBJECT IDENTIFIER from its dotted form; throws for what is not one. */
export function derOid(dotted: string): Buffer {
  const arcs = dotted.split(".").map((arc) => (/^(0|[1-9]\d*)$/.test(arc) ? BigInt(arc) : undefined));
  const [first, second, ...rest] = arcs.filter((arc) => arc !== undefined);
  if (
    first === undefined ||
    second === undefined ||
    arcs.includes(undefined) ||
    dotted.length > MOST_OID_CHARACTERS ||
    first > 2n ||
    (first < 2n && second > 39n)
  ) {
    throw new RangeError(`not an object identifier: ${dotted}`);
  }
  const octets: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(0x80 | Number(left & 0x7fn));
    octets.push(...groups);
  }
  return der(TAG.OID, Buffer.from(octets));
}

export function derUtf8String(text: string): Buffer {
  return der(TAG.UTF8_STRING, Buffer.from(text, "utf8"));
}

/** True for text that a PrintableString can hold (X.680, 41.4). */
export function isPrintableString(text: string): boolean {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
}

export function derPrintableString(text: string): Buffer {
  if (!isPrintableString(text)) throw new RangeError("text does not fit a PrintableString");
  return der(TAG.PRINTABLE_STRING, Buffer.from(text, "latin1"));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5); whole seconds, UTC. */
export function derTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+/, "").replace(/[-:T]/g, "");
  const year = new Date(ms).getUTCFullYear();
  if (year >= 1950 && year < 2050) return der(TAG.UTC_TIME, Buffer.from(digits.slice(2), "latin1"));
  return der(TAG.GENERALIZED_TIME, Buffer.from(digits, "latin1"));
}

/** `[number] IMPLICIT` or `EXPLICIT` context tag around contents; constructed unless said otherwise. */
export function derContext(number: number, contents: Uint8Array, constructed = true): Buffer {
  return der((constructed ? 0xa0 : 0x80) | number, contents);
}
