import type { DatabaseSync } from "node:sqlite";
import type { KeystoreAliases } from "../../domain/device.ts";
import type { RegistrationRow } from "../../domain/registration.ts";
import { STAGES, type Stage } from "../../domain/stage.ts";
import type { IssuedOnDay, LotFigures, LotHead, MintedRecord } from "../reading.ts";
import type { Place } from "../rules/statements/place.ts";
import type { DevicePlace, ReadingStatements } from "../rules/statements/reading.ts";
import { prepare, prepareTuples } from "./statement.ts";

interface RejectRow extends Place {
  readonly externalId: string;
  readonly field: string;
  readonly message: string | null;
  readonly cells: string;
  readonly device: number;
}

interface MintedRow extends Place, Omit<MintedRecord, "registration" | "aliases" | "files"> {
  readonly registration: string;
  readonly aliases: string | null;
  readonly files: string;
}

interface HeadRow extends Omit<LotHead, "heldBy"> {
  readonly host: string | null;
  readonly bootId: string;
  readonly pid: number;
  readonly processStart: string;
}

/** A device at its place, of a statement whose rows are arrays. */
export type DeviceRow = readonly [
  line: number,
  id: number,
  externalId: string,
  serialNumber: string,
  sha256: string,
  notAfterMs: number | null,
  stage: Stage,
];

const LOT = "(SELECT id FROM lots WHERE name = ?1)";
const AFTER = "(d.line, d.id) > (?2, ?3) ORDER BY d.line, d.id LIMIT ?4";
const MINTED = `d.line, d.id, d.external_id AS externalId, d.stage, d.part, d.part_row AS partRow,
  lower(hex(c.serial)) AS serialNumber, lower(hex(c.sha256)) AS sha256,
  lower(hex(c.public_key_sha256)) AS publicKeySha256, c.not_after_ms AS notAfterMs,
  r.subject_digest AS subjectDigest, r.registration, r.aliases, f.files`;
const OF_DEVICE = `CROSS JOIN certificates AS c ON c.id = d.certificate
  CROSS JOIN device_rows AS r ON r.device = d.id
  CROSS JOIN certificate_files AS f ON f.certificate = c.id`;

const HEADS = `
  SELECT lots.name, lots.issuer, lots.job_name AS jobName, lots.created_at_ms AS createdAtMs,
         runs.exit_code AS lastExitCode, runs.ended_at_ms AS lastRunAtMs, coalesce(chains.seq, 0) AS events,
         locks.host, locks.boot_id AS bootId, locks.pid, locks.process_start AS processStart`;
const OF_LOT = `
  LEFT JOIN chains ON chains.chain = lots.id
  LEFT JOIN locks ON locks.lot = lots.id AND locks.held = 1
  LEFT JOIN runs ON runs.number =
    (SELECT max(number) FROM runs AS ended WHERE ended.lot = lots.id AND ended.ended_at_ms IS NOT NULL)
  WHERE lots.issuer IS NOT NULL ORDER BY lots.id`;

