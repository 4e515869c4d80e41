/**
 * Reading DER, for certificates and keys that come from elsewhere. Strict and bounded: definite
 * minimal lengths only, nothing past the end, no recursion of its own.
 */

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
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, octet] of content.entries()) {
    arc = arc * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError("an object identifier arc that is too large", index);
    if (octet & 0x80) {
      if (index === content.length - 1) throw new DerError("an object identifier that ends early", index);
      continue;
    }
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - first * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}
