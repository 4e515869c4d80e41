import { existsSync } from "node:fs";
import { deviceFolder } from "../../disk/layout.ts";
import type { KeystoreAliases } from "../../domain/device.ts";
import { hasPlaceholder } from "../../domain/template.ts";
import type { MintedRecord } from "../../ledger/reading.ts";
import type { Difference } from "../../verify/difference.ts";
import { holdsKeystore } from "../../verify/verify-device.ts";
import { type LotPasswords, loadPasswords } from "../passwords/load-passwords.ts";
import { checkPlatform } from "./check-platform.ts";
import { type CheckPool, openCheckPool } from "./check-pool.ts";
import { type Check, openDevices, throwIfStopped } from "./check-scope.ts";
import type { DeviceToOpen } from "./check-worker.ts";

/** The result of the pass over the lot's devices. */
export interface CheckedDevices {
  /** Devices that were read: all that have a certificate, or those of the sample. */
  readonly checked: number;
  readonly asked: number;
}

/**
 * Opens all devices that have a certificate, or those of the sample. `parts` are the numbers of the lot's registration parts.
 */
export async function checkDevices(check: Check, parts: ReadonlySet<number>): Promise<CheckedDevices> {
  const pool = openCheckPool(check.chain);
  try {
    return await walkDevices(check, parts, pool);
  } finally {
    await pool.close();
  }
}

async function walkDevices(check: Check, parts: ReadonlySet<number>, pool: CheckPool): Promise<CheckedDevices> {
  const { ledger, lot, drawn } = check;
  const highestPart = Math.max(0, ...parts);
  let checked = 0;
  let asked = 0;
  for await (const page of drawn === undefined ? ledger.mintedDevices(lot) : pagesOf(drawn.records)) {
    throwIfStopped(check.signal);
    for (const record of page) {
      // A part with a higher number may have been cut since the parts were read.
      if (record.part === null || record.part <= highestPart) checkListing(record, parts, check);
    }
    await checkPage(page, check, pool);
    asked += await checkPlatform(page, check);
    checked += page.length;
    check.onProgress?.(checked);
  }
  return { checked, asked };
}

async function* pagesOf(records: readonly MintedRecord[]): AsyncGenerator<readonly MintedRecord[]> {
  for (let start = 0; start < records.length; start += 500) yield records.slice(start, start + 500);
}

/** A device past `minted` has a row in a part; `verifyPart` has looked at the row itself. */
function checkListing({ externalId, stage, part }: MintedRecord, parts: ReadonlySet<number>, { tell }: Check): void {
  if (part === null && (stage === "listed" || stage === "submitted" || stage === "confirmed")) {
    tell({ externalId, what: `it is ${stage}, but in no registration part` });
  }
  if (part !== null && !parts.has(part)) {
    tell({ externalId, what: `it is in registration part ${part}, which the ledger does not have` });
  }
}

async function checkPage(page: readonly MintedRecord[], check: Check, pool: CheckPool): Promise<void> {
  const verify = (records: readonly MintedRecord[]) => verifyRecords(records, check, pool);
  const first = await verify(page);
  const suspects = page.filter((_, index) => (first[index]?.length ?? 0) > 0);
  if (suspects.length === 0) return;
  // A run may be at work on them: what it has not finished is not judged, the rest is looked at again.
  const open = await openDevices(check);
  check.passwords = await loadPasswords(check, check.passwords);
  const judged: MintedRecord[] = [];
  for (const record of suspects) {
    if (!open.has(record.externalId) && !(await isReplaced(record, check))) judged.push(record);
  }
  for (const differences of await verify(judged)) check.tell(...differences);
}

/** True when another certificate has taken this one's place since its record was read. */
async function isReplaced({ serialNumber, stage }: MintedRecord, { ledger }: Check): Promise<boolean> {
  const certificate = await ledger.certificate(serialNumber);
  return stage !== "revoked" && certificate?.state === "revoked";
}

/** What differs with each of these devices. */
async function verifyRecords(
  records: readonly MintedRecord[],
  check: Check,
  pool: CheckPool,
): Promise<readonly (readonly Difference[])[]> {
  const differences: (readonly Difference[])[] = [];
  const devices: DeviceToOpen[] = [];
  const places: number[] = [];
  for (const [index, record] of records.entries()) {
    const device = deviceToOpen(record, check);
    differences.push([]);
    if (device === undefined) continue;
    devices.push(device);
    places.push(index);
  }
  const opened = await pool.verify(devices);
  for (const [index, place] of places.entries()) differences[place] = opened[index] ?? [];
  return differences;
}

/** undefined: there is nothing to open. */
function deviceToOpen(record: MintedRecord, check: Check): DeviceToOpen | undefined {
  const { job, layout } = check;
  const folder = deviceFolder(layout, record.externalId);
  // Its new certificate is being made, or it was revoked and its folder may have been cleared away.
  if (record.stage === "reserved" || (record.stage === "revoked" && !existsSync(folder))) return undefined;
  return {
    folder,
    // No more than that goes to a thread.
    record: {
      externalId: record.externalId,
      stage: record.stage,
      serialNumber: record.serialNumber,
      sha256: record.sha256,
      publicKeySha256: record.publicKeySha256,
      notAfterMs: record.notAfterMs,
      files: record.files,
    },
    password: passwordOf(record, check),
    aliases: expectedAliases(record, job.keystores),
    nowMs: check.now(),
  };
}

/** The aliases that the device was given. Where they came from its row and are not recorded, none is expected. */
function expectedAliases({ aliases }: MintedRecord, { pkcs12, jks }: Check["job"]["keystores"]): KeystoreAliases {
  const own = (alias: string | undefined) => (alias === undefined || hasPlaceholder(alias) ? undefined : alias);
  const expected = { pkcs12: aliases?.pkcs12 ?? own(pkcs12?.alias), jks: aliases?.jks ?? own(jks?.alias) };
  return {
    ...(expected.pkcs12 !== undefined && { pkcs12: expected.pkcs12 }),
    ...(expected.jks !== undefined && { jks: expected.jks }),
  };
}

function passwordOf(
  { externalId, files }: MintedRecord,
  check: Check,
): string | undefined | { readonly kind: "unknown" } {
  // A device that keeps its own key, or has it in the clear, has no password, and none is missed.
  if (!mayNeedPassword(files)) return undefined;
  if (check.job.passwords === "per-lot") {
    if (check.lotPassword !== undefined) return check.lotPassword;
    check.notes.add("no password for the lot was given: keystores were not opened, only compared by digest");
    return { kind: "unknown" };
  }
  const listed = check.passwords?.get(externalId);
  const hidden = listed === undefined ? whyHidden(check.passwords) : undefined;
  if (hidden === undefined) return listed;
  check.notes.add(`${hidden}; keystores under other passwords were compared by digest only`);
  return { kind: "unknown" };
}

/** Why a password that is not listed may be listed all the same. */
function whyHidden(passwords: LotPasswords | undefined): string | undefined {
  if (passwords?.away !== undefined) return `${passwords.away}, the folder with the passwords, is not there`;
  if ((passwords?.closed ?? []).length === 0) return undefined;
  return `${passwords?.closed.join(", ")}: sealed, not opened (--secrets-key opens what is sealed to that key)`;
}

/** key.pem is told by its content only. */
function mayNeedPassword(files: MintedRecord["files"]): boolean {
  return holdsKeystore(files) || "key.pem" in files;
}
