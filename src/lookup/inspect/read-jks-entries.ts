import { hash, timingSafeEqual } from "node:crypto";

/** An entry of a Java keystore. Its sealed key is passed over. */
export interface JksEntry {
  readonly kind: "key" | "trusted";
  readonly alias: string;
  readonly createdAtMs: number;
  /** DER. */
  readonly certificates: readonly Buffer[];
}

export interface JksContents {
  readonly type: "JKS" | "JCEKS";
  readonly entries: readonly JksEntry[];
  /** A secret key stands behind these entries; how long it is only Java knows. */
  readonly isCut: boolean;
}

const MAGIC: Readonly<Record<number, JksContents["type"]>> = { 4277010157: "JKS", 3469659854: "JCEKS" };
const DIGEST_OCTETS = 20;
const KEY = 1;
const TRUSTED = 2;
const SECRET = 3;

/** Whether octets begin as a Java keystore (JKS or JCEKS). */
export function isJks(bytes: Buffer): boolean {
  return bytes.length >= 12 && Object.hasOwn(MAGIC, bytes.readUInt32BE(0));
}

/**
 * The entries of a JKS or JCEKS keystore, versions 1 and 2. Their names and certificates stand in the clear; whether
 * they are as they were written, `jksDigestFits` tells. Throws `RangeError` for what cannot be read.
 */
export function readJksEntries(bytes: Buffer): JksContents {
  const end = bytes.length - DIGEST_OCTETS;
  let offset = 12;
  const take = (length: number) => {
    if (length > end - offset) throw new RangeError(`the keystore ends early, at offset ${offset}`);
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  const takeNumber = () => take(4).readUInt32BE();
  const takeText = () => modifiedUtf8(take(take(2).readUInt16BE()));
  const version = bytes.length < 12 ? 0 : bytes.readUInt32BE(4);
  const type = bytes.length < 12 ? undefined : MAGIC[bytes.readUInt32BE(0)];
  if (type === undefined || version < 1 || version > 2) throw new RangeError("no Java keystore of version 1 or 2");
  const takeCertificate = () => {
    const kind = version === 1 ? "X.509" : takeText();
    if (kind !== "X.509") throw new RangeError(`it holds a certificate of type ${kind}`);
    return take(takeNumber());
  };
  const entries: JksEntry[] = [];
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const tag = takeNumber();
    const alias = takeText();
    const createdAtMs = Number(take(8).readBigInt64BE());
    if (tag === TRUSTED) entries.push({ kind: "trusted", alias, createdAtMs, certificates: [takeCertificate()] });
    else if (tag === KEY) {
      take(takeNumber());
      const certificates: Buffer[] = [];
      for (let more = takeNumber(); more > 0; more--) certificates.push(takeCertificate());
      entries.push({ kind: "key", alias, createdAtMs, certificates });
    } else if (tag === SECRET && type === "JCEKS") return { type, entries, isCut: true };
    else throw new RangeError(`it holds an entry of the unknown type ${tag}`);
  }
  if (offset !== end) throw new RangeError("it has octets after its last entry");
  return { type, entries, isCut: false };
}

/** Whether a keystore is as it was written under this password: its digest is over both. */
export function jksDigestFits(bytes: Buffer, password: string): boolean {
  const secret = Buffer.from(password, "utf16le").swap16();
  const at = bytes.length - DIGEST_OCTETS;
  const digested = Buffer.concat([secret, Buffer.from("Mighty Aphrodite", "latin1"), bytes.subarray(0, at)]);
  const digest = hash("sha1", digested, "buffer");
  secret.fill(0);
  digested.fill(0, 0, secret.length);
  return timingSafeEqual(digest, bytes.subarray(at));
}

/** Java's UTF-8: NUL as two octets, characters beyond the BMP as two surrogates of three octets each. */
function modifiedUtf8(octets: Buffer): string {
  const units: number[] = [];
  for (let index = 0; index < octets.length; ) {
    const first = octets[index++] ?? 0;
    const tail = () => (octets[index++] ?? 0) & 0x3f;
    if (first < 0x80) units.push(first);
    else if (first < 0xe0) units.push(((first & 0x1f) << 6) | tail());
    else units.push(((first & 0x0f) << 12) | (tail() << 6) | tail());
  }
  return units.map((unit) => String.fromCharCode(unit)).join("");
}
