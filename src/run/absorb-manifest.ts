import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { basename } from "node:path";
import { readsRowsOtherwise } from "../config/job-json.ts";
import { inputError } from "../disk/disk-error.ts";
import {
  commitFilled,
  ensureFolder,
  moveInto,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  remove,
  startReplacement,
  syncFolder,
} from "../disk/durable.ts";
import { type LotLayout, manifestCopy } from "../disk/layout.ts";
import type { Job } from "../domain/job.ts";
import { listIds } from "../domain/list-ids.ts";
import { nounFor } from "../domain/noun-for.ts";
import type { Plan, PlannedBatch } from "../domain/plan.ts";
import type { ManifestRecord } from "../ledger/lots.ts";
import { planLot } from "../plan/plan-lot.ts";
import type { LotAtWork } from "./lot/lot-at-work.ts";
import type { RunTools } from "./lot/run-tools.ts";
import type { Walk } from "./lot/walk.ts";
import { requireSecrets } from "./passwords/require-secrets.ts";

/**
 * Takes a manifest into the lot: a copy of its own first, then all its rows in one transaction or none. The
 * same content again changes nothing, unless the job reads its rows otherwise than `jobBefore` did, the job of the lot's
 * last run. Without a manifest nothing is done. Throws `usage` for a
 * file that is no manifest; then the lot is as before.
 */
export async function absorbManifest(
  tools: RunTools,
  { lease, job, layout, walk }: LotAtWork,
  manifest: string | undefined,
  jobBefore: Job | undefined,
): Promise<void> {
  if (manifest === undefined) return;
  const { ledger, log } = tools;
  const readers = readersOf(manifest);
  const sha256 = await copyManifest(manifest, layout);
  if (isTakenIn(sha256, await ledger.manifests(lease.lot), jobBefore, job)) {
    log.info({ lot: lease.lot, manifest }, `${manifest} is unchanged since it was last read`);
    return;
  }
  const copy = manifestCopy(layout, sha256);
  try {
    const planned = await planLot({
      ...tools,
      job,
      lot: lease.lot,
      manifest: copy,
      manifestName: manifest,
    });
    const { plan } = await ledger.absorbManifest(
      lease,
      {
        sha256,
        name: basename(manifest),
        kind: planned.corrected ? "mended" : "full",
        header: planned.header,
        form: { ...planned.form, readers },
        replacesLines: planned.lines,
      },
      jobBefore === undefined ? planned.batches : requiringSecrets(planned.batches, tools, job),
    );
    walk.progressed();
    tellPlan(plan, tools, walk);
  } catch (error) {
    remove(copy);
    throw error;
  }
}

/** Who may read a file, by permission bits; its owner always may. One that is gone tells `copyManifest`. */
function readersOf(path: string): number {
  return 0o600 | ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o044);
}

/** Of an amended manifest the first device that would be minted shows what it takes; without it nothing is taken in. */
async function* requiringSecrets(
  batches: AsyncIterable<PlannedBatch>,
  tools: RunTools,
  job: Job,
): AsyncGenerator<PlannedBatch> {
  let required = false;
  for await (const batch of batches) {
    if (!required && batch.decisions.some(({ kind }) => kind === "mint")) {
      await requireSecrets(tools, job);
      required = true;
    }
    yield batch;
  }
}

/** True when a run with this job would do nothing with a manifest: the lot has taken it in, and would read it the same. */
export function isTakenIn(
  sha256: string,
  manifests: readonly ManifestRecord[],
  before: Job | undefined,
  asked: Job,
): boolean {
  if (before !== undefined && readsRowsOtherwise(before, asked)) return false;
  return currentManifests(manifests).some((taken) => taken.sha256 === sha256);
}

/** The newest whole manifest and the corrected files after it: an older one that comes back is an amended one. */
function currentManifests(taken: readonly ManifestRecord[]): readonly ManifestRecord[] {
  return taken.slice(
    Math.max(
      0,
      taken.findLastIndex(({ kind }) => kind === "full"),
    ),
  );
}

/** Copies the manifest durably under the digest of its content, and gives that. */
async function copyManifest(path: string, layout: LotLayout): Promise<string> {
  ensureFolder(layout.state, PRIVATE_FOLDER);
  const incoming = `${layout.state}/manifest-incoming.csv`;
  const hash = createHash("sha256");
  await commitFilled(startReplacement(incoming, PRIVATE_FILE), async (write) => {
    try {
      for await (const chunk of createReadStream(path)) {
        hash.update(chunk as Buffer);
        write(chunk as Buffer);
      }
    } catch (error) {
      throw inputError(error, path, "there is no manifest");
    }
  });
  const sha256 = hash.digest("hex");
  moveInto(incoming, manifestCopy(layout, sha256));
  syncFolder(layout.state);
  return sha256;
}

/** What the reader of the report should know about the manifest besides its counts. */
function tellPlan(plan: Plan, { log }: RunTools, walk: Walk): void {
  const { lot, rows, mint, register, keep, rejected, gone } = plan;
  log.info(
    { lot, rows, mint, register, keep, rejected },
    `manifest read: ${rows} ${nounFor(rows, "row")}, ${mint} to mint, ${register} to register again, ${keep} unchanged, ${rejected} rejected`,
  );
  if (gone.length > 0) {
    walk.note(`${few(gone)} no longer in the manifest; nothing is revoked: that takes \`lotmint revoke\``);
  }
}

function few(ids: readonly string[]): string {
  return `${ids.length} ${nounFor(ids.length, "device")} (${listIds(ids)})`;
}
