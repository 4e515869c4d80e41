/**
 * The bytes of a part cut down to some of its rows, in their order, with its header: for an attempt
 * that sends less than the whole. Nothing in a part is quoted, so that a line is a row. Throws for a
 * row that the part does not have.
 */
export function slicePart(part: Uint8Array, rows: readonly number[]): Buffer {
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const next = end === -1 ? bytes.length : end + 1;
    lines.push(bytes.subarray(start, next));
    start = next;
  }
  return Buffer.concat([
    lineOf(lines, 0),
    ...rows.map((row) => {
      return lineOf(lines, row + 1);
    }),
  ]);
}

function lineOf(lines: readonly Buffer[], index: number): Buffer {
  const line = lines[index];
  if (line === undefined) throw new Error(`a registration part of ${lines.length} lines has no line ${index + 1}`);
  return line;
}
