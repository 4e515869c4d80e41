import type { TakenForm } from "../domain/manifest-form.ts";
import type { Engine } from "./engine.ts";
import type { Ledger, LotRecord, ManifestRecord } from "./ledger.ts";
import { lotNameFinder } from "./lot-names.ts";
import { prepare } from "./statement.ts";

interface LotRow {
  readonly name: string;
  readonly issuer: string;
  readonly job_name: string;
  readonly job_json: string;
  readonly created_at_ms: number;
  readonly exit_code: number | null;
  readonly ended_at_ms: number | null;
  readonly host: string | null;
  readonly boot_id: string;
  readonly pid: number;
  readonly process_start: string;
}

interface ManifestRow extends Omit<ManifestRecord, "header" | "form" | "absorbedAtMs"> {
  readonly header: string;
  readonly form: string | null;
  readonly absorbed_at_ms: number;
}

// A lot that was taken but never got a job is not told of: nothing has happened in it.
const LOTS = `
  SELECT lots.name, lots.issuer, lots.job_name, lots.job_json, lots.created_at_ms,
         runs.exit_code, runs.ended_at_ms, locks.host, locks.boot_id, locks.pid, locks.process_start
  FROM lots
  LEFT JOIN locks ON locks.lot = lots.id AND locks.held = 1
  LEFT JOIN runs ON runs.number =
    (SELECT max(number) FROM runs AS ended WHERE ended.lot = lots.id AND ended.ended_at_ms IS NOT NULL)
  WHERE lots.issuer IS NOT NULL`;

/** Lots, the jobs they work from, and the manifests they took in. */
export function lotMethods(engine: Engine): Pick<Ledger, "lot" | "lotName" | "lots" | "recordJob" | "manifests"> {
  const { reader, writer, read, write, append, requireHold } = engine;
  const one = prepare<LotRow>(reader, `${LOTS} AND lots.name = ?`);
  const all = prepare<LotRow>(reader, `${LOTS} ORDER BY lots.id`);
  const manifests = prepare<ManifestRow>(
    reader,
    `SELECT number, sha256, name, kind, header, form, rows, absorbed_at_ms FROM manifests
     WHERE lot = (SELECT id FROM lots WHERE name = ?) ORDER BY number`,
  );
  const findName = lotNameFinder(reader);
  const setJob = prepare(writer, "UPDATE lots SET issuer = ?, job_name = ?, job_json = ? WHERE id = ?");

  return {
    lot: (name) =>
      read(() => {
        const row = one.get(name);
        return row && lotRecord(row);
      }),
    lotName: (name) => read(() => findName(name)),
    lots: () => read(() => all.all().map(lotRecord)),
    recordJob: (hold, job) =>
      write(() => {
        setJob.run(job.issuer, job.name, job.json, requireHold(hold));
        append({ kind: "job-recorded", subject: hold.lot, detail: { issuer: job.issuer, job: job.name } });
      }),
    manifests: (lot) =>
      read(() =>
        manifests.all(lot).map(({ header, form, absorbed_at_ms: absorbedAtMs, ...row }) => ({
          ...row,
          header: JSON.parse(header) as readonly string[],
          ...(form !== null && { form: JSON.parse(form) as TakenForm }),
          absorbedAtMs,
        })),
      ),
  };
}

function lotRecord(row: LotRow): LotRecord {
  const { host, boot_id: bootId, pid, process_start: processStart } = row;
  return {
    name: row.name,
    issuer: row.issuer,
    jobName: row.job_name,
    jobJson: row.job_json,
    createdAtMs: row.created_at_ms,
    lastExitCode: row.exit_code,
    lastRunAtMs: row.ended_at_ms,
    heldBy: host === null ? null : { host, bootId, pid, processStart },
  };
}
