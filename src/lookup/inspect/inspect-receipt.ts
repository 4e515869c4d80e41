import { DerError } from "../../asn1/read-der.ts";
import { readReceipt } from "../../domain/receipt.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import { readSignedData } from "../../x509/read-signed-data.ts";
import type { InspectedSignature, Inspection } from "./inspection.ts";

/** What a receipt says; undefined for any other JSON. Nothing of it is proven: its signature is in a file beside it. */
export function inspectReceipt(octets: Buffer): Inspection | undefined {
  const receipt = readReceipt(octets.toString("utf8"));
  if (receipt === undefined) return undefined;
  const notes = ["what it says is not verified here; `lotmint receipt verify FILE` does that"];
  return { kind: "receipt", format: "JSON: receipt of lotmint", entries: [], receipt, notes };
}

/** Who signed what, in a detached signature such as that of a receipt; undefined for any other PKCS#7. */
export function describeDetachedSignature(der: Buffer): InspectedSignature | undefined {
  try {
    const { signer, signedAtMs, digest, messageDigest } = readSignedData(der);
    const signedAt = new Date(signedAtMs).toISOString();
    return { signer: describeName(signer.subject), signedAt, digest, messageDigest };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return undefined;
  }
}
