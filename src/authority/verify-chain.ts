import { judgeChain } from "../x509/judge-chain.ts";
import type { CertificateFields } from "../x509/read-certificate.ts";
import { unusableAuthority } from "./stored-authority.ts";

/**
 * Proves that the first certificate may sign leaves at `nowMs`, that those who are shown such a leaf accept it, and
 * that it leads link by link to a self-signed anchor, the last one (`judgeChain`). `name` is the authority's, for
 * messages. Each error is `issuer-unusable`.
 */
export function verifyChain(name: string, chain: readonly CertificateFields[], nowMs: number): void {
  const problem = judgeChain(chain, { nowMs, begins: "issuer", ends: "root" });
  if (problem !== undefined) throw unusableAuthority(name, problem.message);
}

/** As `verifyChain`, but for signing revocation lists: only a chain that is broken or not valid now is refused. */
export function verifyChainLinks(name: string, chain: readonly CertificateFields[], nowMs: number): void {
  const problem = judgeChain(chain, { nowMs, begins: "issuer", ends: "root", only: ["dates", "link"] });
  if (problem !== undefined) throw unusableAuthority(name, problem.message);
}

/** Throws `issuer-unusable` where a device under this chain would make it longer than the site allows. */
export function checkChainLength(name: string, length: number, maxChain: number): void {
  if (length + 1 <= maxChain) return;
  throw unusableAuthority(
    name,
    `a device's chain would have ${length + 1} certificates, but maxChain allows ${maxChain}`,
  );
}
