import { readNames } from "../../x509/read-certificate.ts";
import { describeCertificate } from "./describe-certificate.ts";
import type { InspectedEntry } from "./inspection.ts";

/**
 * DER certificates as they stand in a file: one chain where each is issued by the next, by its names, else an entry each,
 * of this kind. Throws `DerError` for what is no certificate.
 */
export function certificateEntries(
  certificates: readonly Buffer[],
  kind: "certificate" | "trusted" = "certificate",
): readonly InspectedEntry[] {
  if (isChain(certificates)) return [{ kind: "certificate", chain: certificates.map(describeCertificate) }];
  return certificates.map((certificate) => ({ kind, chain: [describeCertificate(certificate)] }));
}

/** Whether each certificate is issued by the next, by their names. */
export function isChain(certificates: readonly Buffer[]): boolean {
  const names = certificates.map(readNames);
  return names.every((own, index) => {
    const issuer = names[index + 1];
    return issuer === undefined || own.issuer.equals(issuer.subject);
  });
}

/** The leaf, then each issuer as far as `others` has it; none stands twice. */
export function chainFrom(leaf: Buffer, others: readonly Buffer[]): readonly Buffer[] {
  const chain = [leaf];
  const left = new Map(
    others.filter((other) => !other.equals(leaf)).map((other) => [readNames(other).subject.toString("hex"), other]),
  );
  for (let issuer: Buffer | undefined = leaf; issuer !== undefined; ) {
    const name: string = readNames(issuer).issuer.toString("hex");
    issuer = left.get(name);
    if (issuer === undefined) break;
    left.delete(name);
    chain.push(issuer);
  }
  return chain;
}
