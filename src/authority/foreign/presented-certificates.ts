import { hash, type X509Certificate } from "node:crypto";
import { DerError } from "../../asn1/read-der.ts";
import { OnboardingError } from "../../domain/error.ts";
import { isoTime } from "../../domain/iso-time.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import { writePem } from "../../x509/pem.ts";
import { type CertificateFields, readCertificate } from "../../x509/read-certificate.ts";
import { isAuthority } from "./certificates-to-trust.ts";

/** One of the certificates that a server presented, for people and for pinning. */
export interface PresentedCertificate {
  /** As text. */
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Of the certificate, lower-case hex. */
  readonly sha256: string;
  /** True: it may sign others. */
  readonly authority: boolean;
  readonly selfSigned: boolean;
  readonly pem: string;
}

/**
 * Reads what a server presented, its own certificate first, and proves that each is signed by the next and valid
 * now. `server` names it in messages. Throws `platform-refused`: what it presents is not to be believed.
 */
export function readPresented(
  server: string,
  chain: readonly X509Certificate[],
  nowMs: number,
): readonly PresentedCertificate[] {
  const read = chain.map((certificate) => ({ certificate, fields: fieldsOf(server, certificate) }));
  for (const [index, { certificate, fields }] of read.entries()) {
    const subjectName = nameOf(fields.subject);
    if (nowMs < fields.notBeforeMs || nowMs >= fields.notAfterMs + 1000) {
      const dates = `valid from ${isoTime(fields.notBeforeMs)} to ${isoTime(fields.notAfterMs)}`;
      throw refused(
        server,
        `its certificate ${subjectName} is not valid now (${dates}); check this machine's clock too`,
      );
    }
    const next = read[index + 1];
    if (next === undefined) continue;
    if (!fields.issuer.equals(next.fields.subject) || !certificate.verify(next.certificate.publicKey)) {
      throw refused(server, `its certificate ${subjectName} is not signed by the next, ${nameOf(next.fields.subject)}`);
    }
  }
  return read.map(({ fields }) => ({
    subject: nameOf(fields.subject),
    issuer: nameOf(fields.issuer),
    notBefore: isoTime(fields.notBeforeMs),
    notAfter: isoTime(fields.notAfterMs),
    sha256: hash("sha256", fields.raw),
    authority: isAuthority(fields),
    selfSigned: fields.issuer.equals(fields.subject),
    pem: writePem("CERTIFICATE", fields.raw),
  }));
}

/**
 * Which of them shall be trusted: the authorities' certificates, or with `leaf` the server's own. Throws
 * `platform-refused` when it presents no authority's, and when it does not present the one that `fingerprint`
 * (SHA-256, lower-case hex) says.
 */
export function choosePinned(
  server: string,
  presented: readonly PresentedCertificate[],
  wanted: { readonly leaf: boolean; readonly fingerprint: string | undefined },
): readonly PresentedCertificate[] {
  const { leaf, fingerprint } = wanted;
  if (fingerprint !== undefined && !presented.some(({ sha256 }) => sha256 === fingerprint)) {
    throw refused(
      server,
      "it presents no certificate with that fingerprint: it is not the server that was meant, or it has a new certificate",
    );
  }
  const pinned = leaf ? presented.slice(0, 1) : presented.filter(({ authority }) => authority);
  if (pinned.length > 0) return pinned;
  throw refused(
    server,
    "it presents its own certificate only, and no CA's; name the CA's file in the job's truststore, or pin the server's own certificate with --leaf, which is good until it gets a new one",
  );
}

/** A fingerprint as it was typed: SHA-256 in hex, with or without colons; undefined for anything else. */
export function parseFingerprint(text: string): string | undefined {
  const hex = text.replaceAll(":", "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
}

/** A name as text, from a server that is not verified yet: it must not hold terminal control characters. */
function nameOf(raw: Buffer): string {
  return describeName(raw).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

function fieldsOf(server: string, certificate: X509Certificate): CertificateFields {
  try {
    return readCertificate(certificate.raw);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw refused(server, "it presents a certificate that cannot be read", cause);
  }
}

function refused(server: string, problem: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`nothing was pinned for ${server}: ${problem}`, { code: "platform-refused", cause });
}
