import type { DatabaseSync } from "node:sqlite";
import type { AbsorbStatements, OwnDevice } from "../rules/statements/absorbing.ts";
import { stagesBefore } from "./conditions.ts";
import { prepare, prepareRows } from "./statement.ts";

/** The set of devices that a manifest names is outside the ledger's file, so it costs no durable write. */
const NAMED = "CREATE TEMP TABLE IF NOT EXISTS named (device INTEGER PRIMARY KEY)";

export function absorbStatements(database: DatabaseSync): AbsorbStatements {
  // An id that was revoked in another lot starts a new life here: the platform may have it still, from us.
  const add = prepare<{ id: number; externalId: string }>(
    database,
    `INSERT INTO devices (lot, external_id, folded_id, line, stage, live, sent_before)
     SELECT ?1, value ->> 0, value ->> 1, value ->> 2, 'planned', 1, coalesce((
       SELECT max(sent_before) FROM devices AS e
       WHERE e.external_id = value ->> 0 AND e.live = 0 AND e.certificate IS NOT NULL), 0)
     FROM json_each(?2) WHERE TRUE ON CONFLICT DO NOTHING RETURNING id, external_id AS externalId`,
  );
  const own = prepare<Omit<OwnDevice, "minted"> & { readonly minted: number }>(
    database,
    `SELECT d.id, d.external_id AS externalId, d.folded_id AS foldedId, d.stage, d.certificate IS NOT NULL AS minted
     FROM json_each(?2) AS asked CROSS JOIN devices AS d ON d.lot = ?1 AND d.folded_id = asked.value`,
  );
  const elsewhere = prepare<{ externalId: string; lot: string }>(
    database,
    `SELECT d.external_id AS externalId, lots.name AS lot FROM json_each(?2) AS asked
     CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = 1 AND d.lot <> ?1
     CROSS JOIN lots ON lots.id = d.lot`,
  );
  const planAgain = prepare(
    database,
    `UPDATE devices SET stage = 'planned', live = 1, line = asked.value ->> 1, certificate = NULL, part = NULL,
       part_row = NULL, reject_reason = NULL,
       present_before = CASE WHEN stage = 'rejected' AND sent_before = 0 THEN NULL ELSE present_before END
     FROM json_each(?) AS asked WHERE devices.id = asked.value ->> 0`,
  );
  const forgetAnswers = prepare(
    database,
    `UPDATE devices SET present_before = NULL
     FROM json_each(?) AS asked CROSS JOIN device_rows AS r ON r.device = asked.value ->> 0
     WHERE devices.id = asked.value ->> 0 AND devices.present_before IS NOT NULL AND devices.sent_before = 0
       AND r.registration ->> '$.idType' IS NOT asked.value ->> 1`,
  );
  const writeRows = prepareRows(
    database,
    `INSERT OR REPLACE INTO device_rows
       (device, cells, subject, subject_digest, registration, registration_digest, certificate_request, aliases)`,
    "(?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const changeRows = prepare(
    database,
    `UPDATE device_rows SET cells = asked.value ->> 1, registration = asked.value ->> 2,
       registration_digest = asked.value ->> 3
     FROM json_each(?) AS asked WHERE device_rows.device = asked.value ->> 0`,
  );
  // Before lines change: where the devices stood that a receipt tells of, unless that is noted already.
  const keepLines = prepare(
    database,
    `INSERT OR IGNORE INTO receipt_lines (lot, device, receipt, line)
     SELECT d.lot, d.id, (SELECT max(number) FROM receipts WHERE receipts.lot = d.lot), d.line
     FROM json_each(?) AS asked CROSS JOIN devices AS d ON d.id = asked.value ->> 0
     WHERE d.certificate IS NOT NULL AND (d.line <> asked.value ->> 1 OR d.stage = 'revoked')
       AND EXISTS (SELECT 1 FROM receipts WHERE receipts.lot = d.lot)`,
  );
  const changeLines = prepare(
    database,
    "UPDATE devices SET line = asked.value ->> 1 FROM json_each(?) AS asked WHERE devices.id = asked.value ->> 0",
  );
  // Without a certificate there is nothing to register yet: its row is cut when it has been minted.
  const registerAgain = prepare(
    database,
    `UPDATE devices SET stage = 'minted', part = NULL, part_row = NULL, reject_reason = NULL
     WHERE id IN (SELECT value FROM json_each(?)) AND certificate IS NOT NULL
       AND stage IN (${stagesBefore("minted")}) AND stage <> 'reserved'`,
  );
  const dropOther = prepare(
    database,
    `UPDATE device_rows SET next_subject = NULL, next_subject_digest = NULL, next_request = NULL, next_aliases = NULL
     FROM json_each(?) AS asked WHERE device_rows.device = asked.value ->> 0 AND next_subject IS NOT NULL
       AND (next_subject IS NOT asked.value ->> 1 OR next_request IS NOT asked.value ->> 2
         OR next_aliases IS NOT asked.value ->> 3)`,
  );
  const keepNext = prepare(
    database,
    `UPDATE device_rows SET next_subject = asked.value ->> 1, next_subject_digest = asked.value ->> 2,
       next_request = asked.value ->> 3, next_aliases = asked.value ->> 4
     FROM json_each(?) AS asked WHERE device_rows.device = asked.value ->> 0`,
  );
  const dropNext = prepare(
    database,
    `UPDATE device_rows SET next_subject = NULL, next_subject_digest = NULL, next_request = NULL, next_aliases = NULL
     WHERE device IN (SELECT value FROM json_each(?)) AND next_subject IS NOT NULL`,
  );
  return {
    ...rejectStatements(database),
    addPlanned: async (lot, devices) =>
      add.all(lot, JSON.stringify(devices.map(({ externalId, foldedId, line }) => [externalId, foldedId, line]))),
    ownDevices: async (lot, foldedIds) =>
      own.all(lot, JSON.stringify(foldedIds)).map((row) => ({ ...row, minted: row.minted === 1 })),
    heldElsewhere: async (lot, externalIds) => elsewhere.all(lot, JSON.stringify(externalIds)),
    planAgain: async (devices) => {
      const places = JSON.stringify(devices.map(({ id, line }) => [id, line]));
      keepLines.run(places);
      planAgain.run(places);
    },
    forgetAnswers: async (rows) => {
      forgetAnswers.run(JSON.stringify(rows.map(({ device, idType }) => [device, idType ?? null])));
    },
    writeRows: async (rows) => {
      writeRows(
        rows.map((row) => [
          row.device,
          row.cells,
          row.subject,
          row.subjectDigest,
          row.registration,
          row.registrationDigest,
          row.certificateRequest,
          row.aliases,
        ]),
      );
    },
    changeRows: async (rows) => {
      const cells = rows.map((row) => [row.device, row.cells, row.registration, row.registrationDigest]);
      changeRows.run(JSON.stringify(cells));
      const places = JSON.stringify(rows.map(({ device, line }) => [device, line]));
      keepLines.run(places);
      changeLines.run(places);
      registerAgain.run(JSON.stringify(rows.map(({ device }) => device)));
      dropOther.run(JSON.stringify(rows.map((row) => [row.device, row.subject, row.certificateRequest, row.aliases])));
    },
    keepNext: async (rows) => {
      const wishes = rows.map((row) => [
        row.device,
        row.subject,
        row.subjectDigest,
        row.certificateRequest,
        row.aliases,
      ]);
      keepNext.run(JSON.stringify(wishes));
    },
    dropNext: async (devices) => {
      dropNext.run(JSON.stringify(devices));
    },
  };
}

