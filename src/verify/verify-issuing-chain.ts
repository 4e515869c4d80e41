import { X509Certificate } from "node:crypto";
import { isoTime } from "../domain/iso-time.ts";
import { isIssuedBy } from "../x509/is-signed-by.ts";
import { commonNameOf } from "../x509/name-der.ts";
import { readCertificate } from "../x509/read-certificate.ts";
import type { Difference } from "./difference.ts";

/**
 * Checks the issuing chain of a lot, issuer first and trust anchor last: names, signatures, that each
 * may sign, and that none has expired. What a chain like this does not verify, no device below it can.
 */
export function verifyIssuingChain(chain: readonly Buffer[], nowMs: number): readonly Difference[] {
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
    const name = `certificate ${index + 1} of the issuing chain (${commonNameOf(fields.subject) ?? fields.serialNumber})`;
    if (!certificate.ca) tell(`${name} may not sign certificates`);
    if (nowMs > fields.notAfterMs) tell(`${name} has expired`, undefined, isoTime(fields.notAfterMs));
    if (nowMs < fields.notBeforeMs) tell(`${name} is not valid yet`, undefined, isoTime(fields.notBeforeMs));
    if (issuerOctets !== undefined && !isIssuedBy(octets, issuerOctets)) tell(`${name} is not signed by the next one`);
  }
  return differences;
}
