import { existsSync, statSync } from "node:fs";
import { readCertificateRequest } from "../authority/request/read-pkcs10.ts";
import type { SignerSource } from "../authority/signer.ts";
import { announceStep } from "../disk/announce-step.ts";
import { ensureFolder, ensureFolderAlone, PRIVATE_FOLDER } from "../disk/durable.ts";
import { batchFolder, deviceFolder, type LotLayout, passwordSegment, segmentName } from "../disk/layout.ts";
import { openSyncPoint, type SyncPoint } from "../disk/sync-point.ts";
import type { KeyAlgorithm } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import { nounFor } from "../domain/noun-for.ts";
import type { PoolClaim } from "../ledger/key-pool.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotLease } from "../ledger/locks.ts";
import type { ClaimedDevice, MintedDevice, OpenBatch, PlannedDevice } from "../ledger/minting.ts";
import { newSerialNumber } from "../x509/serial-number.ts";
import { dropBatch } from "./drop-batch.ts";
import type { MintPool } from "./mint-pool.ts";
import { isOccupied, placeDevices, placePasswords } from "./place-batch.ts";
import { readPasswordFiles } from "./scan-passwords.ts";

/**
 * Devices per batch: enough to make one sync cheap per device, few enough that a stop waits for seconds,
 * not minutes, and that a crash throws little work away. RSA key generation takes its time.
 */
const BATCH_SIZE: Readonly<Record<KeyAlgorithm, number>> = {
  "ec-p256": 250,
  "ec-p384": 250,
  "rsa-2048": 40,
  "rsa-3072": 12,
  "rsa-4096": 4,
};

/** With a key in a token a signature takes tens of milliseconds, so that a stop would wait for long. */
const TOKEN_BATCH = 20;
/** Smaller batches at the end of a lot keep all sessions of the token busy; smaller than this they cost more than that saves. */
const LEAST_TOKEN_BATCH = 5;

/** How many devices the next batch of a lot has, when `left` of them are to be minted by `threads`. */
export function batchSize(key: KeyAlgorithm, signer: SignerSource["kind"], left: number, threads: number): number {
  if (signer === "key") return BATCH_SIZE[key];
  const share = Math.max(LEAST_TOKEN_BATCH, Math.ceil(left / (2 * threads)));
  return Math.min(BATCH_SIZE[key], TOKEN_BATCH, share);
}

/** What one batch is minted with. */
export interface BatchOptions {
  readonly ledger: Ledger;
  readonly lease: LotLease;
  readonly lot: LotLayout;
  readonly pool: MintPool;
  /** What a new batch's password segment is named by (`segmentPart`); null when no device has a password of its own. */
  readonly newSegmentPart: (() => string) | null;
  /** Where keys come from, as far as it goes; its keys are in the setup of `pool`. */
  readonly keys?: PoolClaim | undefined;
}

/** A batch whose reservations stand in the ledger; `segment` is the file name of its password segment, if it has one. */
export type ReservedBatch = Pick<OpenBatch, "number" | "segment">;

export interface MintLotOptions extends BatchOptions {
  readonly issuer: string;
  /** When the certificates' validity begins. */
  readonly notBeforeMs: number;
  /** Devices of the next batch, after so many of the lot were claimed. */
  readonly nextSize: (claimed: number) => number;
  readonly signal: AbortSignal;
  /** Rejects the devices that cannot be certified any more, such as those whose own key another has now; gives the others. */
  readonly rejectUnfit: (claimed: readonly ClaimedDevice[]) => Promise<readonly ClaimedDevice[]>;
  /** Told after each batch, with the number of its devices. */
  readonly onMinted: (devices: number) => void;
}

/**
 * Mints every planned device of a lot, batch by batch, in the order of docs/issuance.md; returns how many.
 * After the signal it finishes the batches in hand and reserves no more. An error voids the batches that
 * are not committed, and is thrown once nothing is under way any more.
 */
