import { TAG } from "../../asn1/der.ts";
import { type DerElement, DerError, readChildren, readElement, readWhole } from "../../asn1/read-der.ts";
import { isoTime } from "../../domain/iso-time.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import { readExtensionList, readTime } from "../../x509/read-certificate.ts";
import { describeExtension } from "./describe-extension.ts";
import type { InspectedEntry } from "./inspection.ts";
import { signatureName } from "./signature-name.ts";

const CRL_NUMBER = "2.5.29.20";

/** A DER revocation list (RFC 5280, 5.1); a million entries are counted without being kept. Throws `DerError` for what is none. */
export function describeCrl(der: Buffer): InspectedEntry {
  const [tbs, algorithm, signature] = readChildren(readWhole(der, TAG.SEQUENCE).content);
  if (tbs?.tag !== TAG.SEQUENCE || algorithm?.tag !== TAG.SEQUENCE || signature?.tag !== TAG.BIT_STRING) {
    throw new DerError("no revocation list's outline", 0);
  }
  const fields = readChildren(tbs.content);
  if (fields[0]?.tag === TAG.INTEGER) fields.shift();
  const [inner, issuer, thisUpdate, ...rest] = fields;
  if (inner?.tag !== TAG.SEQUENCE || issuer?.tag !== TAG.SEQUENCE || !isTime(thisUpdate)) {
    throw new DerError("no revocation list's fields", 0);
  }
  const nextUpdate = isTime(rest[0]) ? rest.shift() : undefined;
  const entries = rest[0]?.tag === TAG.SEQUENCE ? rest.shift() : undefined;
  const block = rest.find(({ tag }) => tag === 0xa0);
  const extensions = (block === undefined ? [] : readExtensionList(block.content)).map(describeExtension);
  return {
    kind: "crl",
    chain: [],
    issuer: describeName(issuer.raw),
    number: extensions.find(({ oid }) => oid === CRL_NUMBER)?.value ?? null,
    thisUpdate: isoTime(readTime(thisUpdate)),
    nextUpdate: nextUpdate === undefined ? null : isoTime(readTime(nextUpdate)),
    revoked: entries === undefined ? 0 : countElements(entries.content),
    signatureAlgorithm: signatureName(algorithm.raw),
    extensions,
  };
}

/** Whether an element has the tag of a time. */
export function isTime(element: DerElement | undefined): element is DerElement {
  return element?.tag === TAG.UTC_TIME || element?.tag === TAG.GENERALIZED_TIME;
}

function countElements(content: Buffer): number {
  let count = 0;
  for (let offset = 0; offset < content.length; count++) offset = readElement(content, offset).end;
  return count;
}
