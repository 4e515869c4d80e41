import { hash } from "node:crypto";
import { describeName } from "../../x509/distinguished-name.ts";
import { readRequestFields } from "../read-request-fields.ts";
import { describeExtension } from "./describe-extension.ts";
import type { InspectedEntry } from "./inspection.ts";
import { spkiAlgorithm } from "./key-algorithm.ts";
import { signatureName } from "./signature-name.ts";

/** A DER certificate request (RFC 2986). Throws `DerError` for what is none. */
export function describeRequest(der: Buffer): InspectedEntry {
  const { subject, spki, algorithm, extensions } = readRequestFields(der);
  return {
    kind: "request",
    chain: [],
    subject: describeName(subject),
    keyAlgorithm: spkiAlgorithm(spki),
    publicKeySha256: hash("sha256", spki, "hex"),
    signatureAlgorithm: signatureName(algorithm),
    extensions: extensions.map(describeExtension),
  };
}