export async function mintLot(options: MintLotOptions): Promise<number> {
  const { ledger, lease, lot, signal } = options;
  makeFolders(lot);
  const underWay = new Set<Promise<void>>();
  let minted = 0;
  let claimedDevices = 0;
  const errors: unknown[] = [];
  const begin = async (): Promise<"begun" | "none left"> => {
    const serialNumbers = Array.from({ length: options.nextSize(claimedDevices) }, newSerialNumber);
    const part = options.newSegmentPart === null ? {} : { segment: options.newSegmentPart() };
    const claimed = await ledger.claimBatch(lease, {
      issuer: options.issuer,
      notBeforeMs: options.notBeforeMs,
      serialNumbers,
      keys: options.keys,
      ...part,
    });
    if (claimed === undefined) return "none left";
    claimedDevices += claimed.devices.length;
    announceStep("reserved");
    const { batch: number, segment } = claimed;
    const batch = segment === undefined ? { number } : { number, segment };
    const devices = await rejectOccupied(ledger, lease, lot, claimed.devices)
      .then(options.rejectUnfit)
      .catch((error: unknown) => giveUp(options, batch, error));
    // None is left, or none of those for whose passwords the batch has a segment: the others are claimed anew.
    if (segment === undefined ? devices.length === 0 : devices.every(hasOwnKey)) {
      await ledger.voidBatch(lease, number);
      return "begun";
    }
    const ids = devices.map((device) => device.externalId);
    const work = mintBatch(options, batch, devices, () => placeDevices(lot, number, ids))
      .then(() => {
        minted += devices.length;
        options.onMinted(devices.length);
      })
      .catch((error: unknown) => {
        errors.push(error);
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
    return "begun";
  };
  try {
    while (!signal.aborted && errors.length === 0 && (await begin()) === "begun") {
      if (underWay.size >= options.pool.threads * 2) await Promise.race(underWay);
    }
  } catch (error) {
    errors.push(error);
  }
  await Promise.all(underWay);
  if (errors.length > 0) throw errors[0];
  return minted;
}

/** What names the segment of a batch of these devices; nothing when all of them keep their own keys. */
export function partFor(
  { newSegmentPart }: Pick<BatchOptions, "newSegmentPart">,
  devices: readonly PlannedDevice[],
): { readonly segment?: string } {
  if (newSegmentPart === null || devices.every(hasOwnKey)) return {};
  return { segment: newSegmentPart() };
}

export function reservedBatch(number: number, { segment }: { readonly segment?: string }): ReservedBatch {
  return segment === undefined ? { number } : { number, segment: segmentName(number, segment) };
}

function hasOwnKey({ certificateRequest }: PlannedDevice): boolean {
  return certificateRequest !== undefined;
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
async function rejectOccupied<Planned extends PlannedDevice>(
  ledger: Ledger,
  lease: LotLease,
  lot: LotLayout,
  planned: readonly Planned[],
): Promise<readonly Planned[]> {
  const occupied = planned.filter((device) => isOccupied(deviceFolder(lot, device.externalId)));
  if (occupied.length === 0) return planned;
  await ledger.rejectDevices(
    lease,
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
  batch: ReservedBatch,
  devices: readonly (PlannedDevice & { readonly serialNumber: string })[],
  place: () => void,
): Promise<void> {
  const { ledger, lease } = options;
  const minted = await makeBatch(options, batch, devices).catch((error: unknown) => giveUp(options, batch, error));
  try {
    await ledger.commitMinted(lease, batch.number, minted);
  } catch (error) {
    // Whether the decision stands after an error of the disk, the next run reads in the ledger, and recovers it.
    return isLotLost(error) ? giveUp(options, batch, error) : Promise.reject(error);
  }
  announceStep("minted");
  place();
  await ledger.commitPlaced(lease, batch.number);
}

/** Steps (b) to (d): all that can be undone. */
async function makeBatch(
  options: BatchOptions,
  batch: ReservedBatch,
  devices: readonly (PlannedDevice & { readonly serialNumber: string })[],
): Promise<readonly MintedDevice[]> {
  const { ledger, lease, lot } = options;
  const folder = batchFolder(lot, batch.number);
  const segment = batch.segment === undefined ? null : passwordSegment(lot, batch.segment).making;
  const disks = openSyncPoints(lot, segment !== null);
  try {
    const minted = await writeBatch(options, batch.number, segment, devices);
    announceStep("written");
    const written = [folder, ...(segment !== null && existsSync(segment) ? [segment] : [])];
    for (const disk of disks) await disk.sync(written);
    announceStep("synced");
    // A run that lost the lot while it slept must not put passwords beside those of the run that has it now.
    await ledger.heartbeat(lease);
    if (batch.segment !== undefined && segment !== null) {
      await requirePasswords(segment, devices);
      placePasswords(lot, batch.segment);
    }
    return minted;
  } finally {
    for (const disk of disks) disk.close();
  }
}

/** Before the batch is written: one for each file system that it is written to. */
function openSyncPoints(lot: LotLayout, withSegment: boolean): readonly SyncPoint[] {
  const work = openSyncPoint(lot.work);
  if (!withSegment) return [work];
  try {
    return onAnotherFileSystem(lot) ? [work, openSyncPoint(lot.secretsWork)] : [work];
  } catch (error) {
    work.close();
    throw error;
  }
}

/** Step (b). */
async function writeBatch(
  { pool, ledger, lot, keys }: BatchOptions,
  batch: number,
  segment: string | null,
  devices: readonly (PlannedDevice & { readonly serialNumber: string })[],
): Promise<readonly MintedDevice[]> {
  const folder = batchFolder(lot, batch);
  ensureFolder(folder, PRIVATE_FOLDER);
  return pool.mint({
    folder,
    segment,
    keys: keys === undefined ? [] : await ledger.poolKeysOf(batch),
    devices: devices.map(({ externalId, serialNumber, subject, certificateRequest, aliases }) => ({
      externalId,
      serialNumber,
      subject,
      aliases,
      spki: certificateRequest === undefined ? null : readCertificateRequest(certificateRequest).spki,
    })),
  });
}

/** A batch whose passwords are not all in its segment must not be committed: `disk-unwritable`. */
async function requirePasswords(path: string, devices: readonly PlannedDevice[]): Promise<void> {
  const passwords = existsSync(path) ? await readPasswordFiles([path]) : new Map<string, string>();
  const missing = devices.filter((device) => !hasOwnKey(device) && !passwords.has(device.externalId));
  if (missing.length === 0) return;
  throw new OnboardingError(
    `${path} does not hold the passwords of ${missing.length} ${nounFor(missing.length, "device that was just minted; it was", "devices that were just minted; they were")} abandoned; find out which program changes that folder and run again`,
    { code: "disk-unwritable" },
  );
}

/** Voids a batch and throws the error that was the reason, or the one behind it. */
async function giveUp({ ledger, lease, lot }: BatchOptions, batch: ReservedBatch, reason: unknown): Promise<never> {
  try {
    await dropBatch(ledger, lease, lot, batch);
  } catch (error) {
    // Another run has the lot and has cleared the batch away: that is why there was an error. Any other
    // second error leaves the batch to the next run.
    if (isLotLost(error)) throw error;
  }
  throw reason;
}

function isLotLost(error: unknown): boolean {
  return error instanceof OnboardingError && error.code === "lot-held";
}

function onAnotherFileSystem(lot: LotLayout): boolean {
  return statSync(lot.work).dev !== statSync(lot.secrets).dev;
}
