import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { LotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { listIds } from "../../domain/list-ids.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { PasswordBatch } from "../../ledger/passwords.ts";
import { type PasswordSources, strikeListed } from "./merge-passwords.ts";

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
  const isDone = ({ state, listed }: PasswordBatch) => state === "void" || listed === "yes";
  const open = batches.filter((batch) => !isDone(batch));
  return {
    open,
    paths: open.flatMap(({ segment }) => (there.has(segment) ? [join(layout.secrets, segment)] : [])),
    leftovers: [
      ...batches.flatMap((batch) =>
        isDone(batch) && there.has(batch.segment) ? [join(layout.secrets, batch.segment)] : [],
      ),
      // Of a segment that is in place only the new name is synced: a power cut may bring the old one back.
      ...batches.flatMap((batch) =>
        making.has(batch.segment) && (there.has(batch.segment) || isDone(batch))
          ? [join(layout.secretsWork, batch.segment)]
          : [],
      ),
    ],
  };
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Ids that are looked for together in all lists. */
const IDS_AT_ONCE = 50_000;

/**
 * Looks for each open batch's devices in these lists: which batches are whole, and which devices have no password
 * anywhere. Of batches from before this was kept, nothing counts as missing.
 */
export async function findMissing(
  ledger: Pick<Ledger, "passwordDevices">,
  open: readonly PasswordBatch[],
  sources: PasswordSources,
  idsAtOnce: number = IDS_AT_ONCE,
): Promise<{ readonly whole: readonly number[]; readonly missing: readonly string[] }> {
  const own = new Map(sources.paths.map((path) => [basename(path), path]));
  const lacking = new Set<number>();
  const missing: string[] = [];
  /** By device, the batch that wants its password. */
  let sought = new Map<string, PasswordBatch>();
  const seek = async () => {
    const ids = new Set(sought.keys());
    await strikeListed(ids, sources);
    for (const externalId of ids) {
      const batch = sought.get(externalId);
      if (batch === undefined) continue;
      lacking.add(batch.number);
      if (batch.listed === "no") missing.push(externalId);
    }
    sought = new Map();
  };
  for (const batch of open) {
    const ids = new Set(await ledger.passwordDevices(batch.number));
    const segment = own.get(batch.segment);
    // As a rule they are all there, and nothing else need be read.
    if (segment !== undefined) await strikeListed(ids, { paths: [segment] });
    for (const externalId of ids) sought.set(externalId, batch);
    if (sought.size >= idsAtOnce) await seek();
  }
  if (sought.size > 0) await seek();
  return { whole: open.map(({ number }) => number).filter((number) => !lacking.has(number)), missing };
}

/** Throws `state-damaged`, naming them, when devices of a lot have certificates and their passwords are nowhere. */
export function refuseMissing(missing: readonly string[], lot: string, layout: LotLayout): void {
  if (missing.length === 0) return;
  const ids = listIds(missing, 5);
  const noun = `${missing.length} ${nounFor(missing.length, "device")}`;
  throw new OnboardingError(
    `the passwords of ${noun} (${ids}) of lot ${lot} are in no list and in no segment in ${layout.secrets}, and without them their keystores cannot be opened; bring back the files that were there and run again, or, if they are lost for good, remint or revoke the devices`,
    { code: "state-damaged" },
  );
}
