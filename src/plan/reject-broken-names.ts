import { subjectConstraintProblem } from "../authority/constrained-names.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotLease } from "../ledger/locks.ts";
import type { PlannedDevice } from "../ledger/minting.ts";
import type { CertificateFields } from "../x509/read-certificate.ts";

/**
 * Rejects planned devices whose certificate relying parties would refuse for a name constraint of the authorities
 * above: their rows were planned by a lotmint that asked for less, or for another issuer. Gives the others.
 */
export async function rejectBrokenNames<Planned extends PlannedDevice>(
  ledger: Pick<Ledger, "rejectDevices">,
  lease: LotLease,
  planned: readonly Planned[],
  constraining: readonly CertificateFields[],
): Promise<readonly Planned[]> {
  if (constraining.length === 0) return planned;
  const rejects = planned.flatMap(({ externalId, subject }) => {
    const reason = subjectConstraintProblem(subject, constraining);
    return reason === undefined ? [] : [{ externalId, reason }];
  });
  if (rejects.length === 0) return planned;
  await ledger.rejectDevices(lease, rejects);
  const broken = new Set(rejects.map(({ externalId }) => externalId));
  return planned.filter(({ externalId }) => !broken.has(externalId));
}
