import { join } from "node:path";
import type { Home } from "../disk/layout.ts";
import type { Job, Site } from "../domain/job.ts";
import { foldLotName } from "../domain/lot.ts";
import type { ManifestForm } from "../domain/manifest-form.ts";
import type { PlannedBatch } from "../domain/plan.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { readManifest } from "../manifest/read-manifest.ts";
import { makeRowRules } from "../manifest/row-to-device.ts";
import { rowsToDevices } from "../manifest/rows-to-devices.ts";
import { planManifest } from "../plan/plan-manifest.ts";
import { checkRequests } from "./check-requests.ts";

export interface LotToPlan {
  readonly home: Home;
  readonly site: Pick<Site, "idRule">;
  readonly ledger: Pick<Ledger, "knownDevices" | "countLive" | "publicKeyHolders">;
  readonly job: Job;
  readonly lot: string;
  /** Path of the manifest, or of the lot's copy of it. */
  readonly manifest: string;
  /** What faults call it. */
  readonly manifestName: string;
}

/** A manifest with the decisions on its rows, to be read once. */
export interface LotPlan {
  readonly header: readonly string[];
  readonly form: ManifestForm;
  /** True for a rejects file that came back. */
  readonly mended: boolean;
  readonly batches: AsyncIterable<PlannedBatch>;
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
  const mended = manifest.mendedLot !== undefined && foldLotName(manifest.mendedLot) === foldLotName(lot);
  const lines: number[] = [];
  return {
    header: manifest.header.names,
    form: manifest.form,
    mended,
    batches: planManifest({
      lot,
      rows: checkRequests(rowsToDevices(mended ? noting(manifest.rows, lines) : manifest.rows, rules), {
        home,
        lot,
        column: manifest.header.standard.get("csr") ?? "csr",
        ledger,
      }),
      known: (externalIds) => ledger.knownDevices(lot, externalIds),
      liveCount: await ledger.countLive(lot),
      quantity: job.quantity,
      mended,
    }),
    lines: () => lines,
    sha256: manifest.sha256,
  };
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