export function readingStatements(database: DatabaseSync): ReadingStatements {
  // Stage by stage: entries of the index are counted without being compared, in half of the time of a GROUP BY.
  const counts = prepare<{ name: string; stage: Stage; n: number }>(
    database,
    `SELECT lots.name, stages.value AS stage,
            (SELECT count(*) FROM devices WHERE lot = lots.id AND devices.stage = stages.value) AS n
     FROM json_each(?1) AS asked CROSS JOIN lots ON lots.name = asked.value CROSS JOIN json_each(?2) AS stages`,
  );
  const issuers = prepare<{ issuer: string }>(
    database,
    `SELECT issuer FROM batches WHERE lot = ${LOT} AND issued > 0 GROUP BY issuer ORDER BY max(number)`,
  );
  // Rejected devices get odd numbers and rejected rows even ones, so that a page can end between the two.
  const rejects = prepare<RejectRow>(
    database,
    `SELECT line, 2 * id AS id, external_id AS externalId, field, message, cells, 0 AS device
     FROM row_rejects WHERE lot = ${LOT} AND line >= ?2 AND (line, 2 * id) > (?2, ?3)
     UNION ALL
     SELECT d.line, 2 * d.id + 1, d.external_id, '', d.reject_reason, r.cells, 1
     FROM devices AS d JOIN device_rows AS r ON r.device = d.id
     WHERE d.lot = ${LOT} AND d.stage = 'rejected' AND d.line >= ?2 AND (d.line, 2 * d.id + 1) > (?2, ?3)
     ORDER BY 1, 2 LIMIT ?4`,
  );
  const devices = prepareTuples<DeviceRow>(
    database,
    `SELECT d.line, d.id, d.external_id, lower(hex(c.serial)), lower(hex(c.sha256)), c.not_after_ms, d.stage
     FROM devices AS d INDEXED BY devices_by_line CROSS JOIN certificates AS c ON c.id = d.certificate
     WHERE d.lot = ${LOT} AND ${AFTER}`,
  );
  const minted = prepare<MintedRow>(
    database,
    `SELECT ${MINTED} FROM devices AS d INDEXED BY devices_by_line ${OF_DEVICE} WHERE d.lot = ${LOT} AND ${AFTER}`,
  );
  // In most stages every device has a certificate, and the index alone is counted; in the others the few rows are looked at.
  const countMinted = prepare<{ n: number }>(
    database,
    `SELECT (SELECT count(*) FROM devices WHERE lot = ${LOT}
               AND stage IN ('minted', 'listed', 'submitted', 'confirmed', 'revoked'))
          + (SELECT count(*) FROM devices WHERE lot = ${LOT} AND stage IN ('planned', 'reserved', 'rejected')
               AND certificate IS NOT NULL) AS n`,
  );
  // The places are numbered while the table is read once, in its own order; nothing is sorted or kept.
  const mintedAt = prepare<MintedRow>(
    database,
    `SELECT ${MINTED} FROM (
       SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM devices
       WHERE lot = ${LOT} AND certificate IS NOT NULL
     ) AS numbered CROSS JOIN devices AS d ON d.id = numbered.id ${OF_DEVICE}
     WHERE numbered.place IN (SELECT value FROM json_each(?2))`,
  );
  const allHeads = prepare<HeadRow>(database, `${HEADS} FROM lots ${OF_LOT}`);
  // CROSS JOIN: each name is one look-up in the index.
  const someHeads = prepare<HeadRow>(
    database,
    `${HEADS} FROM json_each(?) AS asked CROSS JOIN lots ON lots.name = asked.value ${OF_LOT}`,
  );
  const figures = prepare<Omit<LotFigures, "counts">>(
    database,
    `SELECT lots.name, lots.job_json AS jobJson,
            (SELECT issuer FROM batches WHERE lot = lots.id AND issued > 0 ORDER BY number DESC LIMIT 1) AS signer,
            (SELECT count(*) FROM row_rejects WHERE lot = lots.id) AS badRows,
            (SELECT count(*) FROM devices
             WHERE lot = lots.id AND stage = 'rejected' AND certificate IS NOT NULL AND part IS NOT NULL) AS resendable
     FROM json_each(?) AS asked CROSS JOIN lots ON lots.name = asked.value WHERE lots.issuer IS NOT NULL`,
  );
  const issuedByDay = prepare<IssuedOnDay>(
    database,
    `SELECT batches.issuer, date(runs.started_at_ms / 1000, 'unixepoch') AS day, sum(batches.issued) AS issued
     FROM batches CROSS JOIN runs ON runs.number = batches.run
     WHERE batches.issued > 0 AND runs.started_at_ms >= ?
     GROUP BY 2, 1 ORDER BY 2, 1`,
  );
  return {
    countStages: async (lots) => counts.all(JSON.stringify(lots), JSON.stringify(STAGES)),
    lotIssuers: async (lot) => issuers.all(lot).map(({ issuer }) => issuer),
    rejectPage: async (lot, after, limit) =>
      rejects.all(lot, after.line, after.id, limit).map(({ line, id, field, message, ...row }) => ({
        line,
        id,
        reject: {
          line,
          externalId: row.externalId,
          reason: field === "" ? (message ?? "") : `${field}: ${message ?? ""}`,
          cells: JSON.parse(row.cells) as Readonly<Record<string, string>>,
          device: row.device === 1,
        },
      })),
    devicePage: async (lot, after, limit) => devices.all(lot, after.line, after.id, limit).map(devicePlace),
    mintedPage: async (lot, after, limit) =>
      minted
        .all(lot, after.line, after.id, limit)
        .map((row) => ({ line: row.line, id: row.id, minted: recordOf(row) })),
    countMinted: async (lot) => countMinted.get(lot)?.n ?? 0,
    mintedAt: async (lot, places) => mintedAt.all(lot, JSON.stringify(places)).map(recordOf),
    lotHeads: async (lots) => (lots === undefined ? allHeads.all() : someHeads.all(JSON.stringify(lots))).map(headOf),
    lotFigures: async (lots) => figures.all(JSON.stringify(lots)),
    issuedByDay: async (fromMs) => issuedByDay.all(fromMs),
  };
}

export function devicePlace([line, id, externalId, serialNumber, sha256, notAfterMs, stage]: DeviceRow): DevicePlace {
  return { line, id, device: { externalId, serialNumber, sha256, notAfterMs, stage } };
}

function headOf({ host, bootId, pid, processStart, ...head }: HeadRow): LotHead {
  return { ...head, heldBy: host === null ? null : { host, bootId, pid, processStart } };
}

function recordOf({ id: _id, registration, aliases, files, ...row }: MintedRow): MintedRecord {
  return {
    ...row,
    registration: JSON.parse(registration) as RegistrationRow,
    ...(aliases !== null && { aliases: JSON.parse(aliases) as KeystoreAliases }),
    files: JSON.parse(files) as Readonly<Record<string, string>>,
  };
}
