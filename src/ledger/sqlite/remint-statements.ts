import type { DatabaseSync } from "node:sqlite";
import { foldId } from "../../domain/device.ts";
import type { OpenRemint } from "../reminting.ts";
import type { RemintRow, RemintStatements } from "../rules/statements/reminting.ts";
import { IN_BATCH } from "./conditions.ts";
import { prepare } from "./statement.ts";

const LOT = "(SELECT id FROM lots WHERE name = ?1)";
// With a row to register again, or back from revocation, its row is cut anew; else it is where it was.
const REGISTERS = "(?2 = 1 OR stage = 'revoked')";

export function remintStatements(database: DatabaseSync, clock: () => number): RemintStatements {
  const find = prepare<{ reason: string; register: number; push: number }>(
    database,
    "SELECT reason, register, push FROM remints WHERE batch = ?",
  );
  const add = prepare(database, "INSERT INTO remints (batch, reason, register, push) VALUES (?, ?, ?, ?)");
  const certified = prepare<{ id: number; externalId: string; live: number }>(
    database,
    `SELECT d.id, d.external_id AS externalId, d.live FROM json_each(?2) AS asked
     CROSS JOIN devices AS d ON d.lot = ?1 AND d.folded_id = asked.value ->> 0 AND d.external_id = asked.value ->> 1
     WHERE d.certificate IS NOT NULL AND d.stage NOT IN ('planned', 'reserved')`,
  );
  const holders = prepare<{ externalId: string; lot: string }>(
    database,
    `SELECT own.external_id AS externalId, lots.name AS lot FROM json_each(?) AS asked
     CROSS JOIN devices AS own ON own.id = asked.value
     CROSS JOIN devices AS other ON other.external_id = own.external_id AND other.live = 1
     CROSS JOIN lots ON lots.id = other.lot`,
  );
  const claim = prepare(
    database,
    `UPDATE devices SET live = 1 WHERE id IN (SELECT value FROM json_each(?)) AND NOT EXISTS (
       SELECT 1 FROM devices AS other WHERE other.external_id = devices.external_id AND other.live = 1)`,
  );
  const end = prepare<{ serial: string }>(
    database,
    `UPDATE certificates SET state = 'revoked', reason = ?2, ended_at_ms = ?3
     WHERE state = 'issued' AND id IN (SELECT replaces FROM certificates WHERE ${IN_BATCH} AND state = 'issued')
     RETURNING lower(hex(serial)) AS serial`,
  );
  const replace = prepare(
    database,
    `UPDATE devices SET certificate = c.id, live = 1,
       part = CASE WHEN ${REGISTERS} THEN NULL ELSE part END,
       part_row = CASE WHEN ${REGISTERS} THEN NULL ELSE part_row END,
       reject_reason = CASE WHEN ${REGISTERS} THEN NULL ELSE reject_reason END,
       stage = CASE WHEN ${REGISTERS} THEN 'minted' ELSE stage END
     FROM (SELECT id, device FROM certificates WHERE ${IN_BATCH} AND state = 'issued') AS c WHERE devices.id = c.device`,
  );
  const takeNext = prepare(
    database,
    `UPDATE device_rows SET subject = next_subject, subject_digest = next_subject_digest,
       certificate_request = next_request, aliases = next_aliases,
       next_subject = NULL, next_subject_digest = NULL, next_request = NULL, next_aliases = NULL
     WHERE next_subject IS NOT NULL
       AND device IN (SELECT device FROM certificates WHERE ${IN_BATCH} AND state = 'issued')`,
  );
  const release = prepare(
    database,
    `UPDATE devices SET live = 0 WHERE stage = 'revoked'
       AND id IN (SELECT device FROM certificates WHERE ${IN_BATCH} AND state = 'reserved')`,
  );
  const close = prepare(database, "UPDATE remints SET open = 0 WHERE batch = ? AND open = 1");
  return {
    ...remintReads(database),
    remintOf: async (batch) => {
      const row = find.get(batch);
      return row && { reason: row.reason, register: row.register === 1, push: row.push === 1 };
    },
    addRemint: async (batch, { reason, register, push }) => {
      add.run(batch, reason, register ? 1 : 0, push ? 1 : 0);
    },
    certifiedOf: async (lot, externalIds) => {
      const asked = JSON.stringify(externalIds.map((externalId) => [foldId(externalId), externalId]));
      return certified.all(lot, asked).map((row) => ({ ...row, live: row.live === 1 }));
    },
    claimIds: async (devices) => {
      const asked = JSON.stringify(devices);
      const others = holders.all(asked);
      claim.run(asked);
      return others;
    },
    endReplaced: async (batch, reason) => end.all(batch, reason, clock()).map((row) => row.serial),
    replaceCertificates: async (batch, register) => {
      replace.run(batch, register ? 1 : 0);
      takeNext.run(batch);
    },
    releaseIds: async (batch) => {
      release.run(batch);
    },
    closeRemint: async (batch) => close.run(batch) === 1,
  };
}

