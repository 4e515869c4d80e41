import type { KeystoreAliases } from "../domain/device.ts";
import type { RegistrationRow } from "../domain/registration.ts";
import type { DeviceRecord, RejectRecord } from "../domain/report.ts";
import { STAGES, type Stage } from "../domain/stage.ts";
import type { Engine } from "./engine.ts";
import type { Ledger, MintedRecord } from "./ledger.ts";
import { type Place, pages } from "./pages.ts";
import { prepare } from "./statement.ts";

type ReadingMethods = Pick<Ledger, "countByStage" | "rejects" | "devices" | "mintedDevices">;

interface RejectRow extends Place {
  readonly external_id: string;
  readonly field: string;
  readonly message: string | null;
  readonly cells: string;
  readonly device: number;
}

interface MintedRow extends Place, Omit<MintedRecord, "registration" | "files" | "aliases"> {
  readonly registration: string;
  readonly aliases: string | null;
  readonly files: string;
}

const LOT = "(SELECT id FROM lots WHERE name = ?1)";
const AFTER = "(d.line, d.id) > (?2, ?3) ORDER BY d.line, d.id LIMIT ?4";

/** What reports and checks read. */
export function readingMethods({ reader, read }: Engine): ReadingMethods {
  const counts = prepare<{ stage: Stage; n: number }>(
    reader,
    `SELECT stage, count(*) AS n FROM devices WHERE lot = ${LOT} GROUP BY stage`,
  );
  // Rejected devices get odd numbers and rejected rows even ones, so that a page can end between the two.
  const rejects = prepare<RejectRow>(
    reader,
    `SELECT line, 2 * id AS id, external_id, field, message, cells, 0 AS device
     FROM row_rejects WHERE lot = ${LOT} AND line >= ?2 AND (line, 2 * id) > (?2, ?3)
     UNION ALL
     SELECT d.line, 2 * d.id + 1, d.external_id, '', d.reject_reason, r.cells, 1
     FROM devices AS d JOIN device_rows AS r ON r.device = d.id
     WHERE d.lot = ${LOT} AND d.stage = 'rejected' AND d.line >= ?2 AND (d.line, 2 * d.id + 1) > (?2, ?3)
     ORDER BY 1, 2 LIMIT ?4`,
  );
  const devices = prepare<Place & DeviceRecord>(
    reader,
    `SELECT d.line, d.id, d.external_id AS externalId, lower(hex(c.serial)) AS serialNumber,
            lower(hex(c.sha256)) AS sha256, c.not_after_ms AS notAfterMs, d.stage
     FROM devices AS d INDEXED BY devices_by_line CROSS JOIN certificates AS c ON c.id = d.certificate
     WHERE d.lot = ${LOT} AND ${AFTER}`,
  );
  const minted = prepare<MintedRow>(
    reader,
    `SELECT d.line, d.id, d.external_id AS externalId, d.stage, d.part, d.part_row AS partRow,
            lower(hex(c.serial)) AS serialNumber, lower(hex(c.sha256)) AS sha256,
            lower(hex(c.public_key_sha256)) AS publicKeySha256, c.not_after_ms AS notAfterMs,
            r.subject_digest AS subjectDigest, r.registration, r.aliases, f.files
     FROM devices AS d INDEXED BY devices_by_line
     CROSS JOIN certificates AS c ON c.id = d.certificate
     CROSS JOIN device_rows AS r ON r.device = d.id
     CROSS JOIN certificate_files AS f ON f.certificate = c.id
     WHERE d.lot = ${LOT} AND ${AFTER}`,
  );
  const fetch =
    <Row>(statement: { all(...values: readonly (string | number)[]): readonly Row[] }, lot: string) =>
    (after: Place, limit: number) =>
      statement.all(lot, after.line, after.id, limit);

  return {
    countByStage: (lot) =>
      read(() => {
        const found = new Map(counts.all(lot).map(({ stage, n }) => [stage, n]));
        return Object.fromEntries(STAGES.map((stage) => [stage, found.get(stage) ?? 0])) as Record<Stage, number>;
      }),
    rejects: (lot) => pages(read, fetch(rejects, lot), rejectRecord),
    devices: (lot) => pages(read, fetch(devices, lot), ({ line: _line, id: _id, ...device }): DeviceRecord => device),
    mintedDevices: (lot) => pages(read, fetch(minted, lot), mintedRecord),
  };
}

function rejectRecord(row: RejectRow): RejectRecord {
  const message = row.message ?? "";
  return {
    line: row.line,
    externalId: row.external_id,
    reason: row.field === "" ? message : `${row.field}: ${message}`,
    cells: JSON.parse(row.cells) as Readonly<Record<string, string>>,
    device: row.device === 1,
  };
}

function mintedRecord({ id: _id, registration, aliases, files, ...row }: MintedRow): MintedRecord {
  return {
    ...row,
    registration: JSON.parse(registration) as RegistrationRow,
    ...(aliases !== null && { aliases: JSON.parse(aliases) as KeystoreAliases }),
    files: JSON.parse(files) as Readonly<Record<string, string>>,
  };
}
