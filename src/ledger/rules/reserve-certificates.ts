import { segmentName } from "../../disk/layout.ts";
import type { OnboardingError } from "../../domain/error.ts";
import type { PoolClaim } from "../key-pool.ts";
import type { LotLease } from "../locks.ts";
import { damaged } from "./damaged.ts";
import type { Append } from "./engine.ts";
import { digestLines } from "./event-digest.ts";
import { takeKeys } from "./key-pool.ts";
import type { Statements } from "./statements.ts";

/** The reservations of a batch, for devices that were claimed or that replace their certificates. */
export async function reserveCertificates(
  on: Statements,
  append: Append,
  lease: LotLease,
  lot: number,
  batch: {
    readonly issuer: string;
    /** Of all its certificates. */
    readonly notBeforeMs?: number | undefined;
    /** What the batch's password segment is named by. */
    readonly segment?: string | undefined;
    readonly devices: readonly { readonly externalId: string; readonly serialNumber: string }[];
    /** The devices' row numbers, in the same order. */
    readonly ids: readonly number[];
    /** Why the certificates are replaced, where they are. */
    readonly remint?: string;
    /** Where so many keys come from, as far as it goes. */
    readonly keys?: (PoolClaim & { readonly wanted: number }) | undefined;
  },
): Promise<number> {
  const { issuer, segment, devices, ids, remint, keys } = batch;
  const number = await on.addBatch(lot, lease.run, issuer, batch.notBeforeMs ?? null);
  const certificates = devices.map(({ serialNumber }, index) => ({ device: ids[index] ?? 0, serialNumber }));
  if ((await on.addReserved(number, issuer, certificates)) !== devices.length) {
    await refuseTaken(
      on,
      number,
      devices.map(({ serialNumber }) => serialNumber),
    );
  }
  if (segment !== undefined) await on.setSegment(number, segmentName(number, segment));
  const digest = digestLines(devices.map((device) => `${device.serialNumber} ${device.externalId}`));
  const taken = await takeKeys(on, number, keys, keys?.wanted ?? 0);
  const detail = { batch: number, run: lease.run, issuer, certificates: devices.length, digest, ...taken };
  const event = remint === undefined ? detail : { ...detail, remint };
  append({ chain: lot, kind: "batch-reserved", subject: lease.lot, detail: event });
  return number;
}

/** Throws the error that names the serial number which could not be added to the batch. */
async function refuseTaken(on: Statements, batch: number, serialNumbers: readonly string[]): Promise<never> {
  const [taken] = await on.takenSerials(batch, serialNumbers);
  const repeated = serialNumbers.find((serialNumber, index) => serialNumbers.indexOf(serialNumber) < index);
  throw serialTaken(taken ?? repeated ?? "");
}

export function serialTaken(serialNumber: string): OnboardingError {
  return damaged(
    `serial number ${serialNumber} is taken and is never used again; the system's random numbers repeat, have that looked into`,
  );
}
