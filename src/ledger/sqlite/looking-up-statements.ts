import type { DatabaseSync } from "node:sqlite";
import { foldId } from "../../domain/device.ts";
import type { DeviceKey, RowReject } from "../looking-up.ts";
import { ARCHIVE } from "../rules/event-digest.ts";
import type { CertificateState, DeviceState, FoundEvent, LookingUpStatements } from "../rules/statements/looking-up.ts";
import { prepare } from "./statement.ts";

// CROSS JOIN everywhere: SQLite keeps the order, so that what was asked for is looked up in an index.
export function lookingUpStatements(database: DatabaseSync): LookingUpStatements {
  // Each half has an index of its own, which SQLite takes for a condition that it can read.
  const named = prepare<DeviceKey>(
    database,
    [1, 0]
      .map(
        (live) => `SELECT lots.name AS lot, d.external_id AS externalId FROM json_each(?1) AS asked
          CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = ${live}
          CROSS JOIN lots ON lots.id = d.lot`,
      )
      .join(" UNION ALL "),
  );
  const folded = prepare<DeviceKey>(
    database,
    `SELECT lots.name AS lot, d.external_id AS externalId FROM json_each(?1) AS asked
     CROSS JOIN lots CROSS JOIN devices AS d ON d.lot = lots.id AND d.folded_id = asked.value`,
  );
  const states = prepare<DeviceState>(
    database,
    `SELECT d.id, d.lot AS chain, lots.name AS lot, d.external_id AS externalId, d.stage, d.line, d.part,
            d.part_row AS partRow, d.reject_reason AS rejectReason
     FROM json_each(?1) AS asked CROSS JOIN lots ON lots.name = asked.value ->> 0
     CROSS JOIN devices AS d
       ON d.lot = lots.id AND d.folded_id = asked.value ->> 1 AND d.external_id = asked.value ->> 2
     ORDER BY asked.key`,
  );
  return {
    ...certificateReads(database),
    ...eventReads(database),
    namedDevices: async (externalIds) => named.all(JSON.stringify(externalIds)).map((row) => ({ ...row })),
    foldedDevices: async (foldedIds) => folded.all(JSON.stringify(foldedIds)).map((row) => ({ ...row })),
    deviceStates: async (devices) =>
      states.all(JSON.stringify(devices.map(({ lot, externalId }) => [lot, foldId(externalId), externalId]))),
  };
}

