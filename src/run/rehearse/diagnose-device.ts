import { createHash } from "node:crypto";
import { isoTime } from "../../domain/iso-time.ts";
import type { Stage } from "../../domain/stage.ts";
import type { TrustedCertificate } from "../../platform/platform.ts";
import { isIssuedBy } from "../../x509/is-signed-by.ts";
import { judgeChain } from "../../x509/judge-chain.ts";
import { commonNameOf } from "../../x509/name-der.ts";
import { readCertificate } from "../../x509/read-certificate.ts";

/** The part that a certificate has in its device being refused; "none": it does not explain it. */
export type CertificatePart =
  | "keystore"
  | "truststore"
  | "name"
  | "expiry"
  | "chain"
  | "revocation"
  | "registration"
  | "none";

export interface Finding {
  readonly part: CertificatePart;
  /** A sentence without a full stop; what to do about it, where there is something. */
  readonly words: string;
}

/** What is known of a device that was refused. */
export interface Evidence {
  readonly externalId: string;
  /** DER, its own certificate first. */
  readonly chain: readonly Buffer[];
  readonly stage: Stage;
  readonly issuer: string;
  readonly nowMs: number;
  /** What the endpoints said: status, return code or alert. */
  readonly codes: readonly string[];
  /** What the platform's own lists say; absent without a login. */
  readonly platform?: PlatformView | undefined;
}

export interface PlatformView {
  readonly tenant: string;
  /** undefined: the list may not be read. */
  readonly trusted: readonly TrustedCertificate[] | undefined;
  readonly revoked: ReadonlySet<string> | undefined;
  /** Whether the platform looks into its revocation list; undefined: not known. */
  readonly checksRevocation: boolean | undefined;
  readonly hasUser: boolean | undefined;
  readonly hasExternalId: boolean | undefined;
  readonly idType: string;
}

const MAX_CHAIN = 10;
/** All but dates, which are told one by one. */
const ACCEPTANCE = ["outline", "authority", "purpose", "link", "strength", "names"] as const;

/**
 * Everything about the certificate that explains why the platform turned its device away, in the order in
 * which it is to be corrected. Never empty: where nothing explains it, it says so.
 */
export function diagnoseDevice(evidence: Evidence): readonly Finding[] {
  const findings = [
    ...judgeName(evidence),
    ...judgeTimes(evidence),
    ...chainFindings(evidence),
    ...judgeTrust(evidence),
    ...judgeRevocation(evidence),
    ...judgeRegistration(evidence),
  ];
  return findings.length > 0 ? findings : [guess(evidence)];
}

function chainFindings(evidence: Evidence): Finding[] {
  const broken = judgeLinks(evidence.chain);
  return broken.length > 0 ? broken : judgeAcceptance(evidence);
}

function judgeName({ externalId, chain: [leaf] }: Evidence): Finding[] {
  const name = leaf === undefined ? undefined : commonNameOf(readCertificate(leaf).subject);
  if (name === externalId) return [];
  const found = name === undefined ? "has no common name" : `is for ${name}`;
  return [{ part: "name", words: `its certificate ${found}; the client id must equal the common name` }];
}

function judgeTimes({ chain, nowMs }: Evidence): Finding[] {
  return chain.flatMap((octets, index): Finding[] => {
    const { notBeforeMs, notAfterMs, subject } = readCertificate(octets);
    const whose = whoseCertificate(index, subject);
    if (nowMs > notAfterMs) return [{ part: "expiry", words: `${whose} expired on ${isoTime(notAfterMs)}` }];
    if (nowMs >= notBeforeMs) return [];
    return [
      { part: "expiry", words: `${whose} is valid only from ${isoTime(notBeforeMs)}; check this machine's clock` },
    ];
  });
}

function whoseCertificate(index: number, subject: Buffer): string {
  return index === 0 ? "its certificate" : `the certificate of ${commonNameOf(subject) ?? "an authority"} above it`;
}

/** Each certificate is signed by the next, and the platform takes so many. */
function judgeLinks(chain: readonly Buffer[]): Finding[] {
  if (chain.length > MAX_CHAIN) {
    return [
      { part: "chain", words: `its chain has ${chain.length} certificates, and the platform takes ${MAX_CHAIN}` },
    ];
  }
  for (const [index, issuer] of chain.entries()) {
    const subject = chain[index - 1];
    if (subject === undefined) continue;
    if (!isIssuedBy(subject, issuer)) {
      return [{ part: "chain", words: `certificate ${index} of its chain is not signed by the next one` }];
    }
  }
  return [];
}

