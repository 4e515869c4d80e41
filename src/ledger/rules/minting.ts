import { segmentName } from "../../disk/layout.ts";
import type { Subject } from "../../domain/certificate.ts";
import type { KeystoreAliases } from "../../domain/device.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { LotLease } from "../locks.ts";
import type { ClaimedDevice, Minting, PlannedDevice } from "../minting.ts";
import { damaged } from "./damaged.ts";
import type { Engine } from "./engine.ts";
import { digestLines } from "./event-digest.ts";
import { refuseRepeated } from "./key-pool.ts";
import { requireLease } from "./require-lease.ts";
import { requireMoved } from "./require-moved.ts";
import { reserveCertificates } from "./reserve-certificates.ts";
import type { BatchState, PlannedRow } from "./statements/minting.ts";
import type { Statements } from "./statements.ts";

/** A batch's way: reserved, then minted and placed, or void. */
export function mintingRules({ read, write }: Engine): Minting {
  return {
    plannedSample: (lot) =>
      read(async (on) => {
        const row = await on.firstPlanned(lot);
        return row && plannedDevice(row);
      }),

    claimBatch: (lease, { issuer, serialNumbers, segment: part, keys }) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const rows = await on.claimPlanned(lot, serialNumbers.length);
        if (rows.length === 0) return undefined;
        const devices = rows.map((row, index): ClaimedDevice => {
          return { ...plannedDevice(row), serialNumber: serialNumbers[index] ?? "" };
        });
        const ids = rows.map((row) => row.id);
        const segment = rows.every((row) => row.certificateRequest !== null) ? undefined : part;
        const wanted = rows.filter((row) => row.certificateRequest === null).length;
        const claim = keys === undefined ? undefined : { ...keys, wanted };
        const batch = await reserveCertificates(on, append, lease, lot, { issuer, segment, devices, ids, keys: claim });
        return { batch, devices, ...(segment !== undefined && { segment: segmentName(batch, segment) }) };
      }),

    reserveBatch: (lease, { issuer, segment, devices }) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const externalIds = devices.map(({ externalId }) => externalId);
        const claimed = await on.claimNamed(lot, externalIds);
        await requireMoved(
          on,
          lot,
          externalIds,
          claimed.map((row) => row.externalId),
          "reserved",
        );
        const idOf = new Map(claimed.map((row) => [row.externalId, row.id]));
        const ids = externalIds.map((externalId) => idOf.get(externalId) ?? 0);
        return reserveCertificates(on, append, lease, lot, { issuer, segment, devices, ids });
      }),

    commitMinted: (lease, batch, certificates) =>
      write(async (on, append) => {
        const lot = await changeBatch(on, lease, batch, "reserved", "minted");
        const rows = new Map((await on.reservedOf(batch)).map((row) => [row.serialNumber, row]));
        const issued = certificates.map(({ serialNumber, externalId, sha256, publicKeySha256, notAfterMs, files }) => {
          const row = rows.get(serialNumber);
          if (row?.externalId !== externalId) {
            throw damaged(`serial number ${serialNumber} is not reserved for ${externalId}`);
          }
          rows.delete(serialNumber);
          return { id: row.id, sha256, publicKeySha256, notAfterMs, files: JSON.stringify(files) };
        });
        if (rows.size > 0)
          throw damaged(
            `${rows.size} ${nounFor(rows.size, "serial number")} of batch ${batch} ${nounFor(rows.size, "has", "have")} no certificate`,
          );
        await on.issue(batch, issued);
        await refuseRepeated(on, batch);
        const remint = await on.remintOf(batch);
        const revoked = remint === undefined ? [] : await on.endReplaced(batch, remint.reason);
        if (remint !== undefined) await on.replaceCertificates(batch, remint.register);
        else {
          const externalIds = certificates.map(({ externalId }) => externalId);
          await requireMoved(on, lot, externalIds, await on.moveMinted(batch), "minted");
        }
        const digest = digestLines(certificates.map((minted) => `${minted.serialNumber} ${minted.sha256}`));
        const detail = { batch, certificates: certificates.length, digest };
        append({ chain: lot, kind: "batch-minted", subject: lease.lot, detail });
        if (remint !== undefined && revoked.length > 0) {
          const detail = { reason: remint.reason, serials: revoked };
          append({ chain: lot, kind: "certificates-revoked", subject: lease.lot, detail });
        }
      }),

    commitPlaced: (lease, batch) =>
      write(async (on, append) => {
        const lot = await changeBatch(on, lease, batch, "minted", "placed");
        append({ chain: lot, kind: "batch-placed", subject: lease.lot, detail: { batch } });
      }),

    voidBatch: (lease, batch) =>
      write(async (on, append) => {
        const lot = await changeBatch(on, lease, batch, "reserved", "void");
        const isRemint = (await on.remintOf(batch)) !== undefined;
        if (isRemint) {
          await on.releaseIds(batch);
          await on.closeRemint(batch);
        }
        const planned = await on.planReserved(batch);
        const abandoned = await on.abandonReserved(batch);
        if (planned !== abandoned && !isRemint) throw damaged(`batch ${batch} holds devices that are not reserved`);
        append({ chain: lot, kind: "batch-voided", subject: lease.lot, detail: { batch, abandoned } });
      }),

    openBatches: (lot) => read((on) => on.openBatchesOf(lot)),
    mintedBatches: (lot) => read(async (on) => new Set(await on.mintedBatchesOf(lot))),
  };
}

async function changeBatch(
  on: Statements,
  lease: LotLease,
  batch: number,
  from: BatchState,
  to: BatchState,
): Promise<number> {
  const lot = await requireLease(on, lease);
  if (await on.moveBatch(lot, batch, from, to)) return lot;
  throw damaged(`batch ${batch} of lot ${lease.lot} is not ${from} and cannot become ${to}; run \`lotmint check\``);
}

function plannedDevice({ externalId, line, subject, certificateRequest, aliases }: PlannedRow): PlannedDevice {
  const device = {
    externalId,
    line,
    subject: JSON.parse(subject) as Subject,
    ...(aliases !== null && { aliases: JSON.parse(aliases) as KeystoreAliases }),
  };
  return certificateRequest === null ? device : { ...device, certificateRequest };
}
