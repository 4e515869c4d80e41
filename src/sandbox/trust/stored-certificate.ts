import { createHash, X509Certificate } from "node:crypto";
import { type CertificateFields, readCertificate } from "../../x509/read-certificate.ts";
import { unprocessable } from "../http/request-refusal.ts";

/** A trusted certificate as the tenant keeps it. */
export interface StoredCertificate {
  /** Lower-case hex SHA-1 of the DER certificate. */
  readonly fingerprint: string;
  readonly x509: X509Certificate;
  readonly version: number;
  readonly algorithmName: string;
  name: string;
  status: "ENABLED" | "DISABLED";
  autoRegistrationEnabled: boolean;
  proofOfPossessionValid: boolean;
  verificationCode: string;
  /** Milliseconds since 1970. */
  codeUsableUntilMs: number;
}

/** Signature algorithms by the names that Java has for them, which is what the platform shows. */
const ALGORITHM_NAMES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.5": "SHA1withRSA",
  "1.2.840.113549.1.1.10": "RSASSA-PSS",
  "1.2.840.113549.1.1.11": "SHA256withRSA",
  "1.2.840.113549.1.1.12": "SHA384withRSA",
  "1.2.840.113549.1.1.13": "SHA512withRSA",
  "1.2.840.10045.4.3.2": "SHA256withECDSA",
  "1.2.840.10045.4.3.3": "SHA384withECDSA",
  "1.2.840.10045.4.3.4": "SHA512withECDSA",
  "1.3.101.112": "Ed25519",
};

/**
 * The certificate in a `certInPemFormat` field: one PEM block, indented or not, or bare base64. Throws
 * a 422 for what cannot be a trusted certificate: not X.509 v3, not a CA, expired, more than one.
 */
export function readUploadedCertificate(
  pem: string,
  nowMs: number,
): Pick<StoredCertificate, "fingerprint" | "x509" | "version" | "algorithmName"> {
  const der = derOf(pem);
  let x509: X509Certificate;
  let fields: CertificateFields;
  try {
    x509 = new X509Certificate(der);
    fields = readCertificate(der);
  } catch (cause) {
    throw unparsable(cause instanceof Error ? cause.message : "unknown form");
  }
  if (fields.version !== 3) throw refused(`it is X.509 version ${fields.version}, not 3`);
  if (!x509.ca) throw refused("its basic constraints do not say CA:true");
  if (x509.validToDate.getTime() < nowMs) throw refused("it is expired");
  return {
    fingerprint: createHash("sha1").update(der).digest("hex"),
    x509,
    version: fields.version,
    algorithmName: ALGORITHM_NAMES[fields.signatureAlgorithm] ?? fields.signatureAlgorithm,
  };
}

/** Throws a 422 for a certificate that cannot be ENABLED now. */
export function requireActivatable(x509: X509Certificate, nowMs: number): void {
  if (nowMs < x509.validFromDate.getTime() || nowMs > x509.validToDate.getTime()) {
    throw unprocessable(
      "Device Certificates",
      "Can not activate a certificate which is either expired or not yet valid",
    );
  }
}

function derOf(pem: string): Buffer {
  const blocks = pem.split("-----BEGIN CERTIFICATE-----").length - 1;
  if (blocks > 1) throw refused("there is more than one certificate");
  const armour = /^\s*-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----\s*$/.exec(pem);
  const base64 = (armour?.[1] ?? pem).replace(/\s/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    throw unparsable("it is neither PEM nor base64");
  }
  return Buffer.from(base64, "base64");
}

function unparsable(reason: string): Error {
  return refused(`Could not parse certificate: ${reason}`, "Cannot parse X509 certificate. : ");
}

/** The wording for certificates that parse and still do not fit is not documented; this one is the sandbox's. */
function refused(reason: string, lead = "Cannot add certificate - "): Error {
  return unprocessable("Device Certificates", `${lead}${reason}`);
}
