import { X509Certificate } from "node:crypto";
import type { Difference } from "./difference.ts";
import { readCertificate } from "./read-certificate.ts";

/**
 * Checks the issuing chain of a lot, issuer first and trust anchor last: names, signatures, that each
 * may sign, and that none has expired. What a chain like this does not verify, no device below it can.
 */
export function verifyChain(chain: readonly Buffer[], nowMs: number): readonly Difference[] {
  const differences: Difference[] = [];
  const tell = (what: string, expected?: string, found?: string) =>
    differences.push({
      externalId: "",
      what,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    });
  if (chain.length === 0) tell("the issuer has no chain");
  for (const [index, octets] of chain.entries()) {
    const certificate = new X509Certificate(octets);
    const fields = readCertificate(octets);
    // The anchor signs itself, where it is a root; a partial chain may end below one.
    const issuerOctets = chain[index + 1] ?? (fields.issuer.equals(fields.subject) ? octets : undefined);
    const name = `certificate ${index + 1} of the issuing chain (${fields.commonName ?? fields.serialNumber})`;
    if (!certificate.ca) tell(`${name} may not sign certificates`);
    if (nowMs > fields.notAfterMs) tell(`${name} has expired`, undefined, iso(fields.notAfterMs));
    if (nowMs < fields.notBeforeMs) tell(`${name} is not valid yet`, undefined, iso(fields.notBeforeMs));
    if (issuerOctets !== undefined && !isSignedBy(octets, issuerOctets)) tell(`${name} is not signed by the next one`);
  }
  return differences;
}

/** True when names and signature say that `issuer` signed `subject` (RFC 5280, 6.1.3). */
export function isSignedBy(subject: Buffer, issuer: Buffer): boolean {
  if (!readCertificate(subject).issuer.equals(readCertificate(issuer).subject)) return false;
  return new X509Certificate(subject).verify(new X509Certificate(issuer).publicKey);
}

/** ISO 8601 in whole seconds, UTC. */
export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
