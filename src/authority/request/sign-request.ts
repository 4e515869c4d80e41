import { createHash, createPublicKey } from "node:crypto";
import { join } from "node:path";
import { announceStep } from "../../disk/announce-step.ts";
import { ensureFolder, PRIVATE_FOLDER, replaceFile, SHARED_FILE } from "../../disk/durable.ts";
import { authorityLayout, type Home } from "../../disk/layout.ts";
import type { Validity } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import { writePem } from "../../x509/pem.ts";
import { type CertificateFields, readCertificate } from "../../x509/read-certificate.ts";
import { newSerialNumber } from "../../x509/serial-number.ts";
import { keyIdOf } from "../../x509/subject-public-key.ts";
import { type AuthorityRequest, authorityPathLength, authorityValidity } from "../authority-limits.ts";
import { refuseConstrainedName } from "../constrained-names.ts";
import type { SerialRecorder } from "../create-authority.ts";
import { describeKey, keyAlgorithmOf } from "../key-algorithm.ts";
import type { LoadedIssuer } from "../load-authority.ts";
import { signAuthorityCertificate } from "../sign-authority-certificate.ts";
import { openSigner } from "../signer.ts";
import { digests } from "../stored-authority.ts";
import type { CertificateRequest } from "./read-pkcs10.ts";

export interface SignRequestOptions extends Pick<AuthorityRequest, "validity" | "pathLength" | "maxChain" | "nowMs"> {
  readonly request: CertificateRequest;
  readonly issuer: LoadedIssuer;
}

export interface SignedRequest {
  readonly certificate: CertificateFields;
  /** The certificate and its chain, anchor included. */
  readonly pem: string;
  /** Where a copy of the certificate is kept. */
  readonly path: string;
}

/**
 * Signs an intermediate whose key lives elsewhere, under a serial number that is reserved before. A copy
 * is kept with the issuer before it is recorded, so that no certificate leaves that cannot be shown
 * again. Errors: `usage` for a request that cannot be signed, `issuer-unusable` where the issuer does not
 * allow it, `disk-unwritable`.
 */
export async function signRequest(
  home: Home,
  record: SerialRecorder,
  options: SignRequestOptions,
): Promise<SignedRequest> {
  const { request, issuer } = options;
  const above = readCertificate(issuer.certificateDer);
  const subject = requestedSubject(request, above, issuer.name);
  checkRequestedKey(request, above);
  refuseConstrainedName(request.subject, issuer);
  const limits = { ...options, name: subject };
  const pathLength = authorityPathLength(limits);
  const validity = authorityValidity(limits);

  const signer = openSigner(issuer.signer);
  const serialNumber = newSerialNumber();
  await record.reserveSerial({ serialNumber, issuer: issuer.name, subject });
  announceStep("serial-reserved");
  let der: Buffer;
  let path: string;
  try {
    der = signAuthorityCertificate(
      {
        serialNumber,
        issuer: above.subject,
        subject: request.subject,
        spki: request.spki,
        validity,
        pathLength,
        authorityKeyId: above.subjectKeyId ?? keyIdOf(above.spki),
      },
      signer,
    );
    path = keepCertificate(home, issuer.name, serialNumber, der);
  } catch (error) {
    await record.abandonSerial(serialNumber).catch(() => undefined);
    throw error;
  }
  announceStep("certificate-kept");
  await record.recordCertificate(issuedAs(serialNumber, der, request.spki, validity));
  return { certificate: readCertificate(der), pem: writePem("CERTIFICATE", der) + issuer.chainPem, path };
}

/** The file in which a certificate that an authority signed for another organisation is kept. */
function keepCertificate(home: Home, issuer: string, serialNumber: string, der: Buffer): string {
  const folder = authorityLayout(home, issuer).issued;
  const path = join(folder, `${serialNumber}.pem`);
  ensureFolder(folder, PRIVATE_FOLDER);
  replaceFile(path, writePem("CERTIFICATE", der), SHARED_FILE);
  return path;
}

function issuedAs(serialNumber: string, der: Buffer, spki: Buffer, { notAfterMs }: Validity) {
  return {
    serialNumber,
    notAfterMs,
    sha256: digests(der).sha256,
    publicKeySha256: createHash("sha256").update(spki).digest("hex"),
  };
}

/** The subject as text. The certificate takes it over octet by octet, so that the other organisation finds its own name again. */
function requestedSubject({ subject }: CertificateRequest, issuer: CertificateFields, issuerName: string): string {
  let subjectName: string;
  try {
    subjectName = describeName(subject);
  } catch (cause) {
    throw usage("its subject cannot be read", cause);
  }
  if (subjectName === "") throw usage("it names no subject");
  if (subject.equals(issuer.subject)) throw usage(`it has the same subject as its issuer ${issuerName}`);
  return subjectName;
}

function checkRequestedKey({ spki }: CertificateRequest, issuer: CertificateFields): void {
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  if (keyAlgorithmOf(publicKey) === undefined) {
    throw usage(
      `its key is ${describeKey(publicKey)}; an authority's key is EC P-256 or P-384, or RSA with 2048, 3072 or 4096 bits`,
    );
  }
  if (spki.equals(issuer.spki)) throw usage("its key is the issuer's own");
}

function usage(problem: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`the request cannot be signed: ${problem}; have a new one made`, { code: "usage", cause });
}