/** What relying parties refuse about it besides: purposes, constraints, strength, critical extensions. */
function judgeAcceptance({ chain, platform, nowMs }: Evidence): Finding[] {
  const certificates = chain.map(readCertificate);
  const enabled = (platform?.trusted ?? []).filter(({ status }) => status === "ENABLED");
  const anchor = chain.findIndex((octets, index) => index > 0 && trustedOf([octets], enabled).length > 0);
  const judged = anchor < 0 ? certificates : certificates.slice(0, anchor + 1);
  const last = judged.at(-1);
  // Above what the platform trusts nothing counts; a chain without its root is judged as far as it goes.
  const ends = anchor < 0 && last?.issuer.equals(last.subject) === true ? "root" : "trusted";
  const problem = judgeChain(judged, { nowMs, begins: "device", ends, only: ACCEPTANCE });
  return problem === undefined ? [] : [{ part: "chain", words: `its chain is refused: ${problem.message}` }];
}

function judgeTrust({ chain, issuer, platform, nowMs }: Evidence): Finding[] {
  if (platform?.trusted === undefined) return [];
  const inChain = trustedOf(chain, platform.trusted);
  const upload = `run \`lotmint authority upload ${issuer}\``;
  const chainFinding = (words: string): Finding[] => [{ part: "chain", words }];
  if (inChain.length === 0)
    return chainFinding(`tenant ${platform.tenant} trusts no certificate of its chain: ${upload}`);
  const enabled = inChain.filter(({ status }) => status === "ENABLED");
  if (enabled.length === 0) {
    return chainFinding(
      `the trusted certificate of its chain is disabled in tenant ${platform.tenant}: enable it there`,
    );
  }
  const usable = enabled.filter(({ notAfter }) => notAfter === undefined || !(Date.parse(notAfter) <= nowMs));
  if (usable.length === 0) {
    return chainFinding(
      `the certificate of its chain that tenant ${platform.tenant} trusts has expired: renew it and ${upload}`,
    );
  }
  return [];
}

function trustedOf(chain: readonly Buffer[], trusted: readonly TrustedCertificate[]): readonly TrustedCertificate[] {
  const fingerprints = chain.map((octets) => createHash("sha1").update(octets).digest("hex"));
  return trusted.filter(({ fingerprint }) => fingerprints.includes(fingerprint));
}

function judgeRevocation({ chain, stage, platform }: Evidence): Finding[] {
  const findings: Finding[] = [];
  if (stage === "revoked") findings.push({ part: "revocation", words: "its certificate is revoked, says the ledger" });
  if (platform?.revoked === undefined || platform.checksRevocation === false) return findings;
  for (const [index, octets] of chain.entries()) {
    const { serialNumber, subject } = readCertificate(octets);
    if (!platform.revoked.has(serialNumber.replace(/^0+(?=.)/, ""))) continue;
    const whose = whoseCertificate(index, subject);
    findings.push({ part: "revocation", words: `${whose} is on the platform's revocation list` });
  }
  return findings;
}

function judgeRegistration({ externalId, chain, stage, platform }: Evidence): Finding[] {
  if (platform === undefined) return [];
  const registration = (words: string): Finding[] => [{ part: "registration", words }];
  if (platform.hasUser === false) {
    const enabled = trustedOf(chain, platform.trusted ?? []).filter(({ status }) => status === "ENABLED");
    if (enabled.some(({ autoRegistrationEnabled }) => autoRegistrationEnabled)) return [];
    const known = stage === "confirmed" ? "although it was confirmed" : `its stage is ${stage}`;
    const off = platform.trusted === undefined ? "" : ", and auto registration is off";
    return registration(
      `tenant ${platform.tenant} has no user device_${externalId} (${known})${off}: register it with \`lotmint submit\``,
    );
  }
  if (platform.hasExternalId === false && stage === "confirmed") {
    return registration(
      `tenant ${platform.tenant} does not have ${externalId} as ${platform.idType}: its device was deleted there`,
    );
  }
  return [];
}

/** What the answers suggest where nothing could be looked up, or nothing that was looked up explains them. */
function guess({ codes, platform, issuer }: Evidence): Finding {
  if (platform?.trusted === undefined) {
    const overChain = codes.some((code) =>
      ["401", "unknown CA", "certificate unknown", "bad certificate"].includes(code),
    );
    const look = "the platform's trusted certificates could not be looked up";
    if (overChain)
      return { part: "chain", words: `it does not accept the chain; ${look}: check that it trusts ${issuer}` };
    if (codes.includes("422")) return { part: "registration", words: `it is not registered; ${look}` };
  }
  if (codes.includes("404")) return { part: "none", words: "the token endpoint is switched off or is not there" };
  return { part: "none", words: "nothing about its certificate explains it" };
}
