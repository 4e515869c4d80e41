import { isIssuedBy } from "../../x509/is-signed-by.ts";
import { describeCertificate } from "./describe-certificate.ts";
import type { InspectedEntry } from "./inspection.ts";

/**
 * DER certificates as they stand in a file: one chain where each is issued by the next, else an entry each,
 * of this kind. Throws `DerError` for what is no certificate.
 */
export function certificateEntries(
  certificates: readonly Buffer[],
  kind: "certificate" | "trusted" = "certificate",
): readonly InspectedEntry[] {
  if (certificates.length > 0 && isChain(certificates))
    return [{ kind: "certificate", chain: certificates.map(describeCertificate) }];
  return certificates.map((certificate) => ({ kind, chain: [describeCertificate(certificate)] }));
}

/** Whether each certificate is issued by the next: by its name and its key. */
function isChain(certificates: readonly Buffer[]): boolean {
  return certificates.every((own, index) => {
    const issuer = certificates[index + 1];
    return issuer === undefined || isIssuedBy(own, issuer);
  });
}

/** The leaf, then each issuer as far as `others` has it; none stands twice. */
export function chainFrom(leaf: Buffer, others: readonly Buffer[]): readonly Buffer[] {
  const chain = [leaf];
  const left = others.filter((other) => other !== leaf);
  for (let last = leaf; ; ) {
    const own = last;
    const index = isIssuedBy(own, own) ? -1 : left.findIndex((other) => isIssuedBy(own, other));
    const [issuer] = index < 0 ? [] : left.splice(index, 1);
    if (issuer === undefined) return chain;
    chain.push(issuer);
    last = issuer;
  }
}
