import { isoTime } from "../domain/iso-time.ts";
import { isIssuedBy } from "../x509/is-signed-by.ts";
import { judgeChain } from "../x509/judge-chain.ts";
import { commonNameOf } from "../x509/name-der.ts";
import { type CertificateFields, readCertificate } from "../x509/read-certificate.ts";
import type { Difference } from "./difference.ts";

const UNSIGNED = "is not signed by the next one";
/** All but dates, which are told one by one. */
const JUDGED = ["outline", "authority", "purpose", "link", "strength", "names"] as const;

/**
 * Checks the issuing chain of a lot, issuer first and trust anchor last: names, signatures, that each
 * may sign, that none has expired, and that relying parties accept a device below it (`judgeChain`). What a chain
 * like this does not verify, no device below it can.
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
  const certificates = chain.map(readCertificate);
  const last = certificates.at(-1);
  const endsAtRoot = last?.issuer.equals(last.subject) === true;
  for (const [index, octets] of chain.entries()) {
    const fields = certificates[index] ?? readCertificate(octets);
    // The anchor signs itself, where it is a root; a partial chain may end below one.
    const issuerOctets = chain[index + 1] ?? (endsAtRoot ? octets : undefined);
    const name = nameAt(index, fields);
    if (nowMs > fields.notAfterMs) tell(`${name} has expired`, undefined, isoTime(fields.notAfterMs));
    if (nowMs < fields.notBeforeMs) tell(`${name} is not valid yet`, undefined, isoTime(fields.notBeforeMs));
    if (issuerOctets !== undefined && !isIssuedBy(octets, issuerOctets)) tell(`${name} ${UNSIGNED}`);
  }
  // A chain with a link missing is not judged any further; dates have been told.
  if (chain.length === 0 || differences.some(({ what }) => what.endsWith(UNSIGNED))) return differences;
  const ends = endsAtRoot ? "root" : "trusted";
  const problem = judgeChain(certificates, { nowMs, begins: "issuer", ends, only: JUDGED });
  const judged = problem && certificates[problem.at];
  if (judged !== undefined) {
    tell(`relying parties refuse ${nameAt(problem?.at ?? 0, judged)}: ${problem?.message}`);
  }
  return differences;
}

function nameAt(index: number, { subject, serialNumber }: CertificateFields): string {
  return `certificate ${index + 1} of the issuing chain (${commonNameOf(subject) ?? serialNumber})`;
}
