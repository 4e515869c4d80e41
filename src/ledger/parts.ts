import { DEFAULT_ID_TYPE, type RegistrationRow } from "../domain/registration.ts";
import type { Stage } from "../domain/stage.ts";
import type { Engine } from "./engine.ts";
import { digestLines } from "./events.ts";
import type { Ledger, PartDevice, PartRecord } from "./ledger.ts";
import { moveRefusal } from "./stage-moves.ts";
import { prepare } from "./statement.ts";

type PartMethods = Pick<Ledger, "unlistedDevices" | "commitPart" | "parts" | "partDevices">;

interface PartRow extends Omit<PartRecord, "paths" | "answered"> {
  readonly paths: string;
  readonly answered: number;
}

interface MemberRow {
  readonly external_id: string;
  readonly stage: Stage;
  readonly part_row: number;
  readonly id_type: string;
  readonly present_before: number | null;
  readonly sent_before: number;
  readonly confirmed_before: number;
}

/** Registration parts: what is to be cut, what was cut, and who is in it. */
export function partMethods(engine: Engine): PartMethods {
  const { reader, writer, read, write, append, requireHold } = engine;
  const refusal = moveRefusal(writer);
  // A device whose folder does not stand in its place yet has no row cut: its batch may still be void.
  const unlisted = prepare<{ external_id: string; registration: string }>(
    reader,
    `SELECT devices.external_id, device_rows.registration FROM devices
     CROSS JOIN certificates ON certificates.id = devices.certificate
     CROSS JOIN device_rows ON device_rows.device = devices.id
     WHERE devices.lot = (SELECT id FROM lots WHERE name = ?) AND devices.stage = 'minted'
       AND certificates.batch NOT IN (SELECT number FROM batches WHERE state IN ('reserved', 'minted'))
     ORDER BY devices.line, devices.id LIMIT ?`,
  );
  const add = prepare(writer, "INSERT INTO parts (lot, number, sha256, rows, paths) VALUES (?, ?, ?, ?, ?)");
  const list = prepare(
    writer,
    `UPDATE devices SET stage = 'listed', part = ?, part_row = ?
     WHERE external_id = ? AND live = 1 AND lot = ? AND stage = 'minted'`,
  );
  const parts = prepare<PartRow>(
    reader,
    `SELECT p.number, p.sha256, p.rows, p.paths,
       (SELECT count(*) FROM devices AS d WHERE d.lot = p.lot AND d.part = p.number
          AND d.stage IN ('listed', 'submitted')) AS open,
       EXISTS (SELECT 1 FROM uploads AS u WHERE u.lot = p.lot AND u.part = p.number AND u.kind = 'answered') AS answered
     FROM parts AS p WHERE p.lot = (SELECT id FROM lots WHERE name = ?) ORDER BY p.number`,
  );
  const members = prepare<MemberRow>(
    reader,
    `SELECT d.external_id, d.stage, d.part_row, coalesce(r.registration ->> '$.idType', ?) AS id_type,
            d.present_before, d.sent_before, d.confirmed_before
     FROM devices AS d JOIN device_rows AS r ON r.device = d.id
     WHERE d.lot = (SELECT id FROM lots WHERE name = ?) AND d.part = ? ORDER BY d.part_row`,
  );

  return {
    unlistedDevices: (lot, limit) =>
      read(() =>
        unlisted.all(lot, limit).map((row) => ({
          externalId: row.external_id,
          registration: JSON.parse(row.registration) as RegistrationRow,
        })),
      ),
    commitPart: (hold, part, externalIds) =>
      write(() => {
        const lot = requireHold(hold);
        add.run(lot, part.number, part.sha256, externalIds.length, JSON.stringify(part.paths));
        for (const [row, externalId] of externalIds.entries()) {
          if (list.run(part.number, row, externalId, lot) !== 1) throw refusal(lot, externalId, "listed");
        }
        const digest = digestLines(externalIds);
        const detail = { part: part.number, sha256: part.sha256, rows: externalIds.length, digest };
        append({ kind: "part-listed", subject: hold.lot, detail });
      }),
    parts: (lot) =>
      read(() =>
        parts.all(lot).map((row) => ({
          ...row,
          paths: JSON.parse(row.paths) as readonly string[],
          answered: row.answered === 1,
        })),
      ),
    partDevices: (lot, part) => read(() => members.all(DEFAULT_ID_TYPE, lot, part).map(partDevice)),
  };
}

function partDevice(row: MemberRow): PartDevice {
  return {
    externalId: row.external_id,
    stage: row.stage,
    row: row.part_row,
    idType: row.id_type,
    presentBefore: row.present_before === null ? null : row.present_before === 1,
    sentBefore: row.sent_before === 1,
    confirmedBefore: row.confirmed_before === 1,
  };
}
