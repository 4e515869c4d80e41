import { existsSync } from "node:fs";
import { readSealRecipient } from "../../authority/foreign/seal-recipient.ts";
import type { LotLayout } from "../../disk/layout.ts";
import type { Job } from "../../domain/job.ts";
import type { LotLease } from "../../ledger/locks.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { assemblePasswords } from "./assemble-passwords.ts";
import { findMissing, findSegments, refuseMissing } from "./password-segments.ts";
import { sealSegments } from "./seal-segments.ts";

/** Puts the passwords of the minted batches where they shall stay; how many, or undefined when there were none. */
export type ClosePasswords = () => Promise<number | undefined>;

/**
 * Prepares to close a lot's passwords at the end of a run: into passwords.csv, or sealed. With `minting`, or with
 * passwords left to seal, it throws `usage` when they could not be sealed: before anything is minted.
 */
export async function openPasswords(
  { ledger, now }: Pick<RunTools, "ledger" | "now">,
  lease: LotLease,
  job: Job,
  layout: LotLayout,
  minting: boolean,
): Promise<ClosePasswords> {
  const { sealTo } = job.secrets;
  if (sealTo === undefined || job.passwords === "per-lot") return () => assemblePasswords(ledger, lease, layout);
  const { open, paths, leftovers } = await findSegments(ledger, lease.lot, layout);
  if (!minting && paths.length + leftovers.length === 0 && !existsSync(layout.passwords)) {
    return async () => {
      refuseMissing((await findMissing(ledger, open, new Map())).missing, lease.lot, layout);
      return undefined;
    };
  }
  const recipient = readSealRecipient(sealTo, now());
  return () => sealSegments(ledger, lease, layout, recipient);
}
