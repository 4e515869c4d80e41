import fc from "fast-check";
import { byLength } from "../fixtures/test-length.ts";

/** Ways in which a file can be wrong, for every parser of files and answers that others have made. */

/** A good file with some octets changed, cut off, doubled or left out. */
export function damaged(sample: Buffer): fc.Arbitrary<Buffer> {
  const place = fc.nat(Math.max(0, sample.length - 1));
  const changed = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 }).map((changes) => {
    const octets = Buffer.from(sample);
    for (const [at, octet] of changes) octets[at] = octet;
    return octets;
  });
  const cut = place.map((length) => sample.subarray(0, length));
  const span = fc.tuple(place, place, place);
  const doubled = span.map(([at, start, end]) => {
    const [from, to] = start < end ? [start, end] : [end, start];
    return Buffer.concat([sample.subarray(0, at), sample.subarray(from, to), sample.subarray(at)]);
  });
  const left = fc
    .tuple(place, place)
    .map(([start, end]) =>
      Buffer.concat([sample.subarray(0, Math.min(start, end)), sample.subarray(Math.max(start, end))]),
    );
  return fc.oneof({ weight: 3, arbitrary: changed }, cut, doubled, left);
}

const DEPTH = 20_000;
/** At its longest it takes minutes where a parser needs the square of it. */
const LARGE = byLength({ short: 16 * 1024, long: 64 * 1024 });
/** Beyond what any of the parsers takes for a file of its kind, but for manifests. */
const HUGE = 3 * 1024 * 1024;

/** Files that are nothing but nesting, of the kind that DER, YAML, JSON, PEM and CSV know. */
export function nested(sample: Buffer): readonly Buffer[] {
  const text = (part: string) => Buffer.from(part.repeat(DEPTH));
  return [
    nestedDer(0x30, sample),
    nestedDer(0xa0, sample),
    nestedDer(0x24, Buffer.alloc(0)),
    Buffer.from("3080".repeat(DEPTH), "hex"),
    ...["[", "{", '{"a":', "[[],", "- ", "? ", "&a [*a, ", '"', "-----BEGIN CERTIFICATE-----\n", "$a$(a)"].map(text),
    Buffer.from(Array.from({ length: 1000 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")),
  ];
}

/** Definite lengths, each of what it holds, so that a parser can go all the way down. */
function nestedDer(tag: number, innermost: Buffer): Buffer {
  const headers: Buffer[] = [];
  let length = innermost.length;
  for (let depth = 0; depth < DEPTH; depth++) {
    const octets = length < 0x80 ? "" : length.toString(16);
    const whole = octets.padStart(octets.length + (octets.length % 2), "0");
    const long = Buffer.from([tag, 0x80 | (whole.length / 2), ...Buffer.from(whole, "hex")]);
    const header = length < 0x80 ? Buffer.from([tag, length]) : long;
    headers.push(header);
    length += header.length;
  }
  return Buffer.concat([...headers.reverse(), innermost]);
}

const FILLERS = [" ", "\n", "-", "A", "=", ",", '"', "0", "#", "a: &b [*b]\n", "x\n", "\0", "\u00ff"];

/** Files that go on and on: one filler, also behind a good beginning and an opened PEM block, and the good file many times. */
export function oversized(sample: Buffer): readonly Buffer[] {
  const fill = (part: string) => Buffer.alloc(LARGE, part, "latin1");
  const beginnings = [
    Buffer.alloc(0),
    sample.subarray(0, Math.floor(sample.length / 2)),
    Buffer.from("-----BEGIN CERTIFICATE-----"),
    Buffer.from("-----BEGIN CERTIFICATE REQUEST-----\n"),
    Buffer.from("-----BEGIN PRIVATE KEY-----\n"),
    Buffer.from("[a"),
    Buffer.from("id,"),
    Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]),
  ];
  const filled = beginnings.flatMap((beginning, index) => {
    // Behind a good beginning everything, behind the others what belongs to their kind.
    const fillers = index < 2 ? FILLERS : FILLERS.slice(0, 4);
    return fillers.map((filler) => Buffer.concat([beginning, fill(filler)]));
  });
  return [...filled, Buffer.alloc(HUGE, sample), Buffer.alloc(HUGE, 0x30), Buffer.alloc(HUGE)];
}
