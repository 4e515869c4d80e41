import { existsSync } from "node:fs";
import { readSealRecipient } from "../../authority/foreign/seal-recipient.ts";
import type { LotAtWork } from "../lot/lot-at-work.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { assemblePasswords } from "./assemble-passwords.ts";
import { findMissing, findSegments, refuseMissing } from "./password-segments.ts";
import { sealSegments } from "./seal-segments.ts";

/** Puts the passwords of the minted batches where they shall stay; how many, or undefined when there were none. */
type ClosePasswords = () => Promise<number | undefined>;

export interface PasswordsAsked {
  /** Whether `act` may mint, so that there will be passwords to put away. */
  readonly minting: boolean;
  /** Told of an error in closing the passwords after `act` has succeeded, and may throw it; without this the error is thrown. */
  readonly onUnclosed?: (error: unknown) => void;
}

/**
 * Does `act` and closes the lot's passwords after it, however it ends: into passwords.csv, or sealed, as the job
 * says. An error of `act` is the one that is thrown, whatever comes of the closing. Throws `usage` before `act`
 * when it mints, or passwords are left to seal, and they could not be sealed.
 */
export async function withPasswords<T>(
  tools: Pick<RunTools, "ledger" | "now">,
  lot: LotAtWork,
  { minting, onUnclosed }: PasswordsAsked,
  act: () => Promise<T>,
): Promise<T> {
  const closePasswords = await openPasswords(tools, lot, minting);
  let result: T;
  try {
    result = await act();
  } catch (error) {
    await closePasswords().catch(() => undefined);
    throw error;
  }
  try {
    await lot.walk.room("passwords", closePasswords);
  } catch (error) {
    if (onUnclosed === undefined) throw error;
    onUnclosed(error);
  }
  return result;
}

async function openPasswords(
  { ledger, now }: Pick<RunTools, "ledger" | "now">,
  { lease, job, layout }: LotAtWork,
  minting: boolean,
): Promise<ClosePasswords> {
  const { sealTo } = job.secrets;
  if (sealTo === undefined || job.passwords === "per-lot") return () => assemblePasswords(ledger, lease, layout);
  const { open, paths, leftovers } = await findSegments(ledger, lease.lot, layout);
  if (!minting && paths.length + leftovers.length === 0 && !existsSync(layout.passwords)) {
    return async () => {
      refuseMissing((await findMissing(ledger, open, { paths: [] })).missing, lease.lot, layout);
      return undefined;
    };
  }
  const recipient = readSealRecipient(sealTo, now());
  return () => sealSegments(ledger, lease, layout, recipient);
}
