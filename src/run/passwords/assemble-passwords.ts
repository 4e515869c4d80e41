import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { announceStep } from "../../disk/announce-step.ts";
import { digestFile } from "../../disk/digest-file.ts";
import { commitFilled, PRIVATE_FILE, remove, startReplacement } from "../../disk/durable.ts";
import { deviceFolder, isSegmentOf, type LotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotLease } from "../../ledger/locks.ts";
import { readPasswordFiles } from "../../mint/scan-passwords.ts";
import { openDevice } from "../lot/open-device.ts";
import { requireOwnFolders } from "./claim-folders.ts";
import { type MergedPasswords, mergePasswords, strikeListed } from "./merge-passwords.ts";
import { findMissing, findSegments, refuseMissing } from "./password-segments.ts";

/** Passwords of other segments that are looked for together in all lists. */
const STRAYS_AT_ONCE = 50_000;

/**
 * Puts passwords.csv together from what it holds already and the segments of minted batches: aside, synced,
 * renamed, read back; then the ledger knows them as listed, and only after that the segments go. An id in several
 * of them keeps its newest password, so that a kill at any moment, and a run again, lists each device once.
 * Returns how many are listed, or undefined when there was nothing to put together. Throws `state-damaged`, with
 * everything listed that is there, when a minted device's password is nowhere.
 */
export async function assemblePasswords(ledger: Ledger, lease: LotLease, lot: LotLayout): Promise<number | undefined> {
  const own = await findSegments(ledger, lease.lot, lot);
  const strays = await findStrays(ledger, lease.lot, lot);
  if (
    own.open.every(({ listed }) => listed !== "no") &&
    own.paths.length + own.leftovers.length + strays.length === 0
  ) {
    return undefined;
  }
  await ledger.heartbeat(lease);
  // A copy of this home may have come to the folder since the run began.
  await requireOwnFolders(ledger, lease.lot, lot);
  const paths = [...(existsSync(lot.passwords) ? [lot.passwords] : []), ...own.paths];
  const added = await findInStrays(ledger, lease.lot, lot, strays, paths);
  const isNew = own.paths.length > 0 || added.size > 0;
  const merged = isNew ? await mergePasswords({ paths, added }) : undefined;
  const { whole, missing } = await findMissing(ledger, own.open, { paths, added });
  if (merged !== undefined) {
    await writeList(lot.passwords, merged);
    announceStep("passwords-assembled");
  }
  if (whole.length > 0) await ledger.commitListed(lease, whole);
  const listed = new Set(whole);
  const kept = new Set(own.open.filter(({ number }) => !listed.has(number)).map(({ segment }) => segment));
  const gone = own.paths.filter((path) => !kept.has(path.slice(lot.secrets.length + 1)));
  for (const path of [...gone, ...own.leftovers]) remove(path);
  refuseMissing(missing, lease.lot, lot);
  return merged?.size;
}

/** Writes a list of passwords durably, and reads it back: the segments go after this. */
async function writeList(path: string, merged: MergedPasswords): Promise<void> {
  const written = createHash("sha256");
  await commitFilled(startReplacement(path, PRIVATE_FILE), (write) =>
    merged.write((lines) => {
      written.update(lines);
      write(lines);
    }),
  );
  if ((await digestFile(path)) === written.digest("hex")) return;
  throw new OnboardingError(
    `${path} is not what was just written to it; another program or the disk has changed it, nothing is lost: correct that and run again`,
    { code: "disk-unwritable" },
  );
}

/**
 * Segments that this ledger's later state or a copy of it has made, such as those that a restored backup does not know.
 * They are read and never removed.
 */
async function findStrays(ledger: Ledger, lot: string, layout: LotLayout): Promise<readonly string[]> {
  if (!existsSync(layout.secrets)) return [];
  const { ledger: id } = await ledger.identity();
  const names = readdirSync(layout.secrets).filter((name) => isSegmentOf(id, name));
  if (names.length === 0) return [];
  const recorded = new Set((await ledger.passwordBatches(lot)).map(({ segment }) => segment));
  return names.filter((name) => !recorded.has(name)).map((name) => join(layout.secrets, name));
}

/** Passwords of minted devices that no list and no segment of ours has, if they open their keystores. */
async function findInStrays(
  ledger: Ledger,
  lot: string,
  layout: LotLayout,
  strays: readonly string[],
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let candidates: { readonly externalId: string; readonly password: string }[] = [];
  const takeFitting = async () => {
    const unlisted = new Set(candidates.map(({ externalId }) => externalId));
    await strikeListed(unlisted, { paths, added: found });
    for (const { externalId, password } of candidates) {
      if (!unlisted.has(externalId) || found.has(externalId)) continue;
      // A copy of this ledger may have given the same device another key.
      if (openDevice(deviceFolder(layout, externalId), layout.folder, password).kind !== "opened") continue;
      found.set(externalId, password);
    }
    candidates = [];
  };
  for (const path of strays) {
    const stray = await readPasswordFiles([path]);
    for (const { externalId, lot: holder, minted } of await ledger.knownDevices(lot, [...stray.keys()])) {
      const password = stray.get(externalId);
      if (holder === lot && minted && password !== undefined) candidates.push({ externalId, password });
    }
    if (candidates.length >= STRAYS_AT_ONCE) await takeFitting();
  }
  await takeFitting();
  return found;
}
