import type { DatabaseSync } from "node:sqlite";
import type { KeystoreAliases } from "../../domain/device.ts";
import type { RegistrationRow } from "../../domain/registration.ts";
import { STAGES, type Stage } from "../../domain/stage.ts";
import type { MintedRecord } from "../reading.ts";
import type { Place } from "../rules/statements/place.ts";
import type { ReadingStatements } from "../rules/statements/reading.ts";
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

type DeviceRow = readonly [
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

export function readingStatements(database: DatabaseSync): ReadingStatements {
  // Stage by stage: entries of the index are counted without being compared, in half of the time of a GROUP BY.
  const counts = prepare<{ stage: Stage; n: number }>(
    database,
    `SELECT asked.value AS stage,
            (SELECT count(*) FROM devices WHERE lot = ${LOT} AND devices.stage = asked.value) AS n
     FROM json_each(?2) AS asked`,
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
  return {
    countStages: async (lot) => counts.all(lot, JSON.stringify(STAGES)),
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
    devicePage: async (lot, after, limit) =>
      devices
        .all(lot, after.line, after.id, limit)
        .map(([line, id, externalId, serialNumber, sha256, notAfterMs, stage]) => {
          return { line, id, device: { externalId, serialNumber, sha256, notAfterMs, stage } };
        }),
    mintedPage: async (lot, after, limit) =>
      minted
        .all(lot, after.line, after.id, limit)
        .map((row) => ({ line: row.line, id: row.id, minted: recordOf(row) })),
    countMinted: async (lot) => countMinted.get(lot)?.n ?? 0,
    mintedAt: async (lot, places) => mintedAt.all(lot, JSON.stringify(places)).map(recordOf),
  };
}

function recordOf({ id: _id, registration, aliases, files, ...row }: MintedRow): MintedRecord {
  return {
    ...row,
    registration: JSON.parse(registration) as RegistrationRow,
    ...(aliases !== null && { aliases: JSON.parse(aliases) as KeystoreAliases }),
    files: JSON.parse(files) as Readonly<Record<string, string>>,
  };
}
