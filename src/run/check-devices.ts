import { existsSync } from "node:fs";
import { deviceFolder } from "../disk/layout.ts";
import type { Ledger, MintedRecord } from "../ledger/ledger.ts";
import type { Difference } from "../verify/difference.ts";
import { needsPassword, verifyDevice } from "../verify/verify-device.ts";
import { askPlatform } from "./check-platform.ts";
import { type Check, loadPasswords, openDevices, throwIfStopped } from "./check-scope.ts";

/** What the walk over the lot's devices came to. */
export interface CheckedDevices {
  /** Ids of all devices that have a certificate. */
  readonly known: ReadonlySet<string>;
  readonly checked: number;
  readonly asked: number;
}

/**
 * Walks over all devices that have a certificate: opens those of the sample, and of the others looks
 * whether they are listed. `parts` are the numbers of the lot's registration parts.
 */
export async function checkDevices(check: Check, parts: ReadonlySet<number>): Promise<CheckedDevices> {
  const { ledger, lot, sample } = check;
  const known = new Set<string>();
  const highestPart = Math.max(0, ...parts);
  let left = sample ?? 0;
  let remaining = sample === undefined ? 0 : await countDevices(ledger, lot);
  let checked = 0;
  let asked = 0;
  for await (const page of ledger.mintedDevices(lot)) {
    throwIfStopped(check.signal);
    // Each device is taken with the chance that fills the sample exactly (Knuth, algorithm S).
    const chosen = page.filter(() => {
      if (sample === undefined) return true;
      const taken = check.random() * Math.max(remaining--, left) < left;
      if (taken) left--;
      return taken;
    });
    for (const record of page) {
      known.add(record.externalId);
      // A part with a higher number may have been cut since the parts were read.
      if (record.part === null || record.part <= highestPart) checkListing(record, parts, check);
    }
    await checkPage(page, new Set(chosen), check);
    asked += await askPlatform(chosen, check);
    checked += chosen.length;
    check.onProgress?.(checked);
  }
  return { known, checked, asked };
}

async function countDevices(ledger: Ledger, lot: string): Promise<number> {
  let devices = 0;
  for await (const page of ledger.mintedDevices(lot)) devices += page.length;
  return devices;
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

async function checkPage(
  page: readonly MintedRecord[],
  chosen: ReadonlySet<MintedRecord>,
  check: Check,
): Promise<void> {
  const verify = (record: MintedRecord) =>
    chosen.has(record) ? verifyRecord(record, check) : verifyListed(record, check);
  const suspects = page.filter((record) => verify(record).length > 0);
  if (suspects.length === 0) return;
  // A run may be at work on them: what it has not finished is not judged, the rest is looked at again.
  const open = await openDevices(check);
  check.passwords = await loadPasswords(check);
  for (const record of suspects) {
    if (open.has(record.externalId) || (await isReplaced(record, check))) continue;
    check.tell(...verify(record));
  }
}

/** True when another certificate has taken this one's place since its record was read. */
async function isReplaced({ serialNumber, stage }: MintedRecord, { ledger }: Check): Promise<boolean> {
  const certificate = await ledger.certificate(serialNumber);
  return stage !== "revoked" && certificate?.state === "revoked";
}

function verifyRecord(record: MintedRecord, check: Check): readonly Difference[] {
  const { job, layout, chain } = check;
  const folder = deviceFolder(layout, record.externalId);
  // Its new certificate is being made, or it was revoked and its folder may have been cleared away.
  if (record.stage === "reserved" || (record.stage === "revoked" && !existsSync(folder))) return [];
  const pkcs12 = job.keystores.pkcs12?.alias;
  const jks = job.keystores.jks?.alias;
  return verifyDevice({
    folder,
    record,
    password: passwordOf(record, check),
    chain,
    aliases: { ...(pkcs12 === undefined ? {} : { pkcs12 }), ...(jks === undefined ? {} : { jks }) },
    nowMs: check.now(),
  });
}

/** What can be said of a device that is not opened: that its password is listed. */
function verifyListed(record: MintedRecord, check: Check): readonly Difference[] {
  if (record.stage === "revoked" || !needsPassword(record.files) || passwordOf(record, check) !== undefined) return [];
  return [{ externalId: record.externalId, what: "no password is listed for it" }];
}

function passwordOf({ externalId }: MintedRecord, check: Check): string | undefined | { readonly kind: "unknown" } {
  if (check.job.passwords === "per-lot") {
    if (check.lotPassword !== undefined) return check.lotPassword;
    check.notes.add("no password for the lot was given: keystores were not opened, only compared by digest");
    return { kind: "unknown" };
  }
  if (check.passwords !== undefined) return check.passwords.passwords.get(externalId);
  check.notes.add("the passwords are sealed and no key for them was given: keystores were compared by digest only");
  return { kind: "unknown" };
}
