import { hash } from "node:crypto";
import { DerError } from "../asn1/read-der.ts";
import { isoTime } from "../domain/iso-time.ts";
import { type Receipt, readReceipt } from "../domain/receipt.ts";
import { describeName } from "../x509/distinguished-name.ts";
import type { CertificateFields } from "../x509/read-certificate.ts";
import { chainOfSigner, readSignedData, type SignedData, verifySignedData } from "../x509/read-signed-data.ts";

/** A receipt as it was read; `path` names it to people. */
export interface ReceiptOctets {
  readonly path: string;
  readonly content: Buffer;
  readonly signaturePath: string;
  /** Undefined: there is no such file. */
  readonly signature: Buffer | undefined;
}

export interface JudgedReceipt {
  /** Undefined where the content is none. */
  readonly receipt: Receipt | undefined;
  readonly signed: SignedData | undefined;
  /** What does not fit, each a clause that names the file. */
  readonly faults: readonly string[];
}

/** A receipt by itself; undefined for content that is none. */
export function readReceiptFile(content: Buffer): Receipt | undefined {
  return readReceipt(content.toString("utf8"));
}

/**
 * Judges a receipt by its signature: that the content is the one that was signed, that the key of the certificate in it
 * signed, and that this is the issuer that the receipt names. With anchors, that the certificate leads to one of them;
 * without, its chain is not judged. Needs no home.
 */
export function verifyReceiptSignature(
  { path, content, signaturePath, signature }: ReceiptOctets,
  anchors?: readonly CertificateFields[],
): JudgedReceipt {
  const receipt = readReceiptFile(content);
  const faults: string[] = [];
  const signed = signature === undefined ? undefined : readIfSigned(signature);
  if (signature === undefined) faults.push(`${signaturePath}, its signature, is not there`);
  else if (signed === undefined) {
    faults.push(`${signaturePath} is no signature of a receipt: it was changed, or is another file`);
  }
  if (signed === undefined) {
    if (receipt === undefined) faults.push(`${path} is not a receipt as lotmint writes it: it was changed`);
    return { receipt, signed, faults };
  }
  const holds = verifySignedData(signed, content);
  if (!holds.signature)
    faults.push(`${signaturePath}: the signature is not one of ${nameOf(signed.signer)}: it was changed`);
  if (!holds.content) {
    const found = hash(signed.digest, content, "hex");
    faults.push(
      `${path} is not what was signed: its ${signed.digest.toUpperCase()} is ${found}, signed is ${signed.messageDigest}; it was changed, or the signature belongs to another receipt`,
    );
  } else if (receipt === undefined) faults.push(`${path} is signed, and is not a receipt as lotmint writes it`);
  if (receipt !== undefined && holds.content) faults.push(...signerFaults(receipt, signed, signaturePath));
  if (anchors !== undefined && chainOfSigner(signed, anchors) === undefined) {
    faults.push(`${signaturePath}: ${nameOf(signed.signer)}, which signed it, does not lead to a trusted certificate`);
  }
  return { receipt, signed, faults };
}

function signerFaults({ issuer }: Receipt, { signer, signedAtMs }: SignedData, path: string): readonly string[] {
  const faults: string[] = [];
  if (hash("sha256", signer.raw, "hex") !== issuer.sha256) {
    faults.push(`${path} is signed by ${nameOf(signer)}, which is not the issuer that the receipt names`);
  }
  if (signer.keyUsage?.includes("digitalSignature") === false) {
    faults.push(`${path}: the certificate of ${nameOf(signer)} forbids digitalSignature`);
  }
  if (signedAtMs < signer.notBeforeMs || signedAtMs > signer.notAfterMs) {
    faults.push(`${path} says that it was signed at ${isoTime(signedAtMs)}, when ${nameOf(signer)} was not valid`);
  }
  return faults;
}

function nameOf({ subject }: CertificateFields): string {
  return describeName(subject);
}

function readIfSigned(signature: Buffer): SignedData | undefined {
  try {
    return readSignedData(signature);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return undefined;
  }
}
