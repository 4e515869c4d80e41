import { DerError } from "../asn1/read-der.ts";
import { isoTime } from "../domain/iso-time.ts";
import { nounFor } from "../domain/noun-for.ts";
import { isSameName } from "./canonical-name.ts";
import { describeName } from "./distinguished-name.ts";
import { namesOf } from "./general-names.ts";
import { isSignedBy } from "./is-signed-by.ts";
import { brokenConstraint, nameConstraintsOf } from "./name-constraints.ts";
import { type CertificateFields, EXTENSION } from "./read-certificate.ts";
import { weakKey, weakSignature } from "./signature-strength.ts";

/** Why relying parties refuse a chain. */
export interface ChainProblem {
  /** Which certificate of the chain, from 0. */
  readonly at: number;
  readonly kind: "outline" | "authority" | "purpose" | "dates" | "link" | "strength" | "names";
  /** A clause that names the certificate, and the extension where there is one. */
  readonly message: string;
}

export interface ChainRules {
  readonly nowMs: number;
  /** `device`: the first certificate is a device's. `issuer`: it is a CA, and a device's is to come below it. */
  readonly begins: "device" | "issuer";
  /** `root`: the last one has to be self-signed. `trusted`: it is trusted as it is. */
  readonly ends: "root" | "trusted";
  /** Problems of other kinds are passed over; all count where this is left out. */
  readonly only?: readonly ChainProblem["kind"][];
}

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** Critical extensions that relying parties process; any other makes a certificate unusable (RFC 5280, 4.2). */
const PROCESSED: readonly string[] = [
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.nameConstraints,
  EXTENSION.certificatePolicies,
  EXTENSION.extendedKeyUsage,
  // crlDistributionPoints, policyMappings, policyConstraints, inhibitAnyPolicy, and Netscape's certificate type.
  "2.5.29.31",
  "2.5.29.33",
  "2.5.29.36",
  "2.5.29.54",
  "2.16.840.1.113730.1.1",
];

/**
 * Judges a chain as those do who are shown it, its anchor last: what `openssl verify -purpose sslclient
 * -auth_level 2` refuses is refused, for what it refuses it; -x509_strict is not asked for, so that an absent
 * keyUsage restricts nothing. Stricter in this: no extension stands twice, RSA keys have 2048 bits, and a root has
 * signed itself. Returns the first problem, undefined for a good chain; never throws.
 */