type RejectStatements = Pick<
  AbsorbStatements,
  "forgetNamed" | "nameDevices" | "nameLive" | "unnamedDevices" | "addRejects" | "dropRejects" | "dropRejectLines"
>;

function rejectStatements(database: DatabaseSync): RejectStatements {
  const forget = prepare(database, "DELETE FROM temp.named");
  const name = prepare(database, "INSERT OR IGNORE INTO temp.named (device) SELECT value FROM json_each(?)");
  const nameLive = prepare(
    database,
    `INSERT OR IGNORE INTO temp.named (device)
     SELECT d.id FROM json_each(?2) AS asked
     CROSS JOIN devices AS d ON d.lot = ?1 AND d.folded_id = asked.value AND d.live = 1`,
  );
  const unnamed = prepare<{ externalId: string }>(
    database,
    `SELECT external_id AS externalId FROM devices
     WHERE lot = ? AND live = 1 AND id NOT IN (SELECT device FROM temp.named) ORDER BY line, id`,
  );
  const add = prepareRows(
    database,
    "INSERT INTO row_rejects (lot, manifest, line, external_id, field, message, cells)",
    "(?, ?, ?, ?, ?, ?, ?)",
  );
  const dead = "lot = ?1 AND stage = 'rejected' AND certificate IS NULL AND id NOT IN (SELECT device FROM temp.named)";
  const drop = (lines: (list: string) => string) =>
    [
      prepare(database, `DELETE FROM row_rejects WHERE lot = ?1 AND manifest < ?2 ${lines("?3")}`),
      prepare(
        database,
        `DELETE FROM device_rows WHERE device IN (SELECT id FROM devices WHERE ${dead} ${lines("?2")})`,
      ),
      prepare(database, `DELETE FROM devices WHERE ${dead} ${lines("?2")}`),
    ] as const;
  const [rows, deviceRows, devices] = drop(() => "");
  const [lineRows, lineDeviceRows, lineDevices] = drop((list) => `AND line IN (SELECT value FROM json_each(${list}))`);
  return {
    forgetNamed: async () => {
      database.exec(NAMED);
      forget.run();
    },
    nameDevices: async (ids) => {
      name.run(JSON.stringify(ids));
    },
    nameLive: async (lot, foldedIds) => {
      nameLive.run(lot, JSON.stringify(foldedIds));
    },
    unnamedDevices: async (lot) => unnamed.all(lot).map((row) => row.externalId),
    addRejects: async (lot, manifest, rejects) => {
      add(
        rejects.map(({ line, externalId, field, message, cells }) => {
          return [lot, manifest, line, externalId, field, message, cells];
        }),
      );
    },
    dropRejects: async (lot, manifest) => {
      rows.run(lot, manifest);
      deviceRows.run(lot);
      devices.run(lot);
    },
    dropRejectLines: async (lot, manifest, lines) => {
      const asked = JSON.stringify(lines);
      lineRows.run(lot, manifest, asked);
      lineDeviceRows.run(lot, asked);
      lineDevices.run(lot, asked);
    },
  };
}
