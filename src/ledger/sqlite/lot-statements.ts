import type { DatabaseSync } from "node:sqlite";
import type { TakenForm } from "../../domain/manifest-form.ts";
import type { KnownDevice } from "../../domain/plan.ts";
import type { LotRecord, ManifestRecord } from "../lots.ts";
import type { LotStatements } from "../rules/statements/lots.ts";
import type { Place } from "../rules/statements/place.ts";
import { prepare } from "./statement.ts";

interface LotRow extends Omit<LotRecord, "heldBy"> {
  readonly host: string | null;
  readonly bootId: string;
  readonly pid: number;
  readonly processStart: string;
}

interface KnownRow extends Omit<KnownDevice, "minted"> {
  readonly minted: number;
}

const LOT = "(SELECT id FROM lots WHERE name = ?1)";
// A lot that was taken but never got a job is not told of: nothing has happened in it.
const LOTS = `
  SELECT lots.name, lots.issuer, lots.job_name AS jobName, lots.job_json AS jobJson, lots.created_at_ms AS createdAtMs,
         runs.exit_code AS lastExitCode, runs.ended_at_ms AS lastRunAtMs,
         locks.host, locks.boot_id AS bootId, locks.pid, locks.process_start AS processStart
  FROM lots
  LEFT JOIN locks ON locks.lot = lots.id AND locks.held = 1
  LEFT JOIN runs ON runs.number =
    (SELECT max(number) FROM runs AS ended WHERE ended.lot = lots.id AND ended.ended_at_ms IS NOT NULL)
  WHERE lots.issuer IS NOT NULL`;
const KNOWN = `
  SELECT d.external_id AS externalId, lots.name AS lot, d.stage,
         r.subject_digest AS subjectDigest, r.registration_digest AS registrationDigest,
         d.certificate IS NOT NULL AS minted`;
const ROWS = "CROSS JOIN device_rows AS r ON r.device = d.id CROSS JOIN lots ON lots.id = d.lot";

export function lotStatements(database: DatabaseSync, clock: () => number): LotStatements {
  const one = prepare<LotRow>(database, `${LOTS} AND lots.name = ?`);
  const all = prepare<LotRow>(database, `${LOTS} ORDER BY lots.id`);
  const names = prepare<{ name: string }>(database, "SELECT name FROM lots ORDER BY id");
  const setJob = prepare(database, "UPDATE lots SET issuer = ?, job_name = ?, job_json = ? WHERE id = ?");
  const manifests = prepare<
    Omit<ManifestRecord, "header" | "form"> & { readonly header: string; readonly form: string | null }
  >(
    database,
    `SELECT number, sha256, name, kind, header, form, rows, absorbed_at_ms AS absorbedAtMs FROM manifests
     WHERE lot = ${LOT} ORDER BY number`,
  );
  const next = prepare<{ n: number }>(
    database,
    "UPDATE lots SET manifest_number = manifest_number + 1 WHERE id = ? RETURNING manifest_number AS n",
  );
  const add = prepare(
    database,
    `INSERT INTO manifests (lot, number, sha256, name, kind, header, form, rows, absorbed_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // CROSS JOIN: SQLite keeps the order, so that each id is one look-up in the index.
  const live = prepare<KnownRow>(
    database,
    `${KNOWN} FROM json_each(?) AS asked
     CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = 1 ${ROWS}`,
  );
  const ended = prepare<KnownRow>(
    database,
    `${KNOWN} FROM json_each(?2) AS asked
     CROSS JOIN devices AS d ON d.folded_id = asked.value AND d.live = 0 AND d.lot = ${LOT} ${ROWS}`,
  );
  const count = prepare<{ n: number }>(database, `SELECT count(*) AS n FROM devices WHERE lot = ${LOT} AND live = 1`);
  const ids = prepare<Place & { readonly externalId: string }>(
    database,
    `SELECT id, line, external_id AS externalId FROM devices
     WHERE lot = ${LOT} AND live = 1 AND (line, id) > (?2, ?3) ORDER BY line, id LIMIT ?4`,
  );
  return {
    lotByName: async (name) => {
      const row = one.get(name);
      return row && lotRecord(row);
    },
    lotNames: async () => names.all().map(({ name }) => name),
    allLots: async () => all.all().map(lotRecord),
    setJob: async (lot, job) => {
      setJob.run(job.issuer, job.name, job.json, lot);
    },
    manifestsOf: async (lot) =>
      manifests.all(lot).map(({ header, form, ...row }) => ({
        ...row,
        header: JSON.parse(header) as readonly string[],
        ...(form !== null && { form: JSON.parse(form) as TakenForm }),
      })),
    nextManifest: async (lot) => next.get(lot)?.n ?? 1,
    addManifest: async (lot, number, { sha256, name, kind, header, form }, rows) => {
      add.run(
        lot,
        number,
        sha256,
        name,
        kind,
        JSON.stringify(header),
        form === undefined ? null : JSON.stringify(form),
        rows,
        clock(),
      );
    },
    liveDevices: async (externalIds) => live.all(JSON.stringify(externalIds)).map(knownDevice),
    endedDevices: async (lot, foldedIds) => ended.all(lot, JSON.stringify(foldedIds)).map(knownDevice),
    countLive: async (lot) => count.get(lot)?.n ?? 0,
    livePage: async (lot, after, limit) => ids.all(lot, after.line, after.id, limit),
  };
}

function lotRecord({ host, bootId, pid, processStart, ...lot }: LotRow): LotRecord {
  return { ...lot, heldBy: host === null ? null : { host, bootId, pid, processStart } };
}

function knownDevice(row: KnownRow): KnownDevice {
  return { ...row, minted: row.minted === 1 };
}
