import { Readable } from "node:stream";

const BOUNDARY = "the-boundary-of-a-form";
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** A form with one file, as a browser sends it. */
export function formWith(name: string, content: string, field = "manifest"): Buffer {
  return Buffer.from(`${headOf(name, field)}${content}${END}`, "utf8");
}

/** The same with a file of so many octets, made piece by piece. */
export function formStream(name: string, octets: number): { readonly length: number; readonly stream: Readable } {
  const head = headOf(name, "manifest");
  const piece = Buffer.alloc(64 * 1024, "id,name\n");
  function* pieces() {
    yield Buffer.from(head);
    for (let left = octets; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece;
    yield Buffer.from(END);
  }
  return { length: head.length + octets + END.length, stream: Readable.from(pieces()) };
}

const END = `\r\n--${BOUNDARY}--\r\n`;

function headOf(name: string, field: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: text/csv\r\n\r\n`;
}
