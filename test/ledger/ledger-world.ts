import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Device } from "../../src/domain/device.ts";
import type { Decision, PlannedBatch, RejectedRow } from "../../src/domain/plan.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { currentLockOwner } from "../../src/ledger/lock-owner.ts";
import type { LotLease } from "../../src/ledger/locks.ts";
import type { NewManifest } from "../../src/ledger/lots.ts";

/** A temporary folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-ledger-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function device(externalId: string, line: number, name = externalId): Device {
  return {
    externalId,
    line,
    cells: { "Device ID": externalId, name },
    subject: [{ attribute: "CN", value: externalId }],
    registration: { type: "c8y_Linux", name, agent: true, properties: {}, externalIds: {} },
  };
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Decisions to mint these ids, on lines 2, 3, 4 and so on. */
export function mintAll(ids: readonly string[], firstLine = 2): readonly Decision[] {
  return ids.map((id, index) => mintOne(device(id, firstLine + index)));
}

export function mintOne(planned: Device): Decision {
  const registrationDigest = digest(JSON.stringify(planned.registration));
  return { kind: "mint", device: planned, subjectDigest: digest(planned.externalId), registrationDigest };
}

export function rejectedRow(line: number, externalId: string, message: string): RejectedRow {
  return { problem: { line, field: "Device ID", message }, externalId, cells: { "Device ID": externalId } };
}

export async function* inBatches(...batches: readonly Partial<PlannedBatch>[]): AsyncGenerator<PlannedBatch> {
  for (const batch of batches) yield { decisions: [], rejected: [], ...batch };
}

export function manifest(kind: NewManifest["kind"] = "full", replacesLines: readonly number[] = []): NewManifest {
  const sha256 = randomBytes(32).toString("hex");
  return { sha256, name: "L1.csv", kind, header: ["Device ID", "name"], replacesLines: () => replacesLines };
}

/** Takes a lot for this process and gives it a job. */
export async function withLotLease(ledger: Ledger, lot: string): Promise<LotLease> {
  const lease = await ledger.acquireLot(lot, currentLockOwner());
  await ledger.recordJob(lease, { issuer: "line-3", name: "job", json: "{}" });
  return lease;
}

/** A lot with these ids planned. */
export async function plannedLot(ledger: Ledger, lot: string, ids: readonly string[]): Promise<LotLease> {
  const lease = await withLotLease(ledger, lot);
  await ledger.absorbManifest(lease, manifest(), inBatches({ decisions: mintAll(ids) }));
  return lease;
}

/** A serial number as lotmint makes them: 20 octets, positive. */
export function serialNumber(): string {
  const octets = randomBytes(20);
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
  return octets.toString("hex");
}

export function certificateOf(externalId: string, serial: string) {
  return {
    externalId,
    serialNumber: serial,
    notAfterMs: Date.UTC(2035, 0, 1),
    sha256: digest(`certificate ${serial}`),
    publicKeySha256: digest(`key ${serial}`),
    files: { "certificate.pem": digest(`file ${serial}`) },
  };
}

/** Reserves the next planned devices of a lot. */
export async function reserveNext(ledger: Ledger, lease: LotLease, limit = 100) {
  const serialNumbers = Array.from({ length: limit }, serialNumber);
  const claimed = await ledger.claimBatch(lease, { issuer: "line-3", serialNumbers });
  if (claimed === undefined) throw new Error(`nothing is planned in lot ${lease.lot}`);
  const devices = claimed.devices.map(({ externalId, serialNumber }) => ({ externalId, serialNumber }));
  return { batch: claimed.batch, devices };
}

/** Mints and places everything that is planned. */
export async function mintLot(ledger: Ledger, lease: LotLease): Promise<number> {
  const { batch, devices } = await reserveNext(ledger, lease);
  const certificates = devices.map((one) => certificateOf(one.externalId, one.serialNumber));
  await ledger.commitMinted(lease, batch, certificates);
  await ledger.commitPlaced(lease, batch);
  return batch;
}

/** Cuts one part with everything that is minted and placed. */
export async function listLot(ledger: Ledger, lease: LotLease, number = 1): Promise<readonly string[]> {
  const ids = (await ledger.unlistedDevices(lease.lot, 100)).map((one) => one.externalId);
  await ledger.commitPart(lease, { number, sha256: digest(`part ${number}`), paths: ["Factory"] }, ids);
  return ids;
}

/** A lot with these ids minted, placed and in part 1. */
export async function listedLot(ledger: Ledger, lot: string, ids: readonly string[]): Promise<LotLease> {
  const lease = await plannedLot(ledger, lot, ids);
  await mintLot(ledger, lease);
  await listLot(ledger, lease);
  return lease;
}

export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  return (await collectPages(pages)).flat();
}

export async function collectPages<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly (readonly T[])[]> {
  const all: (readonly T[])[] = [];
  for await (const page of pages) all.push(page);
  return all;
}
