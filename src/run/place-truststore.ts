import { readFileSync } from "node:fs";
import { ensureFolder, replaceFile, SHARED_FILE } from "../disk/durable.ts";
import { type LotLayout, lotTruststore } from "../disk/layout.ts";
import type { Truststore } from "../domain/job.ts";
import { DEFAULT_ITERATIONS } from "../keystore/device-files.ts";
import { LOT_TRUSTSTORE_PASSWORD, TRUSTSTORE_NAMES, writeLotTruststore } from "../keystore/lot-truststore.ts";
import { openRandomPool } from "../keystore/random-pool.ts";
import { KeystoreError } from "../verify/keystore-error.ts";
import { readTruststore } from "../verify/read-truststore.ts";
import { loadTruststore } from "./lot/load-truststore.ts";
import type { LotAtWork } from "./lot/lot-at-work.ts";
import type { RunTools } from "./lot/run-tools.ts";

type Format = Truststore["formats"][number];

/**
 * Writes the lot's own truststore, whole and durable, before any of its devices is minted: once, and again only
 * where it is missing, does not open, or the devices to mint shall trust something else by now. Throws `usage`
 * when the certificates cannot be used.
 */
export async function placeTruststore(
  tools: RunTools,
  { lease: { lot }, job, layout, walk }: LotAtWork,
): Promise<void> {
  const { truststore } = job;
  if (truststore?.per !== "lot") return;
  const { planned } = await tools.ledger.countByStage(lot);
  const { issued } = await tools.ledger.countLotCertificates(lot);
  const missing = truststore.formats.some((format) => readPlaced(layout, format) === undefined);
  if (planned === 0 && (issued === 0 || !missing)) return;
  const { certificates, notes } = loadTruststore(tools.home, truststore, tools.now());
  for (const note of notes) walk.note(note);
  const { recipe = "modern", iterations = DEFAULT_ITERATIONS } = job.keystores.pkcs12 ?? {};
  const options = { recipe, iterations, certificates, createdAtMs: tools.now() };
  for (const format of new Set(truststore.formats)) {
    const placed = readPlaced(layout, format);
    if (placed !== undefined && holdsSame(placed, certificates)) continue;
    if (placed !== undefined) {
      walk.note(`${TRUSTSTORE_NAMES[format]} was written anew, since the job's certificates to trust have changed`);
    }
    ensureFolder(layout.folder);
    const path = lotTruststore(layout, TRUSTSTORE_NAMES[format]);
    replaceFile(path, writeLotTruststore(format, options, openRandomPool()), SHARED_FILE);
    walk.progressed();
  }
}

/** The certificates that the lot's truststore holds; undefined when it is not there or does not open. */
function readPlaced(layout: LotLayout, format: Format): readonly Buffer[] | undefined {
  const name = TRUSTSTORE_NAMES[format];
  try {
    return readTruststore(name, readFileSync(lotTruststore(layout, name)), LOT_TRUSTSTORE_PASSWORD);
  } catch (error) {
    if (error instanceof KeystoreError || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}

function holdsSame(placed: readonly Buffer[], wanted: readonly Buffer[]): boolean {
  return placed.length === wanted.length && wanted.every((octets) => placed.some((held) => held.equals(octets)));
}