export function judgeChain(chain: readonly CertificateFields[], rules: ChainRules): ChainProblem | undefined {
  if (chain.length === 0) return { at: 0, kind: "outline", message: "its chain is empty" };
  for (const at of chain.keys()) {
    const problem = guarded(chain, at, () => judgeCertificate(chain, at, rules));
    if (problem !== undefined) return problem;
  }
  if (rules.only?.includes("names") === false) return undefined;
  for (const at of chain.keys()) {
    const problem = guarded(chain, at, () => judgeNames(chain, at, rules));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What relying parties take, and what its owner should know of: each a sentence. */
export function chainWarnings(chain: readonly CertificateFields[]): readonly string[] {
  return chain.flatMap((certificate) => [
    ...(certificate.basicConstraints === undefined
      ? [
          `${subjectName(certificate)} has no basicConstraints; it is taken as a root, but not every platform accepts it`,
        ]
      : []),
    ...(certificate.keyUsage === undefined
      ? [
          `${subjectName(certificate)} has no keyUsage, so its key may be used for everything; RFC 5280 wants keyCertSign`,
        ]
      : []),
  ]);
}

type Found = Omit<ChainProblem, "at"> | undefined;

function guarded(chain: readonly CertificateFields[], at: number, judge: () => Found): ChainProblem | undefined {
  try {
    const found = judge();
    return found && { at, ...found };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const serial = chain[at]?.serialNumber ?? "";
    return {
      at,
      kind: "outline",
      message: `the certificate with serial number ${serial} cannot be read (${error.message})`,
    };
  }
}

function judgeCertificate(chain: readonly CertificateFields[], at: number, rules: ChainRules): Found {
  const certificate = chain[at];
  if (certificate === undefined) return undefined;
  const isLast = at === chain.length - 1;
  const isDevice = at === 0 && rules.begins === "device";
  const counted = ({ kind }: { readonly kind: ChainProblem["kind"] }) => rules.only?.includes(kind) ?? true;
  const judges: readonly (() => Found)[] = [
    () => judgeOutline(certificate, chain.slice(0, at)),
    () => (isDevice ? judgeDevice(certificate) : judgeAuthority(certificate, isLast)),
    () => judgePurposes(certificate),
    () => judgeDates(certificate, rules.nowMs),
    () => judgePathLength(certificate, chain.slice(rules.begins === "device" ? 1 : 0, at)),
    () => judgeStrength(certificate, isLast),
    // A root is its own issuer.
    () => (isLast && rules.ends === "trusted" ? undefined : judgeLink(certificate, chain[at + 1] ?? certificate)),
  ];
  for (const judge of judges) {
    const found = judge();
    if (found !== undefined && counted(found)) return found;
  }
  return undefined;
}

function judgeOutline(certificate: CertificateFields, below: readonly CertificateFields[]): Found {
  const outline = (message: string): Found => ({ kind: "outline", message: `${subjectName(certificate)} ${message}` });
  if (below.some(({ raw }) => raw.equals(certificate.raw))) return outline("stands in its chain twice");
  const oids = certificate.extensions.map(({ oid }) => oid);
  if (new Set(oids).size < oids.length) return outline("holds an extension twice");
  const unknown = certificate.extensions.find(({ oid, critical }) => critical && !PROCESSED.includes(oid));
  return unknown && outline(`has the critical extension ${unknown.oid}, which relying parties do not know`);
}

function judgeAuthority(certificate: CertificateFields, isLast: boolean): Found {
  const { basicConstraints, keyUsage, version } = certificate;
  const authority = (message: string): Found => ({
    kind: "authority",
    message: `${subjectName(certificate)} ${message}`,
  });
  // A root of version 1, or with the right to sign, is known as one without basicConstraints.
  const isRoot = isLast && isSameName(certificate.subject, certificate.issuer);
  const isAnchor = isRoot && basicConstraints === undefined && (version === 1 || keyUsage !== undefined);
  if (basicConstraints?.ca !== true && !isAnchor)
    return authority("is not a CA certificate (basicConstraints CA:true)");
  if (keyUsage !== undefined && !keyUsage.includes("keyCertSign")) {
    return authority("may not sign certificates (keyUsage keyCertSign)");
  }
  return undefined;
}

/** A client signs with its key or agrees on one with it. */
function judgeDevice(certificate: CertificateFields): Found {
  const { keyUsage } = certificate;
  if (keyUsage === undefined || keyUsage.includes("digitalSignature") || keyUsage.includes("keyAgreement"))
    return undefined;
  const message = `${subjectName(certificate)} may not be used by a TLS client (keyUsage digitalSignature)`;
  return { kind: "purpose", message };
}

/** Purposes of a CA's certificate hold for all below it; anyExtendedKeyUsage does not stand for a TLS client with OpenSSL. */
function judgePurposes(certificate: CertificateFields): Found {
  const { extendedKeyUsage } = certificate;
  if (extendedKeyUsage === undefined || extendedKeyUsage.includes(CLIENT_AUTH)) return undefined;
  const message = `${subjectName(certificate)} may not be used for TLS clients: its extendedKeyUsage (extension ${EXTENSION.extendedKeyUsage}) lacks clientAuth`;
  return { kind: "purpose", message };
}

function judgeDates(certificate: CertificateFields, nowMs: number): Found {
  const { notBeforeMs, notAfterMs } = certificate;
  if (nowMs < notBeforeMs) {
    return { kind: "dates", message: `${subjectName(certificate)} is not valid before ${isoTime(notBeforeMs)}` };
  }
  // Inclusive to the second (RFC 5280, 4.1.2.5).
  if (nowMs < notAfterMs + 1000) return undefined;
  return { kind: "dates", message: `${subjectName(certificate)} expired at ${isoTime(notAfterMs)}` };
}

/** `below` are authorities. Self-issued certificates do not count (RFC 5280, 6.1.4 l). */
function judgePathLength(certificate: CertificateFields, below: readonly CertificateFields[]): Found {
  const limit = certificate.basicConstraints?.pathLength;
  if (limit === undefined) return undefined;
  const counted = below.filter(({ subject, issuer }) => !isSameName(subject, issuer)).length;
  if (counted <= limit) return undefined;
  const message = `${subjectName(certificate)} allows ${limit} ${nounFor(limit, "authority", "authorities")} below it, but there are ${counted}`;
  return { kind: "authority", message };
}

/** The anchor is trusted for its key, not for its own signature. */
function judgeStrength(certificate: CertificateFields, isLast: boolean): Found {
  const weak = weakKey(certificate) ?? (isLast ? undefined : weakSignature(certificate));
  return weak === undefined
    ? undefined
    : { kind: "strength", message: `${subjectName(certificate)} ${weak}; relying parties refuse it` };
}

function judgeLink(certificate: CertificateFields, issuer: CertificateFields): Found {
  const link = (message: string): Found => ({ kind: "link", message });
  if (!isSameName(certificate.issuer, issuer.subject)) {
    return link(
      certificate === issuer
        ? `its chain ends at ${subjectName(certificate)}, which is not self-signed; add the missing certificates up to the root`
        : `${subjectName(certificate)} was issued by ${describeName(certificate.issuer)}, but the chain goes on with ${subjectName(issuer)}`,
    );
  }
  const other = otherIssuer(certificate, issuer);
  if (other !== undefined) {
    return link(
      `${subjectName(certificate)} names another ${other} of its issuer than ${subjectName(issuer)} has (authorityKeyIdentifier, extension ${EXTENSION.authorityKeyId})`,
    );
  }
  if (isSignedBy(certificate.raw, issuer.raw)) return undefined;
  return link(`the signature on ${subjectName(certificate)} is not by ${subjectName(issuer)}`);
}

/** What of the authority key identifier does not fit: key, serial number and issuer, as far as they are there (RFC 5280, 4.2.1.1). */
function otherIssuer(certificate: CertificateFields, issuer: CertificateFields): "key" | "certificate" | undefined {
  const { authorityKeyId, authorityKeyIssuer, authorityKeySerial } = certificate;
  const { subjectKeyId } = issuer;
  if (authorityKeyId !== undefined && subjectKeyId !== undefined && !authorityKeyId.equals(subjectKeyId)) return "key";
  if (authorityKeySerial !== undefined && !authorityKeySerial.equals(issuer.serialOctets)) return "certificate";
  if (authorityKeyIssuer !== undefined && !isSameName(authorityKeyIssuer, issuer.issuer)) return "certificate";
  return undefined;
}

/** The constraints of all above hold, the anchor's included; self-issued CAs are free of them (RFC 5280, 6.1.3 b). */
function judgeNames(chain: readonly CertificateFields[], at: number, rules: ChainRules): Found {
  const certificate = chain[at];
  if (certificate === undefined) return undefined;
  // Constraints that cannot be read allow nothing.
  nameConstraintsOf(certificate);
  const isDevice = at === 0 && rules.begins === "device";
  if (!isDevice && isSameName(certificate.subject, certificate.issuer)) return undefined;
  const broken = breaksConstraints(certificate, chain.slice(at + 1), isDevice);
  return broken === undefined ? undefined : { kind: "names", message: `${subjectName(certificate)} ${broken}` };
}

/**
 * Which name constraint of the authorities above a certificate breaks, in a clause that names the extension;
 * undefined where none. Throws `DerError` for names or constraints that cannot be read.
 */
export function breaksConstraints(
  certificate: Pick<CertificateFields, "subject" | "extensions">,
  above: readonly CertificateFields[],
  isDevice: boolean,
): string | undefined {
  for (const authority of above) {
    const constraints = nameConstraintsOf(authority);
    if (constraints === undefined) continue;
    const broken = brokenConstraint(namesOf(certificate, isDevice), constraints);
    if (broken !== undefined) {
      return `has the ${broken} by ${subjectName(authority)} (nameConstraints, extension ${EXTENSION.nameConstraints})`;
    }
  }
  return undefined;
}

function subjectName(certificate: CertificateFields): string {
  return describeName(certificate.subject);
}
