import type { DatabaseSync } from "node:sqlite";
import { DEFAULT_ID_TYPE, type RegistrationRow } from "../../domain/registration.ts";
import type { PartDevice, PartRecord } from "../registration.ts";
import type { RegistrationStatements } from "../rules/statements/registration.ts";
import { liveDevices } from "./conditions.ts";
import { prepare } from "./statement.ts";

interface MemberRow extends Omit<PartDevice, "presentBefore" | "sentBefore" | "confirmedBefore"> {
  readonly presentBefore: number | null;
  readonly sentBefore: number;
  readonly confirmedBefore: number;
}

const LOT = "(SELECT id FROM lots WHERE name = ?1)";

export function registrationStatements(database: DatabaseSync): RegistrationStatements {
  // A device whose folder does not stand in its place yet has no row cut: its batch may still be void.
  const unlisted = prepare<{ externalId: string; registration: string }>(
    database,
    `SELECT devices.external_id AS externalId, device_rows.registration FROM devices
     CROSS JOIN certificates ON certificates.id = devices.certificate
     CROSS JOIN device_rows ON device_rows.device = devices.id
     WHERE devices.lot = ${LOT} AND devices.stage = 'minted'
       AND certificates.batch NOT IN (SELECT number FROM batches WHERE state IN ('reserved', 'minted'))
     ORDER BY devices.line, devices.id LIMIT ?2`,
  );
  const add = prepare(
    database,
    "INSERT INTO parts (lot, number, sha256, rows, paths) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const minted = liveDevices(database, "?3 IS NULL AND +d.stage = 'minted'");
  const list = prepare(
    database,
    `UPDATE devices SET stage = 'listed', part = ?1, part_row = asked.value ->> 1 FROM json_each(?2) AS asked
     WHERE devices.id = asked.value ->> 0`,
  );
  const parts = prepare<Omit<PartRecord, "paths" | "answered"> & { readonly paths: string; readonly answered: number }>(
    database,
    `SELECT p.number, p.sha256, p.rows, p.paths,
       (SELECT count(*) FROM devices AS d WHERE d.lot = p.lot AND d.part = p.number
          AND d.stage IN ('listed', 'submitted')) AS open,
       EXISTS (SELECT 1 FROM uploads AS u WHERE u.lot = p.lot AND u.part = p.number AND u.kind = 'answered') AS answered
     FROM parts AS p WHERE p.lot = ${LOT} ORDER BY p.number`,
  );
  const members = prepare<MemberRow>(
    database,
    `SELECT d.external_id AS externalId, d.stage, d.part_row AS row,
            coalesce(r.registration ->> '$.idType', '${DEFAULT_ID_TYPE}') AS idType,
            d.present_before AS presentBefore, d.sent_before AS sentBefore, d.confirmed_before AS confirmedBefore
     FROM devices AS d JOIN device_rows AS r ON r.device = d.id
     WHERE d.lot = ${LOT} AND d.part = ?2 ORDER BY d.part_row`,
  );
  return {
    unlisted: async (lot, limit) =>
      unlisted.all(lot, limit).map(({ externalId, registration }) => ({
        externalId,
        registration: JSON.parse(registration) as RegistrationRow,
      })),
    addPart: async (lot, { number, sha256, paths }, rows) =>
      add.run(lot, number, sha256, rows, JSON.stringify(paths)) === 1,
    listDevices: async (lot, part, externalIds) => {
      const devices = minted(lot, externalIds);
      list.run(part, JSON.stringify(devices.map(({ id, position }) => [id, position])));
      return devices.map(({ externalId }) => externalId);
    },
    partsOf: async (lot) =>
      parts.all(lot).map((row) => ({
        ...row,
        paths: JSON.parse(row.paths) as readonly string[],
        answered: row.answered === 1,
      })),
    partDevices: async (lot, part) =>
      members.all(lot, part).map((row) => ({
        ...row,
        presentBefore: row.presentBefore === null ? null : row.presentBefore === 1,
        sentBefore: row.sentBefore === 1,
        confirmedBefore: row.confirmedBefore === 1,
      })),
  };
}
