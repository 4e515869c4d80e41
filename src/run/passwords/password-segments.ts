import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { listIds } from "../../domain/list-ids.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { PasswordBatch } from "../../ledger/passwords.ts";

/** What a lot's folder for passwords holds of this ledger's segments. */
export interface OwnSegments {
  /** Minted batches whose passwords are not known to be listed, oldest first. */
  readonly open: readonly PasswordBatch[];
  /** The segments of these that are there, oldest first. */
  readonly paths: readonly string[];
  /**
   * Segments whose passwords are listed, or of batches that were given up: a kill came before they were removed. And the
   * first names of segments that are in their place, which a power cut may bring back.
   */
  readonly leftovers: readonly string[];
}

/** Looks for the segments of the ledger's own batches, by their recorded names; any other is not this ledger's. */
export async function findSegments(
  ledger: Pick<Ledger, "passwordBatches">,
  lot: string,
  layout: LotLayout,
): Promise<OwnSegments> {
  const batches = await ledger.passwordBatches(lot);
  const there = new Set(namesIn(layout.secrets));
  const making = new Set(namesIn(layout.secretsWork));
  const open = batches.filter(({ state, listed }) => state !== "void" && listed !== "yes");
  const done = batches.filter(({ state, listed }) => state === "void" || listed === "yes");
  return {
    open,
    paths: open.flatMap(({ segment }) => (there.has(segment) ? [join(layout.secrets, segment)] : [])),
    leftovers: [
      ...done.flatMap(({ segment }) => (there.has(segment) ? [join(layout.secrets, segment)] : [])),
      // Of a segment that is in place only the new name is synced: a power cut may bring the old one back.
      ...batches.flatMap(({ segment, state, listed }) =>
        making.has(segment) && (there.has(segment) || state === "void" || listed === "yes")
          ? [join(layout.secretsWork, segment)]
          : [],
      ),
    ],
  };
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/**
 * Looks for each open batch's devices among these passwords: which batches are whole, and which devices have
 * no password anywhere. Of batches from before this was kept, nothing counts as missing.
 */
export async function findMissing(
  ledger: Pick<Ledger, "passwordDevices">,
  open: readonly PasswordBatch[],
  passwords: ReadonlyMap<string, string>,
): Promise<{ readonly whole: readonly number[]; readonly missing: readonly string[] }> {
  const whole: number[] = [];
  const missing: string[] = [];
  for (const { number, listed } of open) {
    const lacking = (await ledger.passwordDevices(number)).filter((externalId) => !passwords.has(externalId));
    if (lacking.length === 0) whole.push(number);
    else if (listed === "no") missing.push(...lacking);
  }
  return { whole, missing };
}

/** Throws `state-damaged`, naming them, when devices of a lot have certificates and their passwords are nowhere. */
export function refuseMissing(missing: readonly string[], lot: string, layout: LotLayout): void {
  if (missing.length === 0) return;
  const ids = listIds(missing, 5);
  const noun = missing.length === 1 ? "1 device" : `${missing.length} devices`;
  throw new OnboardingError(
    `the passwords of ${noun} (${ids}) of lot ${lot} are in no list and in no segment in ${layout.secrets}, and without them their keystores cannot be opened; bring back the files that were there and run again, or, if they are lost for good, remint or revoke the devices`,
    { code: "state-damaged" },
  );
}
