import { statSync } from "node:fs";
import { dirname } from "node:path";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT, exitCodeOf } from "../../domain/exit-code.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotAtWork } from "./lot-at-work.ts";

const UNREACHABLE = exitCodeOf(new OnboardingError("", { code: "platform-unreachable" }));
/** A run that ended with one of these had placed all folders and put all passwords together before. */
const FILES_DONE: readonly (number | null)[] = [EXIT.done, EXIT.rejected, UNREACHABLE];

/**
 * Refuses (`disk-unwritable`) to go on with a lot whose devices or passwords are on a drive that is not there.
 * A folder made in its place would take files that nobody finds once the drive is back. A lot that has all
 * its files does not need the drive any more.
 */
export async function requireFolders(ledger: Ledger, { lease: { lot }, job, layout }: LotAtWork): Promise<void> {
  const counts = await ledger.countByStage(lot);
  const toMint = counts.planned + counts.reserved;
  const withPasswords = job.passwords === "per-device";
  if ((await ledger.mintedBatches(lot)).size > 0) {
    if (await hasAllFiles(ledger, lot)) return;
    requireFolder(layout.devices, `the folder with the devices of lot ${lot}`);
    if (withPasswords) requireFolder(layout.secrets, `the folder with the passwords of lot ${lot}`);
    return;
  }
  if (toMint === 0 || !withPasswords || job.secrets.folder === undefined) return;
  requireFolder(dirname(layout.secrets), "the job's folder for passwords");
}

/** True for a lot of which nothing is left to mint, to place or to list. */
export async function hasAllFiles(ledger: Ledger, lot: string): Promise<boolean> {
  const { planned, reserved } = await ledger.countByStage(lot);
  if (planned + reserved > 0) return false;
  return FILES_DONE.includes((await ledger.lot(lot))?.lastExitCode ?? null);
}

function requireFolder(path: string, what: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new OnboardingError(
    `${path}, ${what}, is not there; bring its drive back, or make the folder if what it held is elsewhere for good, and run again`,
    { code: "disk-unwritable" },
  );
}
