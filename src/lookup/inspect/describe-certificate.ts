import { hash } from "node:crypto";
import { isoTime } from "../../domain/iso-time.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import { readCertificate } from "../../x509/read-certificate.ts";
import { showSerialNumber } from "../../x509/serial-number.ts";
import { describeExtension } from "./describe-extension.ts";
import type { InspectedCertificate } from "./inspection.ts";
import { spkiAlgorithm } from "./key-algorithm.ts";
import { signatureName } from "./signature-name.ts";

/** A DER certificate in words. Throws `DerError` for what is none. */
export function describeCertificate(der: Buffer): InspectedCertificate {
  const fields = readCertificate(der);
  return {
    subject: describeName(fields.subject),
    issuer: describeName(fields.issuer),
    serialNumber: showSerialNumber(fields.serialOctets),
    notBefore: isoTime(fields.notBeforeMs),
    notAfter: isoTime(fields.notAfterMs),
    sha256: hash("sha256", der, "hex"),
    sha1: hash("sha1", der, "hex"),
    version: fields.version,
    keyAlgorithm: spkiAlgorithm(fields.spki),
    publicKeySha256: hash("sha256", fields.spki, "hex"),
    signatureAlgorithm: signatureName(fields.outerAlgorithm),
    extensions: fields.extensions.map(describeExtension),
  };
}
