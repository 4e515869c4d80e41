import type { DatabaseSync } from "node:sqlite";
import { foldId } from "../../domain/device.ts";
import type { Stage } from "../../domain/stage.ts";
import type { OpenBatch } from "../minting.ts";
import type { MintingStatements, PlannedRow, ReservedRow } from "../rules/statements/minting.ts";
import { IN_BATCH } from "./conditions.ts";
import { octets, prepare, prepareRows } from "./statement.ts";

const LOT = "(SELECT id FROM lots WHERE name = ?1)";
const PLANNED = `
  SELECT devices.id, devices.external_id AS externalId, devices.line, device_rows.subject,
         device_rows.certificate_request AS certificateRequest, device_rows.aliases
  FROM devices JOIN device_rows ON device_rows.device = devices.id
  WHERE devices.stage = 'planned'`;
const IN_ORDER = "ORDER BY devices.line, devices.id LIMIT ?2";
/** SHA-256 in octets. */
const DIGEST = 32;

export function mintingStatements(database: DatabaseSync, clock: () => number): MintingStatements {
  const first = prepare<PlannedRow>(database, `${PLANNED} AND devices.lot = ${LOT} ${IN_ORDER}`);
  const planned = prepare<PlannedRow>(database, `${PLANNED} AND devices.lot = ?1 ${IN_ORDER}`);
  const takePlanned = prepare(
    database,
    "UPDATE devices SET stage = 'reserved' WHERE stage = 'planned' AND id IN (SELECT value FROM json_each(?))",
  );
  const takeNamed = prepare<{ id: number; externalId: string }>(
    database,
    `UPDATE devices SET stage = 'reserved'
     WHERE live = 1 AND +lot = ?1 AND +stage = 'planned' AND external_id IN (SELECT value FROM json_each(?2))
     RETURNING id, external_id AS externalId`,
  );
  const addBatch = prepare(
    database,
    `INSERT INTO batches (lot, run, issuer, state, place)
     VALUES (?1, ?2, ?3, 'reserved', (SELECT host FROM runs WHERE number = ?2))`,
  );
  const reserve = prepare(
    database,
    `INSERT INTO certificates (serial, issuer, lot, external_id, device, batch, state, replaces)
     SELECT unhex(asked.value ->> 1), ?1, d.lot, d.external_id, d.id, ?2, 'reserved', d.certificate
     FROM json_each(?3) AS asked CROSS JOIN devices AS d ON d.id = asked.value ->> 0
     WHERE TRUE ON CONFLICT DO NOTHING`,
  );
  const setSpan = prepare(
    database,
    "UPDATE batches SET first_certificate = last_insert_rowid() - ?2 + 1, last_certificate = last_insert_rowid() WHERE number = ?1",
  );
  const taken = prepare<{ serialNumber: string }>(
    database,
    `SELECT asked.value AS serialNumber FROM json_each(?2) AS asked
     CROSS JOIN certificates AS c ON c.serial = unhex(asked.value) AND c.batch IS NOT ?1`,
  );
  const moveBatch = prepare(database, "UPDATE batches SET state = ? WHERE number = ? AND lot = ? AND state = ?");
  const reserved = prepare<ReservedRow>(
    database,
    `SELECT id, device, external_id AS externalId, lower(hex(serial)) AS serialNumber FROM certificates
     WHERE ${IN_BATCH} AND state = 'reserved'`,
  );
  // The digests of all certificates are one text of octets: nothing else of this size goes through JSON.
  const issue = prepare(
    database,
    `UPDATE certificates SET state = 'issued', not_after_ms = asked.value ->> 1,
       sha256 = substr(?2, asked.key * ${2 * DIGEST} + 1, ${DIGEST}),
       public_key_sha256 = substr(?2, asked.key * ${2 * DIGEST} + ${DIGEST + 1}, ${DIGEST})
     FROM json_each(?1) AS asked WHERE certificates.id = asked.value ->> 0`,
  );
  const keepFiles = prepareRows(database, "INSERT INTO certificate_files (certificate, files)", "(?, ?)");
  const setIssued = prepare(database, "UPDATE batches SET issued = ? WHERE number = ?");
  const moveMinted = prepare<{ externalId: string }>(
    database,
    `UPDATE devices SET stage = 'minted', certificate = c.id, part = NULL, part_row = NULL
     FROM (SELECT id, device FROM certificates WHERE ${IN_BATCH} AND state = 'issued') AS c
     WHERE devices.id = c.device AND devices.stage = 'reserved' RETURNING devices.external_id AS externalId`,
  );
  const planReserved = prepare(
    database,
    `UPDATE devices SET stage = 'planned' WHERE stage = 'reserved'
       AND id IN (SELECT device FROM certificates WHERE ${IN_BATCH} AND state = 'reserved')`,
  );
  const abandon = prepare(
    database,
    `UPDATE certificates SET state = 'abandoned', device = NULL, ended_at_ms = ?2
     WHERE ${IN_BATCH} AND state = 'reserved'`,
  );

  return {
    ...batchReads(database),
    firstPlanned: async (lot) => first.get(lot, 1),
    claimPlanned: async (lot, limit) => {
      const rows = planned.all(lot, limit);
      takePlanned.run(JSON.stringify(rows.map(({ id }) => id)));
      return rows;
    },
    claimNamed: async (lot, externalIds) => takeNamed.all(lot, JSON.stringify(externalIds)),
    addBatch: async (lot, run, issuer) => addBatch.insert(lot, run, issuer),
    addReserved: async (batch, issuer, certificates) => {
      const asked = certificates.map(({ device, serialNumber }) => [device, serialNumber]);
      const added = reserve.run(issuer, batch, JSON.stringify(asked));
      setSpan.run(batch, added);
      return added;
    },
    takenSerials: async (batch, serialNumbers) =>
      taken.all(batch, JSON.stringify(serialNumbers)).map((row) => row.serialNumber),
    moveBatch: async (lot, batch, from, to) => moveBatch.run(to, batch, lot, from) === 1,
    reservedOf: async (batch) => reserved.all(batch),
    issue: async (batch, certificates) => {
      const rows = certificates.map(({ id, notAfterMs }) => [id, notAfterMs]);
      const digests = certificates.map(({ sha256, publicKeySha256 }) => `${sha256}${publicKeySha256}`).join("");
      issue.run(JSON.stringify(rows), octets(digests));
      keepFiles(certificates.map(({ id, files }) => [id, files]));
      setIssued.run(certificates.length, batch);
    },
    moveMinted: async (batch) => moveMinted.all(batch).map((row) => row.externalId),
    planReserved: async (batch) => planReserved.run(batch),
    abandonReserved: async (batch) => abandon.run(batch, clock()),
  };
}

