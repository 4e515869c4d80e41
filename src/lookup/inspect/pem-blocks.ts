/** A block of a PEM text; `der` is undefined where headers stand in it, as with OpenSSL's older encryption. */
export interface InspectedBlock {
  readonly label: string;
  readonly der: Buffer | undefined;
  /** The whole block. */
  readonly text: string;
  /** What stands before it and behind the block before; of much text the end. */
  readonly above: string;
}

const BEGIN = "-----BEGIN ";
const DASHES = "-----";
/** Names above certificates are a line. */
const MOST_ABOVE = 1024;
/** More than any bundle has. */
const MOST_BLOCKS = 10_000;

/**
 * All blocks of a PEM text, those with headers too, in their order, in time that grows with the text alone. Says in
 * `unended` how many begin and do not end. Throws `RangeError` for more than 10,000.
 */
export function readPemBlocks(text: string): { readonly blocks: readonly InspectedBlock[]; readonly unended: number } {
  const blocks: InspectedBlock[] = [];
  let unended = 0;
  let last = 0;
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    if (blocks.length === MOST_BLOCKS) throw new RangeError(`it holds more than ${MOST_BLOCKS} PEM blocks`);
    const labelEnd = text.indexOf(DASHES, at + BEGIN.length);
    const label = text.slice(at + BEGIN.length, Math.max(labelEnd, 0));
    const bodyStart = labelEnd + DASHES.length;
    // What ends the block is the next row of dashes, or nothing is.
    const bodyEnd = labelEnd < 0 ? -1 : text.indexOf(DASHES, bodyStart);
    const end = `-----END ${label}-----`;
    if (bodyEnd < 0 || label.length > 64 || !text.startsWith(end, bodyEnd)) {
      unended++;
      at = bodyEnd < 0 ? text.length : bodyEnd;
      continue;
    }
    const body = text.slice(bodyStart, bodyEnd);
    const hasHeaders = body.slice(0, 1000).includes(":");
    blocks.push({
      label,
      der: hasHeaders ? undefined : Buffer.from(body, "base64"),
      text: text.slice(at, bodyEnd + end.length),
      above: text.slice(Math.max(last, at - MOST_ABOVE), at),
    });
    at = bodyEnd + end.length;
    last = at;
  }
  return { blocks, unended };
}
