import { X509Certificate } from "node:crypto";
import { DerError } from "../../asn1/read-der.ts";
import { findPaths } from "../../x509/find-paths.ts";
import { type ChainProblem, judgeChain } from "../../x509/judge-chain.ts";
import { type CertificateFields, readCertificate } from "../../x509/read-certificate.ts";
import type { SandboxState } from "../sandbox-state.ts";
import type { StoredCertificate } from "../trust/stored-certificate.ts";

/** Certificates from the device to the anchor, both counted. */
const MAX_CHAIN = 10;
/** The option that makes the platform look into its own revocation list; off unless set. */
const OFFLINE_CHECK = "configuration/crl.offline.check.enabled";

export type PathProblem = "not trusted" | "disabled" | "expired" | "not accepted" | "revoked";

/**
 * The trusted certificate that a device's certificate leads to, or why none does: it has to be ENABLED, among the
 * certificates presented unless it is the device's own issuer, and the way to it has to be one that relying parties
 * accept. Every way is tried; where none will do, the first one's fault is told.
 */
export function findTrusted(
  state: SandboxState,
  leaf: CertificateFields,
  presented: readonly X509Certificate[],
): StoredCertificate | PathProblem {
  const trusted = [...state.certificates.values()];
  const shown = presented.flatMap(({ raw }) => readable(raw));
  const anchorOf = ({ raw }: CertificateFields) => trusted.find(({ x509 }) => x509.raw.equals(raw));
  const paths = findPaths(leaf, {
    candidates: [...trusted.flatMap(({ x509 }) => readable(x509.raw)), ...shown],
    isAnchor: (certificate) => certificate !== leaf && anchorOf(certificate) !== undefined,
    maxLength: MAX_CHAIN,
  });
  let fault: PathProblem | undefined;
  for (const path of paths) {
    const last = path.at(-1) ?? leaf;
    const anchor = anchorOf(last);
    if (anchor === undefined) continue;
    const isShown = path.length === 2 || shown.some(({ raw }) => raw.equals(last.raw));
    const found = isShown ? judgePath(state, path, anchor) : "not trusted";
    if (found === undefined) return anchor;
    fault ??= found;
  }
  return fault ?? "not trusted";
}

function judgePath(
  state: SandboxState,
  path: readonly CertificateFields[],
  anchor: StoredCertificate,
): PathProblem | undefined {
  if (anchor.status !== "ENABLED") return "disabled";
  const problem = judgeChain(path, { nowMs: state.nowMs(), begins: "device", ends: "trusted" });
  if (problem !== undefined) return faultOf(problem);
  const checks = state.options.get(OFFLINE_CHECK) === "true";
  return checks && path.some((certificate) => isRevoked(state, certificate)) ? "revoked" : undefined;
}

function faultOf({ kind }: ChainProblem): PathProblem {
  if (kind === "dates") return "expired";
  return kind === "link" || kind === "authority" ? "not trusted" : "not accepted";
}

/** The serial number alone is the key: the list names no issuers. */
function isRevoked(state: SandboxState, { raw }: CertificateFields): boolean {
  const { serialNumber } = new X509Certificate(raw);
  return state.revocations.has(serialNumber.toLowerCase().replace(/^0+(?=.)/, ""));
}

/** Nothing for a certificate that cannot be read: it leads nowhere. */
function readable(raw: Buffer): CertificateFields[] {
  try {
    return [readCertificate(raw)];
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}
