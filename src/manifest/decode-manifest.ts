import { isUtf8 } from "node:buffer";
import type { ManifestForm } from "../domain/manifest-form.ts";
import { manifestError } from "./manifest-error.ts";

/** Files that people take for CSV, by their first bytes. */
const FOREIGN: readonly { readonly start: readonly number[]; readonly message: string }[] = [
  { start: [0x50, 0x4b, 0x03, 0x04], message: "this is an Excel file or another archive; save it as CSV UTF-8" },
  { start: [0xd0, 0xcf, 0x11, 0xe0], message: "this is an old Excel file; save it as CSV UTF-8" },
  { start: [0x25, 0x50, 0x44, 0x46], message: "this is a PDF, not a CSV file" },
  { start: [0x1f, 0x8b], message: "this file is compressed with gzip; unpack it first" },
  { start: [0xff, 0xfe, 0x00, 0x00], message: "this file is UTF-32; save it as UTF-8" },
  { start: [0x00, 0x00, 0xfe, 0xff], message: "this file is UTF-32; save it as UTF-8" },
];

const LF = 0x0a;
const NONE = Buffer.alloc(0);

/**
 * Turns a manifest's bytes into UTF-8 without a byte order mark, in pieces that end between characters:
 * UTF-8 with or without a mark, UTF-16 with one. Throws `usage` with offset and line for bytes that are no
 * text in that encoding, and for other kinds of file. Octets are checked, none is replaced. `onEncoding` is told
 * before the first piece.
 */
export async function* decodeManifest(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  onEncoding?: (encoding: Encoding) => void,
): AsyncGenerator<Buffer> {
  let head = NONE;
  let decoder: Decoder | undefined;
  for await (const chunk of chunks) {
    if (decoder !== undefined) {
      yield decoder.push(asBuffer(chunk));
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 4) continue;
    decoder = chooseDecoder(head, file, onEncoding);
    yield decoder.push(head);
  }
  decoder ??= chooseDecoder(head, file, onEncoding);
  yield decoder.end(head.length < 4 ? head : NONE);
}

type Encoding = Pick<ManifestForm, "encoding" | "mark">;

interface Decoder {
  readonly push: (bytes: Buffer) => Buffer;
  readonly end: (bytes: Buffer) => Buffer;
}

function chooseDecoder(head: Buffer, file: string, onEncoding?: (encoding: Encoding) => void): Decoder {
  const foreign = FOREIGN.find(
    ({ start }) => start.length <= head.length && start.every((byte, i) => head[i] === byte),
  );
  if (foreign !== undefined) throw manifestError(file, {}, foreign.message);
  const isLittle = head[0] === 0xff && head[1] === 0xfe;
  const isBig = head[0] === 0xfe && head[1] === 0xff;
  if (isLittle || isBig) {
    onEncoding?.({ encoding: isBig ? "utf-16be" : "utf-16le", mark: true });
    return makeUtf16Decoder(file, isBig);
  }
  const hasMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  onEncoding?.({ encoding: "utf-8", mark: hasMark });
  return makeUtf8Decoder(file, hasMark ? 3 : 0);
}

/** Checks UTF-8 and hands it on as it is. */
function makeUtf8Decoder(file: string, markLength: number): Decoder {
  let held = NONE;
  let offset = 0;
  let line = 1;
  let skip = markLength;
  const take = (bytes: Buffer, isLast: boolean): Buffer => {
    const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const end = isLast ? all.length : all.length - unfinishedLength(all);
    const whole = all.subarray(0, end);
    held = Buffer.from(all.subarray(end));
    const wrong = whole.indexOf(0) >= 0 || !isUtf8(whole) ? firstWrongByte(whole) : -1;
    if (wrong >= 0) {
      const message =
        whole[wrong] === 0
          ? `byte ${offset + wrong} is zero, so this is no text, or UTF-16 without a byte order mark; save it as CSV UTF-8`
          : `byte ${offset + wrong} is not UTF-8; save the file as CSV UTF-8`;
      throw manifestError(file, { line: line + countLines(whole.subarray(0, wrong)) }, message);
    }
    offset += whole.length;
    line += countLines(whole);
    const text = whole.subarray(Math.min(skip, whole.length));
    skip -= whole.length - text.length;
    return text;
  };
  return { push: (bytes) => take(bytes, false), end: (bytes) => take(bytes, true) };
}

/** Octets at the end that begin a character which the next piece may finish. */
function unfinishedLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function firstWrongByte(bytes: Buffer): number {
  const zero = bytes.indexOf(0);
  const text = zero < 0 ? bytes : bytes.subarray(0, zero);
  if (isUtf8(text)) return zero;
  // The longest prefix that is UTF-8, by halving: validity is lost once and for all.
  let good = 0;
  let bad = text.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const prefix = text.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, middle - unfinishedLength(prefix)))) good = middle;
    else bad = middle;
  }
  return startOfCharacter(text, good);
}

/** Where the character begins that the octet at `index` belongs to, or `index` itself if it belongs to none. */
function startOfCharacter(text: Buffer, index: number): number {
  return index - unfinishedLength(text.subarray(0, index));
}

function makeUtf16Decoder(file: string, bigEndian: boolean): Decoder {
  let held = NONE;
  let offset = 0;
  let line = 1;
  let isFirst = true;
  const take = (bytes: Buffer, isLast: boolean): Buffer => {
    const all = Buffer.concat([held, bytes]);
    let end = all.length - (all.length % 2);
    const lastUnit = end >= 2 ? unitAt(all, end - 2, bigEndian) : 0;
    if (!isLast && lastUnit >= 0xd800 && lastUnit <= 0xdbff) end -= 2;
    held = Buffer.from(all.subarray(end));
    const units = Buffer.from(all.subarray(0, end));
    if (bigEndian) units.swap16();
    const text = units.toString("utf16le");
    const wrong = firstWrongUnit(text);
    if (wrong >= 0) {
      const message = text.charCodeAt(wrong) === 0 ? "is zero, so this is no text" : "is half a UTF-16 character";
      throw manifestError(
        file,
        { line: line + text.slice(0, wrong).split("\n").length - 1 },
        `byte ${offset + wrong * 2} ${message}; save the file as CSV UTF-8`,
      );
    }
    const octets = Buffer.from(isFirst ? text.slice(1) : text, "utf8");
    if (text !== "") isFirst = false;
    offset += end;
    line += countLines(octets);
    if (isLast && held.length > 0) {
      throw manifestError(file, { line }, "the last byte is half a UTF-16 character; the file is cut off");
    }
    return octets;
  };
  return { push: (bytes) => take(bytes, false), end: (bytes) => take(bytes, true) };
}

function unitAt(bytes: Buffer, offset: number, bigEndian: boolean): number {
  return bigEndian ? bytes.readUInt16BE(offset) : bytes.readUInt16LE(offset);
}

function firstWrongUnit(text: string): number {
  const zero = text.indexOf("\u0000");
  if (text.isWellFormed()) return zero;
  const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text)?.index ?? 0;
  return zero < 0 ? lone : Math.min(zero, lone);
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
