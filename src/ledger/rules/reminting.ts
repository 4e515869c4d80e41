import type { Subject } from "../../domain/certificate.ts";
import { foldId, type KeystoreAliases } from "../../domain/device.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { RemintDevice, Reminting } from "../reminting.ts";
import { damaged } from "./damaged.ts";
import type { Engine } from "./engine.ts";
import { requireLease } from "./require-lease.ts";
import { moveRefusal } from "./require-moved.ts";
import { reserveCertificates } from "./reserve-certificates.ts";
import type { RemintRow } from "./statements/reminting.ts";
import type { Statements } from "./statements.ts";

/** Replacing a device's certificate: a batch whose commit revokes the old ones. */
export function remintingRules({ read, write }: Engine): Reminting {
  return {
    remintDevices: (lot, externalIds) =>
      read(async (on) => {
        const asked = new Set(externalIds);
        const rows = await on.remintRows(lot, externalIds.map(foldId));
        return rows.filter(({ externalId }) => asked.has(externalId)).map(remintDevice);
      }),

    reserveRemint: (lease, { issuer, notBeforeMs, segment, devices, reason, register, push, keys }) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const externalIds = devices.map(({ externalId }) => externalId);
        if (new Set(externalIds).size < devices.length) {
          throw damaged(`a device of lot ${lease.lot} stands twice in one batch`);
        }
        const ids = await claim(on, lot, externalIds);
        const batch = await reserveCertificates(on, append, lease, lot, {
          issuer,
          notBeforeMs,
          segment,
          devices,
          ids,
          remint: reason,
          keys,
        });
        await on.addRemint(batch, { reason, register, push });
        return batch;
      }),

    openRemints: (lot) => read((on) => on.openRemintsOf(lot)),
    closeRemint: (lease, batch) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        if (await on.closeRemint(batch)) {
          append({ chain: lot, kind: "remint-done", subject: lease.lot, detail: { batch } });
        }
      }),
    countReworks: (lot) => read((on) => on.countReworks(lot)),
    subjectChanges: (lot, most) => read((on) => on.subjectChanges(lot, most)),
  };
}

/** The devices' row numbers; a revoked device takes its id back, unless another lot has it now. */
async function claim(on: Statements, lot: number, externalIds: readonly string[]): Promise<readonly number[]> {
  const found = new Map((await on.certifiedOf(lot, externalIds)).map((device) => [device.externalId, device]));
  const missing = externalIds.find((externalId) => !found.has(externalId));
  if (missing !== undefined) throw await moveRefusal(on, lot, missing, "minted");
  const ended = [...found.values()].filter(({ live }) => !live).map(({ id }) => id);
  const [other] = ended.length === 0 ? [] : await on.claimIds(ended);
  if (other !== undefined) {
    throw new OnboardingError(`device ${other.externalId} was revoked, and lot ${other.lot} has its id now`, {
      code: "usage",
    });
  }
  return externalIds.map((externalId) => found.get(externalId)?.id ?? 0);
}

function remintDevice(row: RemintRow): RemintDevice {
  return {
    externalId: row.externalId,
    line: row.line,
    subject: JSON.parse(row.subject) as Subject,
    replaces: row.serialNumber,
    lacksNewRequest: row.ownKey && !row.newRequest,
    ...(row.aliases === null ? {} : { aliases: JSON.parse(row.aliases) as KeystoreAliases }),
    ...(row.certificateRequest === null ? {} : { certificateRequest: row.certificateRequest }),
  };
}
