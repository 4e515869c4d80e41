/** One block of a PEM text. */
export interface PemBlock {
  /** CERTIFICATE, ENCRYPTED PRIVATE KEY, … */
  readonly label: string;
  readonly der: Buffer;
}

/** Each character can be taken in one way only, so that no text takes more than its length in steps. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/**
 * The blocks of a PEM text in their order; text around them is passed over (RFC 7468, 2). Blanks at line ends, blanks
 * or a literal `\n` in place of line ends, and NUL characters, as cells and files of other tools have them, do no harm.
 */
export function readPem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, label = "", body = ""] of tidyPemText(text).matchAll(BLOCK))
    blocks.push({ label, der: Buffer.from(body, "base64") });
  return blocks;
}

/** The same text with line ends in place of a literal `\n` or `\r` and of NUL characters. */
export function tidyPemText(text: string): string {
  return text.includes("\\") || text.includes("\0") ? text.replace(/\\r|\\n|\0/g, "\n") : text;
}

/**
 * The octets of a file as text: UTF-8, or UTF-16 where a mark says so or every second octet is zero, as Windows tools
 * write it. Octets that are no UTF-8 do not matter to PEM.
 */
export function readPemText(octets: Buffer): string {
  const start = octets.toString("hex", 0, 2);
  const paired = octets.subarray(0, octets.length - (octets.length % 2));
  if (start === "fffe" || /^(?!00)..00$/.test(start)) return paired.toString("utf16le");
  if (start === "feff" || /^00(?!00)..$/.test(start)) return Buffer.from(paired).swap16().toString("utf16le");
  return octets.toString("utf8");
}

/** The certificates of a PEM text, DER, in their order; other blocks are left out. */
export function readPemCertificates(text: string): readonly Buffer[] {
  return readPem(text)
    .filter((block) => block.label === "CERTIFICATE")
    .map((block) => block.der);
}

/** One block with lines of 64 characters and a line feed at the end (RFC 7468, 2). */
export function writePem(label: string, der: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${base64Lines(der)}-----END ${label}-----\n`;
}

/** DER octets of one line of 64 characters. */
const LINE_OCTETS = 48;

/** A block that is written piece by piece. */
export interface PemWriter {
  add(der: Uint8Array): void;
  /** Writes what is left, and the last line. */
  end(): void;
}

/** What `writePem` gives, for DER that comes in pieces of any length: `write` gets the text in order, a piece at a time. */
export function startPem(label: string, write: (text: string) => void): PemWriter {
  let rest: Uint8Array = Buffer.alloc(0);
  let started = false;
  return {
    add: (der) => {
      const octets = rest.length === 0 ? der : Buffer.concat([rest, der]);
      const whole = octets.length - (octets.length % LINE_OCTETS);
      rest = Buffer.from(octets.subarray(whole));
      if (!started) write(`-----BEGIN ${label}-----\n`);
      started = true;
      write(base64Lines(octets.subarray(0, whole)));
    },
    end: () => {
      if (!started) write(`-----BEGIN ${label}-----\n`);
      write(`${base64Lines(rest)}-----END ${label}-----\n`);
    },
  };
}

function base64Lines(der: Uint8Array): string {
  const octets = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  let lines = "";
  for (let at = 0; at < octets.length; at += LINE_OCTETS) {
    lines += `${octets.toString("base64", at, Math.min(at + LINE_OCTETS, octets.length))}\n`;
  }
  return lines;
}