function batchReads(database: DatabaseSync): Pick<MintingStatements, "openBatchesOf" | "mintedBatchesOf" | "stagesOf"> {
  const batches = prepare<Omit<OpenBatch, "devices" | "segment"> & { readonly segment: string | null }>(
    database,
    `SELECT number, state, place, segment FROM batches WHERE lot = ${LOT} AND state IN ('reserved', 'minted') ORDER BY number`,
  );
  const members = prepare<{ externalId: string; serialNumber: string; replaces: string | null }>(
    database,
    `SELECT external_id AS externalId, lower(hex(serial)) AS serialNumber,
            (SELECT lower(hex(old.serial)) FROM certificates AS old WHERE old.id = certificates.replaces) AS replaces
     FROM certificates WHERE ${IN_BATCH} AND state IN ('reserved', 'issued') ORDER BY id`,
  );
  const minted = prepare<{ number: number }>(
    database,
    `SELECT number FROM batches WHERE lot = ${LOT} AND state IN ('minted', 'placed')`,
  );
  const stages = prepare<{ externalId: string; stage: Stage; lot: string }>(
    database,
    `SELECT d.external_id AS externalId, d.stage, lots.name AS lot FROM json_each(?2) AS asked
     CROSS JOIN devices AS d
       ON d.lot = ?1 AND d.folded_id = asked.value ->> 0 AND d.external_id = asked.value ->> 1
     CROSS JOIN lots ON lots.id = d.lot`,
  );
  return {
    openBatchesOf: async (lot) =>
      batches.all(lot).map(({ segment, ...batch }) => ({
        ...batch,
        ...(segment !== null && { segment }),
        devices: members.all(batch.number).map(({ replaces, ...device }) => {
          return replaces === null ? device : { ...device, replaces };
        }),
      })),
    mintedBatchesOf: async (lot) => minted.all(lot).map(({ number }) => number),
    stagesOf: async (lot, externalIds) => stages.all(lot, JSON.stringify(externalIds.map((id) => [foldId(id), id]))),
  };
}
