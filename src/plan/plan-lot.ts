import { join } from "node:path";
import { constrainingAuthorities } from "../authority/constrained-names.ts";
import type { Home } from "../disk/layout.ts";
import { DEFAULT_MAX_ROWS, type Job, type Site } from "../domain/job.ts";
import { foldLotName } from "../domain/lot.ts";
import type { ManifestForm } from "../domain/manifest-form.ts";
import { nounFor } from "../domain/noun-for.ts";
import type { DecidedBatch } from "../domain/plan.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { manifestError } from "../manifest/manifest-error.ts";
import { type ManifestRow, readManifest } from "../manifest/read-manifest.ts";
import { makeRowRules } from "../manifest/row-to-device.ts";
import { rowsToDevices } from "../manifest/rows-to-devices.ts";
import { checkNames } from "./check-names.ts";
import { checkRequests } from "./check-requests.ts";
import { planManifest } from "./plan-manifest.ts";

export interface LotToPlan {
  readonly home: Home;
  readonly site: Pick<Site, "idRule">;
  readonly ledger: Pick<Ledger, "knownDevices" | "countLive" | "publicKeyHolders">;
  readonly job: Job;
  readonly lot: string;
  /** Path of the manifest, or of the lot's copy of it. */
  readonly manifest: string;
  /** What errors call it. */
  readonly manifestName: string;
}

/** A manifest with the decisions on its rows, to be read once. */
export interface LotPlan {
  readonly header: readonly string[];
  readonly form: ManifestForm;
  /** True for a rejects file that came back. */
  readonly corrected: boolean;
  readonly batches: AsyncIterable<DecidedBatch>;
  /** The lines that the file's rows stand for, once all have been read. */
  readonly lines: () => Iterable<number>;
  /** SHA-256 of the file, once all of it has been read. */
  readonly sha256: () => string;
}

/**
 * The rooms manifest and plan, one after the other: decides on every row and does nothing, so that a dry run
 * and a run decide the same. Throws `usage` for a file that is no manifest, some of it only on the way.
 */
export async function planLot(input: LotToPlan): Promise<LotPlan> {
  const { home, site, ledger, job, lot } = input;
  const manifest = await readManifest(input.manifest, {
    columns: job.columns,
    secretColumns: job.secretColumns,
    name: input.manifestName,
  });
  const rules = makeRowRules({
    job,
    lot,
    header: manifest.header,
    idRule: site.idRule,
    inputFolder: join(home.root, "input"),
  });
  const corrected = manifest.correctedLot !== undefined && foldLotName(manifest.correctedLot) === foldLotName(lot);
  const lines: number[] = [];
  const rows = limitRows(manifest.rows, job.maxRows ?? DEFAULT_MAX_ROWS, input.manifestName);
  return {
    header: manifest.header.names,
    form: manifest.form,
    corrected,
    batches: planManifest({
      lot,
      rows: checkNames(
        checkRequests(rowsToDevices(corrected ? noting(rows, lines) : rows, rules), {
          home,
          lot,
          column: manifest.header.standard.get("csr") ?? "csr",
          ledger,
        }),
        constrainingAuthorities(home, job.issuer),
      ),
      known: (externalIds) => ledger.knownDevices(lot, externalIds),
      liveCount: await ledger.countLive(lot),
      quantity: job.quantity,
      corrected,
    }),
    lines: () => lines,
    sha256: manifest.sha256,
  };
}

/** Throws `usage` with the line of the first row that is too many. */
async function* limitRows(
  batches: AsyncIterable<readonly ManifestRow[]>,
  most: number,
  file: string,
): AsyncGenerator<readonly ManifestRow[]> {
  let left = most;
  for await (const rows of batches) {
    const surplus = rows[left];
    if (surplus !== undefined) {
      const cure = "split the file into several lots, or raise maxRows in the job";
      throw manifestError(
        file,
        { line: surplus.line },
        `the file has more than ${most} ${nounFor(most, "row")}, the job's maxRows; ${cure}`,
      );
    }
    left -= rows.length;
    yield rows;
  }
}

async function* noting<Row extends { readonly line: number }>(
  batches: AsyncIterable<readonly Row[]>,
  lines: number[],
): AsyncGenerator<readonly Row[]> {
  for await (const rows of batches) {
    for (const { line } of rows) lines.push(line);
    yield rows;
  }
}
