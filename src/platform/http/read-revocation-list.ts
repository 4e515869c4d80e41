import { TAG } from "../../asn1/der.ts";
import { type DerElement, DerError, readChildren, readWhole } from "../../asn1/read-der.ts";

/**
 * The serial numbers on a DER revocation list (RFC 5280, 5.1), lower-case hex without leading zeros;
 * undefined for what is none. The signature is not looked at: the list came over a verified connection.
 */
export function readRevocationList(bytes: Buffer): ReadonlySet<string> | undefined {
  try {
    const [tbs] = readChildren(readWhole(bytes, TAG.SEQUENCE).content);
    if (tbs?.tag !== TAG.SEQUENCE) return undefined;
    const fields = readChildren(tbs.content);
    // Version, algorithm and issuer stand before the first time, nextUpdate may follow it.
    const firstTime = fields.findIndex(isTime);
    if (firstTime < 2) return undefined;
    const list = fields.slice(firstTime + 1).find((field) => !isTime(field));
    const entries = list?.tag === TAG.SEQUENCE ? readChildren(list.content) : [];
    return new Set(entries.map(serialOf));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function isTime({ tag }: DerElement): boolean {
  return tag === TAG.UTC_TIME || tag === TAG.GENERALIZED_TIME;
}

function serialOf(entry: DerElement): string {
  const [serial] = readChildren(entry.content);
  if (serial?.tag !== TAG.INTEGER) throw new DerError("an entry without a serial number", 0);
  return serial.content.toString("hex").replace(/^0+(?=.)/, "");
}