function certificateReads(
  database: DatabaseSync,
): Pick<LookingUpStatements, "certificatesOf" | "uploadsOf" | "rejectedRows"> {
  // The current one from the device's row, past ones by its id, those that are being made in the lot's open batches;
  // the + keeps SQLite from making an index of all certificates for these.
  const certificates = prepare<Omit<CertificateState, "replaced"> & { readonly replaced: number }>(
    database,
    `WITH asked AS MATERIALIZED (
       SELECT d.id AS device, d.lot, d.external_id, d.certificate
       FROM json_each(?1) AS named CROSS JOIN devices AS d ON d.id = named.value),
     found AS (
       SELECT device, certificate FROM asked WHERE certificate IS NOT NULL
       UNION
       SELECT asked.device, c.id FROM asked
       CROSS JOIN certificates AS c INDEXED BY certificates_past
         ON c.external_id = asked.external_id AND c.state IN ('revoked', 'abandoned') AND c.lot = asked.lot
       UNION
       SELECT asked.device, c.id FROM asked
       CROSS JOIN batches AS b INDEXED BY batches_open ON b.lot = asked.lot AND b.state IN ('reserved', 'minted')
       CROSS JOIN certificates AS c ON c.id BETWEEN b.first_certificate AND b.last_certificate
         AND +c.external_id = asked.external_id AND +c.state = 'reserved')
     SELECT found.device, lower(hex(c.serial)) AS serialNumber, c.issuer, c.batch, c.state,
            nullif(lower(hex(c.sha256)), '') AS sha256,
            nullif(lower(hex(c.public_key_sha256)), '') AS publicKeySha256,
            CASE WHEN c.sha256 IS NOT NULL THEN b.not_before_ms END AS notBeforeMs, c.not_after_ms AS notAfterMs,
            c.ended_at_ms AS endedAtMs, c.reason,
            c.id IN (SELECT newer.replaces FROM found AS others CROSS JOIN certificates AS newer
                     ON newer.id = others.certificate
                     WHERE newer.replaces IS NOT NULL AND newer.sha256 IS NOT NULL) AS replaced
     FROM found CROSS JOIN certificates AS c ON c.id = found.certificate
     LEFT JOIN batches AS b ON b.number = c.batch ORDER BY c.id`,
  );
  const uploads = prepare<Awaited<ReturnType<LookingUpStatements["uploadsOf"]>>[number]>(
    database,
    `SELECT d.id AS device, u.number, u.opened_at_ms AS openedAtMs, u.closed_at_ms AS closedAtMs, u.kind, u.status,
            u.message
     FROM json_each(?1) AS asked CROSS JOIN devices AS d ON d.id = asked.value
     CROSS JOIN uploads AS u INDEXED BY uploads_by_part ON u.lot = d.lot AND u.part = d.part
     WHERE EXISTS (SELECT 1 FROM upload_members AS m WHERE m.upload = u.number AND m.device = d.id)
     ORDER BY u.number`,
  );
  const rejects = prepare<RowReject & { readonly field: string }>(
    database,
    `SELECT lots.name AS lot, r.external_id AS externalId, r.line, r.field, r.message AS reason
     FROM json_each(?1) AS asked CROSS JOIN row_rejects AS r ON r.external_id = asked.value
     CROSS JOIN lots ON lots.id = r.lot ORDER BY r.id`,
  );
  return {
    certificatesOf: async (devices) =>
      certificates.all(JSON.stringify(devices)).map((row) => ({ ...row, replaced: row.replaced === 1 })),
    uploadsOf: async (devices) => uploads.all(JSON.stringify(devices)).map((row) => ({ ...row })),
    rejectedRows: async (externalIds) =>
      rejects
        .all(JSON.stringify(externalIds))
        .map(({ field, reason, ...row }) => ({ ...row, reason: field === "" ? reason : `${field}: ${reason}` })),
  };
}

function eventReads(database: DatabaseSync): Pick<LookingUpStatements, "numberedEvents" | "revocationEvents"> {
  type Found = FoundEvent & { readonly device: number };
  const FOUND = "SELECT asked.value ->> 0 AS device, e.chain, e.seq, e.at_ms AS atMs, e.kind";
  // Both chains that a lot's events can be in, in the archive told by their subject; the index is used for each of them.
  const CHAINS = `json_each(?1) AS asked
     CROSS JOIN (SELECT 0 AS archived UNION ALL SELECT 1) AS either
     CROSS JOIN events AS e INDEXED BY events_by_number
       ON e.chain = iif(either.archived, ${ARCHIVE}, asked.value ->> 1) AND (NOT either.archived OR e.subject = asked.value ->> 2)`;
  const numbered = prepare<Found>(
    database,
    `${FOUND} FROM ${CHAINS} AND e.kind = asked.value ->> 3 AND e.number IS asked.value ->> 4`,
  );
  const revocations = prepare<Found>(
    database,
    `${FOUND} FROM ${CHAINS} AND e.kind = 'certificates-revoked' AND e.number IS NULL
       AND e.at_ms >= asked.value ->> 3 AND instr(e.detail, asked.value ->> 4)`,
  );
  return {
    numberedEvents: async (asked) =>
      numbered.all(
        JSON.stringify(asked.map(({ device, chain, lot, kind, number }) => [device, chain, lot, kind, number])),
      ),
    revocationEvents: async (asked) =>
      revocations.all(
        JSON.stringify(
          asked.map(({ device, chain, lot, fromMs, serialNumber }) => [device, chain, lot, fromMs, serialNumber]),
        ),
      ),
  };
}
