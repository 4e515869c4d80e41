import { OnboardingError } from "../../domain/error.ts";
import { listIds } from "../../domain/list-ids.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/** What is to be revoked of a lot. */
export interface SelectedOfLot {
  readonly devices: number;
  /** Undefined: all that it has. */
  readonly externalIds?: readonly string[];
  /** A few of them. */
  readonly first: readonly string[];
}

/** Ids of a whole lot that are shown. */
export const IDS_SHOWN = 10;

/** Devices that are to be revoked. */
export interface SelectedDevices {
  /** By lot, without those below. */
  readonly lots: ReadonlyMap<string, SelectedOfLot>;
  readonly devices: number;
  /** Issuers of all that was named, those revoked before included. */
  readonly issuers: ReadonlySet<string>;
  readonly alreadyRevoked: number;
  /** Ids that a lot has planned, but that have no certificate which could be revoked. */
  readonly withoutCertificate: readonly string[];
}

/** The devices with these ids, in whatever lots. Throws `usage`, naming them, for ids that no lot ever had. */
export async function selectIds(ledger: Ledger, externalIds: readonly string[]): Promise<SelectedDevices> {
  const asked = [...new Set(externalIds)];
  const known = await ledger.certifiedDevices(asked);
  const names = new Set(known.map(({ externalId }) => externalId));
  refuseUnknown(asked.filter((id) => !names.has(id)));
  const lots = new Map<string, string[]>();
  for (const { externalId, lot, serialNumber, revoked } of known) {
    if (serialNumber === null || revoked) continue;
    const ids = lots.get(lot) ?? [];
    lots.set(lot, ids);
    ids.push(externalId);
  }
  return {
    lots: new Map(
      Array.from(lots, ([lot, externalIds]) => {
        return [lot, { devices: externalIds.length, externalIds, first: externalIds.slice(0, IDS_SHOWN) }];
      }),
    ),
    devices: [...lots.values()].reduce((sum, ids) => sum + ids.length, 0),
    issuers: new Set(known.flatMap(({ issuer }) => (issuer === null ? [] : [issuer]))),
    alreadyRevoked: known.filter(({ revoked }) => revoked).length,
    withoutCertificate: known.filter(({ serialNumber }) => serialNumber === null).map(({ externalId }) => externalId),
  };
}

/** All devices of a lot that exists; their ids stay in the ledger, however many they are. */
export async function selectLot(ledger: Ledger, lot: string): Promise<SelectedDevices> {
  const { devices, issuers: signers, first } = await ledger.revocableDevices(lot, IDS_SHOWN);
  const issuers = new Set(signers);
  const record = await ledger.lot(lot);
  if (record !== undefined) issuers.add(record.issuer);
  const { revoked } = await ledger.countByStage(lot);
  return {
    lots: devices === 0 ? new Map() : new Map([[lot, { devices, first }]]),
    devices,
    issuers,
    alreadyRevoked: revoked,
    withoutCertificate: [],
  };
}

/** Throws `usage` that names the ids, the first few of them. */
export function refuseUnknown(externalIds: readonly string[]): void {
  if (externalIds.length === 0) return;
  const shown = listIds(externalIds.map((id) => JSON.stringify(id)));
  const what = externalIds.length === 1 ? "no lot has a device" : "no lot has devices";
  throw new OnboardingError(`${what} ${shown}; nothing was done`, { code: "usage" });
}
