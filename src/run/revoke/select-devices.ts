import { randomInt } from "node:crypto";
import { OnboardingError } from "../../domain/error.ts";
import { makeIdTable } from "../../domain/id-table.ts";
import { listIds } from "../../domain/list-ids.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/** What is to be revoked of a lot. */
interface SelectedOfLot {
  readonly devices: number;
  /** The ids of a few of them. */
  readonly first: readonly string[];
}

/** Ids of a whole lot that are shown. */
export const IDS_SHOWN = 10;

/** Devices that are to be revoked. */
export interface SelectedDevices {
  /** By lot, without those below. */
  readonly lots: ReadonlyMap<string, SelectedOfLot>;
  /** The ids that were named, each once; undefined: all devices of the lots. */
  readonly externalIds?: Iterable<string>;
  readonly devices: number;
  /** Issuers of all that was named, those revoked before included. */
  readonly issuers: ReadonlySet<string>;
  readonly alreadyRevoked: number;
  /** Ids that a lot has planned, but that have no certificate which could be revoked. */
  readonly withoutCertificate: readonly string[];
}

/** Ids that the ledger is asked for together. */
const IDS_AT_ONCE = 5000;
/** No device's id is nearly as long. */
const LONGEST_ID = 1000;

/**
 * The devices with these ids, in whatever lots. The ids may be very many: a page of them is looked up at a time, and all are
 * kept in about 40 octets each. Throws `usage`, naming the first, for ids that no lot ever had.
 */
export async function selectIds(
  ledger: Pick<Ledger, "certifiedDevices">,
  pages: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
): Promise<SelectedDevices> {
  const asked = makeIdTable([randomInt(2 ** 32), randomInt(2 ** 32)], (externalId) => externalId);
  const lots = new Map<string, { devices: number; readonly first: string[] }>();
  const issuers = new Set<string>();
  const withoutCertificate: string[] = [];
  const unknown = { first: [] as string[], all: 0 };
  let alreadyRevoked = 0;
  const noteUnknown = (externalId: string) => {
    unknown.all += 1;
    if (unknown.first.length < IDS_SHOWN) unknown.first.push(externalId.slice(0, LONGEST_ID));
  };
  const lookUp = async (externalIds: readonly string[]) => {
    const known = new Map((await ledger.certifiedDevices(externalIds)).map((device) => [device.externalId, device]));
    for (const externalId of externalIds) {
      const device = known.get(externalId);
      if (device === undefined) {
        noteUnknown(externalId);
        continue;
      }
      if (device.issuer !== null) issuers.add(device.issuer);
      if (device.revoked) alreadyRevoked += 1;
      else if (device.serialNumber === null) withoutCertificate.push(externalId);
      else {
        const ofLot = lots.get(device.lot) ?? { devices: 0, first: [] };
        lots.set(device.lot, ofLot);
        ofLot.devices += 1;
        if (ofLot.first.length < IDS_SHOWN) ofLot.first.push(externalId);
      }
    }
  };
  let page: string[] = [];
  for await (const some of pages) {
    for (const externalId of some) {
      if (externalId.length > LONGEST_ID) {
        noteUnknown(externalId);
        continue;
      }
      if (asked.get(externalId) !== undefined) continue;
      asked.set(externalId, 1);
      page.push(externalId);
      if (page.length < IDS_AT_ONCE) continue;
      await lookUp(page);
      page = [];
    }
  }
  await lookUp(page);
  refuseUnknown(unknown.first, unknown.all);
  const devices = [...lots.values()].reduce((sum, ofLot) => sum + ofLot.devices, 0);
  return { lots, externalIds: asked.ids(), devices, issuers, alreadyRevoked, withoutCertificate };
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

/** Throws `usage` that names the ids, the first few of them, of which at least those are at hand. */
export function refuseUnknown(externalIds: readonly string[], all = externalIds.length): void {
  if (all === 0) return;
  const shown = listIds(
    externalIds.map((id) => JSON.stringify(id)),
    IDS_SHOWN,
    ", ",
    all,
  );
  const what = nounFor(all, "no lot has a device", "no lot has devices");
  throw new OnboardingError(`${what} ${shown}; nothing was done`, { code: "usage" });
}
