import { subjectConstraintProblem } from "../authority/constrained-names.ts";
import type { Device } from "../domain/device.ts";
import type { RejectedRow } from "../domain/plan.ts";
import type { CheckedRows } from "../manifest/rows-to-devices.ts";
import type { CertificateFields } from "../x509/read-certificate.ts";

/** Rejects the rows whose certificate relying parties would refuse for a name constraint of the authorities above it. */
export async function* checkNames(
  rows: AsyncIterable<CheckedRows>,
  constraining: readonly CertificateFields[],
): AsyncGenerator<CheckedRows> {
  for await (const checked of rows) {
    if (constraining.length === 0) {
      yield checked;
      continue;
    }
    const devices: Device[] = [];
    const rejected: RejectedRow[] = [...checked.rejected];
    for (const device of checked.devices) {
      const { line, externalId, cells } = device;
      const message = subjectConstraintProblem(device.subject, constraining);
      if (message === undefined) devices.push(device);
      else rejected.push({ problem: { line, field: "", message }, externalId, cells });
    }
    yield { devices, rejected };
  }
}
