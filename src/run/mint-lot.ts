import { statSync } from "node:fs";
import { readCertificateRequest } from "../authority/read-request.ts";
import { newSerialNumber } from "../authority/serial-number.ts";
import { announceStep } from "../disk/announce-step.ts";
import { ensureFolder, ensureFolderAlone, PRIVATE_FOLDER, syncTree } from "../disk/durable.ts";
import { batchFolder, deviceFolder, type LotLayout, passwordSegment } from "../disk/layout.ts";
import type { KeyAlgorithm } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Ledger, LotHold, MintedDevice, PlannedDevice } from "../ledger/ledger.ts";
import type { MintPool } from "./mint-pool.ts";
import { isOccupied, placeDevices, placePasswords } from "./place-batch.ts";
import { dropBatch } from "./settle-lot.ts";
import { turnDownTakenKeys } from "./turn-down-taken-keys.ts";

/**
 * Devices per batch: enough to make one sync cheap per device, few enough that a stop waits for seconds,
 * not minutes, and that a crash throws little work away. RSA key generation takes its time.
 */
export const BATCH_SIZE: Readonly<Record<KeyAlgorithm, number>> = {
  "ec-p256": 250,
  "ec-p384": 250,
  "rsa-2048": 40,
  "rsa-3072": 12,
  "rsa-4096": 4,
};

/** What one batch is minted with. */
export interface BatchOptions {
  readonly ledger: Ledger;
  readonly hold: LotHold;
  readonly lot: LotLayout;
  readonly pool: MintPool;
  /** True when each device has a password of its own, so that batches come with a segment. */
  readonly passwordSegments: boolean;
}

export interface MintLotOptions extends BatchOptions {
  readonly issuer: string;
  readonly key: KeyAlgorithm;
  readonly workers: number;
  readonly signal: AbortSignal;
  /** Told after each batch, with the number of its devices. */
  readonly onMinted: (devices: number) => void;
}

/**
 * Mints every planned device of a lot, batch by batch, in the order of docs/issuance.md; returns how many.
 * After the signal it finishes the batches in hand and reserves no more. A fault voids the batches that
 * are not committed, and is thrown once nothing is under way any more.
 */
export async function mintLot(options: MintLotOptions): Promise<number> {
  const { ledger, hold, lot, signal } = options;
  makeFolders(lot);
  const underWay = new Set<Promise<void>>();
  let minted = 0;
  const faults: unknown[] = [];
  const keysInHand = new Map<string, string>();
  while (!signal.aborted && faults.length === 0) {
    const planned = await ledger.plannedDevices(hold.lot, BATCH_SIZE[options.key]);
    if (planned.length === 0) break;
    const unoccupied = await turnDownOccupied(ledger, hold, lot, planned);
    const devices = await turnDownTakenKeys(ledger, hold, unoccupied, keysInHand);
    if (devices.length === 0) continue;
    const numbered = devices.map((device) => ({ ...device, serialNumber: newSerialNumber() }));
    const batch = await ledger.reserveBatch(hold, { issuer: options.issuer, devices: numbered });
    announceStep("reserved");
    const ids = devices.map((device) => device.externalId);
    const work = mintBatch(options, batch, numbered, () => placeDevices(lot, batch, ids))
      .then(() => {
        minted += numbered.length;
        options.onMinted(numbered.length);
      })
      .catch((error: unknown) => {
        faults.push(error);
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
    if (underWay.size >= options.workers * 2) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  if (faults.length > 0) throw faults[0];
  return minted;
}

/**
 * The folders that minting writes to. Of a drive for passwords only the lot's own folder is made: one in place of
 * a drive that has just been taken out would take passwords that nobody finds once it is back.
 */
export function makeFolders(lot: LotLayout): void {
  ensureFolder(lot.folder);
  for (const folder of [lot.devices, lot.work]) ensureFolder(folder, PRIVATE_FOLDER);
  for (const folder of [lot.secrets, lot.secretsWork]) ensureFolderAlone(folder, PRIVATE_FOLDER);
}

/** A folder that is there already belongs to a device that this ledger does not know: never overwritten. */
async function turnDownOccupied(
  ledger: Ledger,
  hold: LotHold,
  lot: LotLayout,
  planned: readonly PlannedDevice[],
): Promise<readonly PlannedDevice[]> {
  const occupied = planned.filter((device) => isOccupied(deviceFolder(lot, device.externalId)));
  if (occupied.length === 0) return planned;
  await ledger.rejectDevices(
    hold,
    occupied.map(({ externalId }) => ({
      externalId,
      reason: `folder ${deviceFolder(lot, externalId)} holds another device's files; move it away`,
    })),
  );
  return planned.filter((device) => !occupied.includes(device));
}

/** Steps (b) to (f) for one batch whose reservations stand in the ledger; `place` is step (f). */
export async function mintBatch(
  options: BatchOptions,
  batch: number,
  devices: readonly (PlannedDevice & { readonly serialNumber: string })[],
  place: () => void,
): Promise<void> {
  const { ledger, hold } = options;
  const minted = await makeBatch(options, batch, devices).catch((error: unknown) => giveUp(options, batch, error));
  try {
    await ledger.commitMinted(hold, batch, minted);
  } catch (error) {
    // Whether the decision stands after a fault of the disk, the next run reads in the ledger, and settles it.
    return isLotLost(error) ? giveUp(options, batch, error) : Promise.reject(error);
  }
  announceStep("minted");
  place();
  await ledger.commitPlaced(hold, batch);
}

/** Steps (b) to (d): all that can be undone. */
async function makeBatch(
  options: BatchOptions,
  batch: number,
  devices: readonly (PlannedDevice & { readonly serialNumber: string })[],
): Promise<readonly MintedDevice[]> {
  const { ledger, hold, lot } = options;
  const folder = batchFolder(lot, batch);
  ensureFolder(folder, PRIVATE_FOLDER);
  const minted = await options.pool.mint({
    folder,
    segment: options.passwordSegments ? passwordSegment(lot, batch).making : null,
    devices: devices.map(({ externalId, serialNumber, subject, certificateRequest, aliases }) => ({
      externalId,
      serialNumber,
      subject,
      aliases,
      spki: certificateRequest === undefined ? null : readCertificateRequest(certificateRequest).spki,
    })),
  });
  announceStep("written");
  await syncTree(folder);
  if (options.passwordSegments && onAnotherFileSystem(lot)) await syncTree(lot.secretsWork);
  announceStep("synced");
  // A run that lost the lot while it slept must not put passwords beside those of the run that has it now.
  await ledger.beat(hold);
  placePasswords(lot, batch);
  return minted;
}

/** Voids a batch and throws the fault that was the reason, or the one behind it. */
async function giveUp({ ledger, hold, lot }: BatchOptions, batch: number, reason: unknown): Promise<never> {
  try {
    await dropBatch(ledger, hold, lot, batch);
  } catch (fault) {
    // Another run has the lot and has cleared the batch away: that is why there was a fault. Any other
    // second fault leaves the batch to the next run.
    if (isLotLost(fault)) throw fault;
  }
  throw reason;
}

function isLotLost(error: unknown): boolean {
  return error instanceof OnboardingError && error.code === "lot-held";
}

function onAnotherFileSystem(lot: LotLayout): boolean {
  return statSync(lot.work).dev !== statSync(lot.secrets).dev;
}
