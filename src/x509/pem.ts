/** One block of a PEM text. */
export interface PemBlock {
  /** CERTIFICATE, ENCRYPTED PRIVATE KEY, … */
  readonly label: string;
  readonly der: Buffer;
}

/** Each character can be taken in one way only, so that no text takes more than its length in steps. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/** The blocks of a PEM text in their order; text around them is passed over (RFC 7468, 2). */
export function readPem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, label = "", body = ""] of text.matchAll(BLOCK))
    blocks.push({ label, der: Buffer.from(body, "base64") });
  return blocks;
}

/** The certificates of a PEM text, DER, in their order; other blocks are left out. */
export function readPemCertificates(text: string): readonly Buffer[] {
  return readPem(text)
    .filter((block) => block.label === "CERTIFICATE")
    .map((block) => block.der);
}

/** One block with lines of 64 characters and a line feed at the end (RFC 7468, 2). */
export function writePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString("base64");
  return `-----BEGIN ${label}-----\n${base64.replace(/(.{64})(?=.)/g, "$1\n")}\n-----END ${label}-----\n`;
}