type RemintReads = Pick<RemintStatements, "remintRows" | "openRemintsOf" | "countReworks" | "subjectChanges">;

function remintReads(database: DatabaseSync): RemintReads {
  const rows = prepare<
    Omit<RemintRow, "ownKey" | "newRequest"> & { readonly ownKey: number; readonly newRequest: number }
  >(
    database,
    `SELECT d.external_id AS externalId, d.line, coalesce(r.next_subject, r.subject) AS subject,
            CASE WHEN r.next_subject IS NULL THEN r.certificate_request ELSE r.next_request END AS certificateRequest,
            CASE WHEN r.next_subject IS NULL THEN r.aliases ELSE r.next_aliases END AS aliases,
            r.certificate_request IS NOT NULL AS ownKey,
            r.next_subject IS NOT NULL AND r.next_request IS NOT r.certificate_request AS newRequest,
            lower(hex(c.serial)) AS serialNumber
     FROM json_each(?2) AS asked
     CROSS JOIN devices AS d ON d.lot = ${LOT} AND d.folded_id = asked.value
     JOIN device_rows AS r ON r.device = d.id JOIN certificates AS c ON c.id = d.certificate
     WHERE d.stage NOT IN ('planned', 'reserved') ORDER BY d.line, d.id`,
  );
  const open = prepare<{ batch: number; push: number }>(
    database,
    `SELECT batch, push FROM remints JOIN batches ON batches.number = remints.batch
     WHERE open = 1 AND state IN ('minted', 'placed') AND batches.lot = ${LOT} ORDER BY batch`,
  );
  const members = prepare<OpenRemint["devices"][number]>(
    database,
    `SELECT new.external_id AS externalId, lower(hex(new.serial)) AS serialNumber,
            lower(hex(old.serial)) AS replaces, old.issuer
     FROM certificates AS new JOIN certificates AS old ON old.id = new.replaces
     WHERE new.${IN_BATCH} ORDER BY new.id`,
  );
  const reworks = prepare<{ n: number }>(
    database,
    `SELECT count(*) AS n FROM certificates WHERE replaces IS NOT NULL AND sha256 IS NOT NULL AND lot = ${LOT}`,
  );
  const CHANGED = `device_rows AS r INDEXED BY device_rows_changed CROSS JOIN devices AS d ON d.id = r.device
     WHERE r.next_subject IS NOT NULL AND d.live = 1 AND d.lot = ${LOT}`;
  const changes = prepare<{ n: number }>(database, `SELECT count(*) AS n FROM ${CHANGED}`);
  const changed = prepare<{ externalId: string }>(
    database,
    `SELECT d.external_id AS externalId FROM ${CHANGED} ORDER BY d.line, d.id LIMIT ?2`,
  );
  return {
    remintRows: async (lot, foldedIds) =>
      rows.all(lot, JSON.stringify(foldedIds)).map((row) => {
        return { ...row, ownKey: row.ownKey === 1, newRequest: row.newRequest === 1 };
      }),
    openRemintsOf: async (lot) =>
      open.all(lot).map(({ batch, push }) => ({ batch, push: push === 1, devices: members.all(batch) })),
    countReworks: async (lot) => reworks.get(lot)?.n ?? 0,
    subjectChanges: async (lot, most) => ({
      count: changes.get(lot)?.n ?? 0,
      first: changed.all(lot, most).map((row) => row.externalId),
    }),
  };
}
