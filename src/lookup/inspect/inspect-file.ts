import { TAG } from "../../asn1/der.ts";
import { type DerElement, DerError, readChildren, readElement, readWhole } from "../../asn1/read-der.ts";
import { readPkcs7 } from "../../authority/foreign/read-pkcs7.ts";
import { OnboardingError } from "../../domain/error.ts";
import { nounFor } from "../../domain/noun-for.ts";
import { readPemText, tidyPemText } from "../../x509/pem.ts";
import { certificateEntries } from "./certificate-entries.ts";
import { describeCrl, isTime } from "./describe-crl.ts";
import { describeRequest } from "./describe-request.ts";
import type { FilePasswords } from "./file-passwords.ts";
import { inspectJks } from "./inspect-jks.ts";
import {
  type InspectedKey,
  inspectLegacyKey,
  inspectPlainKey,
  inspectPublicKey,
  inspectSealedKey,
} from "./inspect-key.ts";
import { inspectPkcs12 } from "./inspect-pkcs12.ts";
import { describeDetachedSignature, inspectReceipt } from "./inspect-receipt.ts";
import type { InspectedEntry, Inspection } from "./inspection.ts";
import { readPemBlocks } from "./pem-blocks.ts";
import { isJks } from "./read-jks-entries.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** A revocation list of a million entries is smaller. */
export const MOST_INSPECTED_OCTETS = 64 * 1024 * 1024;
/** Certificates behind one another in one file. */
const MOST_PARTS = 10_000;
/** JSON begins with it. */
const BRACE = 0x7b;

/**
 * Says what is in the octets of a file: certificates, requests, revocation lists, keys, PKCS#12, JKS and PKCS#7, in
 * PEM or DER, one or several, and receipts. Time and memory are bounded by its size. Throws `usage` for what is none of them, or is
 * damaged; the message is a clause about "it".
 */
export async function inspectFile(octets: Buffer, passwords: FilePasswords): Promise<Inspection> {
  try {
    if (octets.length === 0) throw unreadableFile("it is empty");
    if (isJks(octets)) return await inspectJks(octets, passwords);
    if (octets[0] === TAG.SEQUENCE) return await inspectDer(octets, passwords);
    const receipt = octets[0] === BRACE ? inspectReceipt(octets) : undefined;
    if (receipt !== undefined) return receipt;
    return await inspectPem(octets, passwords);
  } catch (cause) {
    if (cause instanceof OnboardingError) throw cause;
    if (!(cause instanceof DerError || cause instanceof RangeError)) throw cause;
    throw unreadableFile(`it is damaged, or something else than it seems: ${cause.message}`, cause);
  }
}

/** One thing in a file. Certificates are gathered, since several may be a chain. */
type Part =
  | { readonly kind: "certificate"; readonly der: Buffer }
  | { readonly kind: "whole"; readonly inspection: Inspection };

async function inspectDer(octets: Buffer, passwords: FilePasswords): Promise<Inspection> {
  // BER with indefinite lengths, as some tools write PKCS#12.
  if (octets[1] === 0x80) return inspectPkcs12(octets, passwords);
  const parts: Part[] = [];
  for (let offset = 0; offset < octets.length; ) {
    const rest = octets.subarray(offset);
    // A line end behind DER does no harm.
    if (offset > 0 && rest.length <= 2 && /^\r?\n$/.test(rest.toString("latin1"))) break;
    if (parts.length === MOST_PARTS) throw unreadableFile(`it holds more than ${MOST_PARTS} structures`);
    const element = readElement(octets, offset);
    parts.push(await readPart(element.raw, passwords));
    offset = element.end;
  }
  return together(parts, "DER");
}

async function inspectPem(octets: Buffer, passwords: FilePasswords): Promise<Inspection> {
  const { blocks, unended } = readPemBlocks(tidyPemText(readPemText(octets)));
  if (blocks.length === 0) {
    const what = unended > 0 ? "it begins a PEM block that does not end: it was cut off" : whatElse(octets);
    throw unreadableFile(what);
  }
  const parts: Part[] = [];
  const passedOver = new Set<string>();
  for (const { label, der, text } of blocks) {
    if (der === undefined) {
      if (label.endsWith("PRIVATE KEY")) parts.push(keyPart(await inspectLegacyKey(text, passwords)));
      else passedOver.add(label);
    } else if (der[0] === TAG.SEQUENCE && !PASSED_OVER.has(label)) {
      parts.push(label === "TRUSTED CERTIFICATE" ? trustedPart(der) : await readPart(readElement(der).raw, passwords));
    } else passedOver.add(label);
  }
  const notes = [...passedOver].map((label) => `a block ${JSON.stringify(label)} in it is not read here`);
  if (unended > 0) notes.push("a PEM block in it does not end: the file may have been cut off");
  if (parts.length === 0) throw unreadableFile(`it is PEM, but ${notes.join("; ")}`);
  const found = together(parts, "PEM");
  return notes.length === 0 ? found : { ...found, notes: [...(found.notes ?? []), ...notes] };
}

/** Parameters stand beside the key that they belong to. */
const PASSED_OVER: ReadonlySet<string> = new Set(["EC PARAMETERS", "DH PARAMETERS", "DSA PARAMETERS"]);

/** OpenSSL's own form: what the certificate is trusted for stands behind it. */
function trustedPart(der: Buffer): Part {
  return { kind: "certificate", der: readElement(der).raw };
}

