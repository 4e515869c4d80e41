/**
 * Reading DER, for certificates and keys that come from elsewhere. Strict and bounded: definite
 * minimal lengths only, nothing past the end, no recursion of its own.
 */

/** Up to here seven more bits still fit into a safe integer. */
const MOST_FOR_NUMBERS = 2 ** 46;

/** One element inside a larger buffer; offsets are into that buffer. */
export interface DerElement {
  readonly tag: number;
  /** The whole element. */
  readonly raw: Buffer;
  /** Its contents. */
  readonly content: Buffer;
  readonly end: number;
}

/** What is not DER, with the offset at which that shows. */
export class DerError extends Error {
  constructor(message: string, offset: number) {
    super(`not DER: ${message} at offset ${offset}`);
    this.name = "DerError";
  }
}

/** The element that starts at `offset`. Throws `DerError`. */
export function readElement(bytes: Buffer, offset = 0): DerElement {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new DerError("it ends early", offset);
  if ((tag & 0x1f) === 0x1f) throw new DerError("a tag above 30", offset);
  let length = first;
  let start = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError("an indefinite or oversized length", offset);
    if (start + count > bytes.length) throw new DerError("it ends early", offset);
    length = bytes.readUIntBE(start, count);
    if (length < 0x80 || (count > 1 && bytes[start] === 0)) throw new DerError("a length that is not minimal", offset);
    start += count;
  }
  const end = start + length;
  if (end > bytes.length) throw new DerError("contents that end early", offset);
  return { tag, raw: bytes.subarray(offset, end), content: bytes.subarray(start, end), end };
}

/** The single element that fills `bytes`; throws `DerError` for trailing octets or another tag. */
export function readWhole(bytes: Buffer, tag: number): DerElement {
  const element = readElement(bytes);
  if (element.end !== bytes.length) throw new DerError("octets after the end", element.end);
  if (element.tag !== tag)
    throw new DerError(`tag 0x${element.tag.toString(16)} where 0x${tag.toString(16)} belongs`, 0);
  return element;
}

/** The elements that fill the contents of a constructed one. Throws `DerError`. */
export function readChildren(content: Buffer): DerElement[] {
  const children: DerElement[] = [];
  for (let offset = 0; offset < content.length; ) {
    const child = readElement(content, offset);
    children.push(child);
    offset = child.end;
  }
  return children;
}

/** The dotted form of an OBJECT IDENTIFIER's contents. Throws `DerError`. */
export function readOid(content: Buffer): string {
  if (content.length === 0 || content.length > 64)
    throw new DerError("an object identifier of no or too many octets", 0);
  const arcs: (number | bigint)[] = [];
  let arc: number | bigint = 0;
  for (const [index, octet] of content.entries()) {
    // UUIDs below 2.25 have arcs of 128 bits; all others fit into a number, which is ten times as fast.
    arc =
      typeof arc === "number" && arc < MOST_FOR_NUMBERS
        ? arc * 128 + (octet & 0x7f)
        : BigInt(arc) * 128n + BigInt(octet & 0x7f);
    if (octet & 0x80) {
      if (index === content.length - 1) throw new DerError("an object identifier that ends early", index);
      continue;
    }
    if (arcs.length === 0) {
      const first = arc < 40 ? 0 : arc < 80 ? 1 : 2;
      arcs.push(first, typeof arc === "number" ? arc - first * 40 : arc - BigInt(first * 40));
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}