async function readPart(der: Buffer, passwords: FilePasswords): Promise<Part> {
  const [first, second] = firstElements(readWhole(der, TAG.SEQUENCE).content, 3);
  if (first?.tag === TAG.OID) return { kind: "whole", inspection: inspectPkcs7(der) };
  if (first?.tag === TAG.INTEGER) {
    const isPkcs12 =
      second?.tag === TAG.SEQUENCE && readChildren(second.content)[0]?.tag === TAG.OID && first.content[0] === 3;
    if (isPkcs12) return { kind: "whole", inspection: await inspectPkcs12(der, passwords) };
    return keyPart(inspectPlainKey(der));
  }
  if (first?.tag !== TAG.SEQUENCE) throw unreadableFile("it is DER (ASN.1), but of nothing that is known here");
  if (second?.tag === TAG.OCTET_STRING) return keyPart(await inspectSealedKey(der, passwords));
  if (second?.tag === TAG.BIT_STRING) return keyPart(inspectPublicKey(der));
  return signedPart(der, first);
}

/** The elements that a structure begins with, so many at most; a revocation list has a million inside them. */
function firstElements(content: Buffer, most: number): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < content.length && elements.length < most; ) {
    const element = readElement(content, offset);
    elements.push(element);
    offset = element.end;
  }
  return elements;
}

/** A certificate, a request or a revocation list: the signed part tells which (RFC 5280, 4.1 and 5.1; RFC 2986, 4). */
function signedPart(der: Buffer, { content }: DerElement): Part {
  const fields = firstElements(content, 5);
  const tags = fields.map(({ tag }) => tag);
  const whole = (kind: "request" | "crl", format: string, entry: InspectedEntry): Part => ({
    kind: "whole",
    inspection: { kind, format, entries: [entry] },
  });
  // A list: perhaps a version, then algorithm, issuer and a time.
  if (isTime(fields[2]) || isTime(fields[3])) return whole("crl", "revocation list", describeCrl(der));
  // A request: a version, the name and the key, and then attributes or nothing.
  const isRequest = tags[0] === TAG.INTEGER && tags[1] === TAG.SEQUENCE && (tags[3] === undefined || tags[3] === 0xa0);
  if (isRequest) return whole("request", "certificate request", describeRequest(der));
  return { kind: "certificate", der };
}

function inspectPkcs7(der: Buffer): Inspection {
  const { type, certificates, revocationLists, signers } = readPkcs7(der);
  const lists = revocationLists.map(describeCrl);
  const signature = describeDetachedSignature(der);
  return {
    kind: "pkcs7",
    format: `PKCS#7 (CMS), ${type}${signers > 0 ? `, ${signers} ${nounFor(signers, "signature")}` : ""}`,
    entries: [...certificateEntries(certificates), ...lists],
    ...(signature && { signature }),
    ...(type !== "signed data" && { notes: ["what is inside is not shown"] }),
  };
}

function keyPart({ entry, format, problem }: InspectedKey): Part {
  return { kind: "whole", inspection: { kind: "key", format, entries: [entry], ...(problem && { problem }) } };
}

/** What all parts are together: of several kinds, the first one counts. */
function together(parts: readonly Part[], form: "PEM" | "DER"): Inspection {
  const certificates = parts.flatMap((part) => (part.kind === "certificate" ? [part.der] : []));
  const wholes = parts.flatMap((part) => (part.kind === "whole" ? [part.inspection] : []));
  const own = certificates.length === 0 ? [] : [inspectCertificates(certificates)];
  const all = parts[0]?.kind === "certificate" ? [...own, ...wholes] : [...wholes, ...own];
  const [first] = all;
  if (first === undefined) throw unreadableFile("there is nothing in it");
  const problem = all.find((each) => each.problem !== undefined)?.problem;
  const notes = all.flatMap((each) => each.notes ?? []);
  const { signature } = first;
  return {
    kind: first.kind,
    format: `${form}: ${[...new Set(all.map(({ format }) => format))].join("; ")}`,
    entries: all.flatMap(({ entries }) => entries),
    ...(signature && { signature }),
    ...(problem && { problem }),
    ...(notes.length > 0 && { notes }),
  };
}

function inspectCertificates(certificates: readonly Buffer[]): Inspection {
  const entries = certificateEntries(certificates, "trusted");
  if (certificates.length === 1) return { kind: "certificate", format: "certificate", entries };
  // Of several, a single entry is their chain.
  return {
    kind: entries.length === 1 ? "chain" : "truststore",
    format: `${certificates.length} certificates`,
    entries,
  };
}

/** For files that somebody took for one of ours. */
function whatElse(octets: Buffer): string {
  const start = octets.subarray(0, 4096).toString("latin1");
  const named = [
    [/^PK\u0003\u0004/, "it is a ZIP archive"],
    [/^\u001f\u008b/, "it is compressed with gzip"],
    [/^SQLite format 3\u0000/, "it is an SQLite database"],
    [/^ssh-|^ecdsa-sha2-/, "it is a public key of SSH"],
    [/^\s*[{[]/, "it is JSON, it seems"],
    [/^\s*<[?!a-z]/i, "it is XML or HTML, it seems"],
  ] as const;
  const known = named.find(([form]) => form.test(start))?.[1];
  const other = /[\0-\u0008]/.test(start)
    ? "it is binary, of a kind that is not known here"
    : "it is text without PEM blocks";
  const kinds = "certificate, request, revocation list, key, PKCS#12, JKS or PKCS#7";
  return `${known ?? other}: it holds no ${kinds}, neither PEM nor DER`;
}
