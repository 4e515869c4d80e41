import type { DatabaseSync } from "node:sqlite";
import type { RevocationReason } from "../../domain/certificate.ts";
import type { ReceiptRecord, ReceiptSpan } from "../receipts.ts";
import type { ReceiptMark, ReceiptStatements } from "../rules/statements/receipts.ts";
import { type DeviceRow, devicePlace } from "./reading-statements.ts";
import { prepare, prepareTuples } from "./statement.ts";

interface RecordRow extends Omit<ReceiptRecord, "known"> {
  readonly known: number;
}

interface ReceiptRow extends RecordRow {
  readonly content: string;
  readonly signature: Uint8Array;
}

interface ChangeRow {
  readonly externalId: string;
  readonly serialNumber: string;
  readonly atMs: number;
  readonly reason: RevocationReason | null;
  readonly replacedBy: string | null;
}

const RECORD = "r.number, lots.name AS lot, r.sha256, r.last_certificate IS NOT NULL AS known";
const WHOLE = `SELECT ${RECORD}, r.content, r.signature FROM receipts AS r JOIN lots ON lots.id = r.lot`;
/** Of a lot (?1) the certificates of its batches up to a certificate (?2). */
const THEN = `batches AS b CROSS JOIN certificates AS c ON c.id BETWEEN b.first_certificate AND b.last_certificate`;
const OF_THEN = "b.lot = ?1 AND b.last_certificate <= ?2 AND c.state IN ('issued', 'revoked')";

export function receiptStatements(database: DatabaseSync, clock: () => number): ReceiptStatements {
  const spans = prepare<ReceiptSpan>(database, "SELECT first, last FROM receipt_spans ORDER BY first");
  const newest = prepare<{ number: number; sha256: string }>(
    database,
    "SELECT number, sha256 FROM receipts ORDER BY number DESC LIMIT 1",
  );
  const seq = prepare<{ seq: number }>(database, "SELECT receipt_seq AS seq FROM lots WHERE id = ?");
  const add = prepare(
    database,
    `INSERT INTO receipts (lot, number, sha256, content, signature, at_ms, last_certificate)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6,
       (SELECT coalesce(max(last_certificate), 0) FROM batches WHERE lot = ?1 AND state IN ('minted', 'placed')))`,
  );
  const addForeign = prepare(
    database,
    `INSERT OR IGNORE INTO receipts (lot, number, sha256, content, signature, at_ms, last_certificate)
     VALUES (?, ?, ?, ?, ?, ?, NULL)`,
  );
  const count = prepare(
    database,
    "UPDATE receipt_spans SET last = ? WHERE first = (SELECT max(first) FROM receipt_spans)",
  );
  const setSeq = prepare(database, "UPDATE lots SET receipt_seq = ? WHERE id = ?");
  const start = prepare(
    database,
    `INSERT INTO receipt_spans (first, last) SELECT next.first, next.first - 1
     FROM (SELECT max(max(first) + 1, max(last) + 1, ?1) AS first FROM receipt_spans) AS next`,
  );
  const unplaced = prepare<ReceiptRow>(database, `${WHOLE} WHERE r.placed = 0 ORDER BY r.number`);
  const place = prepare(database, "UPDATE receipts SET placed = 1 WHERE number IN (SELECT value FROM json_each(?))");
  const all = prepare<RecordRow>(
    database,
    `SELECT ${RECORD} FROM receipts AS r JOIN lots ON lots.id = r.lot ORDER BY r.number`,
  );
  const ofLot = prepare<RecordRow>(
    database,
    `SELECT ${RECORD} FROM receipts AS r JOIN lots ON lots.id = r.lot WHERE lots.name = ? ORDER BY r.number`,
  );
  const one = prepare<ReceiptRow>(database, `${WHOLE} WHERE r.number = ?`);
  const mark = prepare<ReceiptMark>(
    database,
    "SELECT lot, last_certificate AS lastCertificate, at_ms AS atMs FROM receipts WHERE number = ?",
  );
  return {
    ...readsOfThen(database),
    receiptSpans: async () => spans.all(),
    newestReceipt: async () => newest.get(),
    receiptSeq: async (lot) => seq.get(lot)?.seq ?? 0,
    addReceipt: async (lot, { number, sha256, content, signature }, at) => {
      add.run(lot, number, sha256, content, signature, clock());
      count.run(number);
      setSeq.run(at, lot);
    },
    addForeignReceipt: async (lot, { number, sha256, content, signature }) =>
      addForeign.run(lot, number, sha256, content, signature, clock()) === 1,
    startReceipts: async () => {
      start.run(clock());
    },
    unplacedReceipts: async () => unplaced.all().map(stored),
    setReceiptsPlaced: async (numbers) => {
      place.run(JSON.stringify(numbers));
    },
    receiptsOf: async (lot) => (lot === undefined ? all.all() : ofLot.all(lot)).map(stored),
    receiptByNumber: async (number) => {
      const row = one.get(number);
      return row && stored(row);
    },
    receiptMark: async (number) => mark.get(number),
  };
}

type ReadsOfThen = Pick<ReceiptStatements, "movedSince" | "devicePageThen" | "changesSince">;

/** Reads of a lot as it stood when a receipt was recorded. */
function readsOfThen(database: DatabaseSync): ReadsOfThen {
  // The newest of the device's certificates of then, where the device has a later one today or none; and those whose line
  // has changed. The line of then is what was noted at the first change after the receipt.
  const moved = prepareTuples<DeviceRow>(
    database,
    `SELECT coalesce((SELECT line FROM receipt_lines AS l WHERE l.device = was.device AND l.receipt >= ?3
                      ORDER BY l.receipt LIMIT 1), d.line) AS line,
            was.device AS id, c.external_id, lower(hex(c.serial)), lower(hex(c.sha256)), c.not_after_ms,
            coalesce(d.stage, 'revoked')
     FROM (
       SELECT c.device, max(c.id) AS certificate FROM ${THEN} LEFT JOIN devices AS d ON d.id = c.device
       WHERE ${OF_THEN} AND c.device IS NOT NULL AND (d.certificate IS NULL OR d.certificate > ?2) GROUP BY c.device
       UNION
       SELECT d.id, d.certificate FROM receipt_lines AS l CROSS JOIN devices AS d ON d.id = l.device
       WHERE l.lot = ?1 AND l.receipt >= ?3 AND d.certificate <= ?2
     ) AS was
     CROSS JOIN certificates AS c ON c.id = was.certificate LEFT JOIN devices AS d ON d.id = was.device
     ORDER BY 1, 2`,
  );
  const page = prepareTuples<DeviceRow>(
    database,
    `SELECT d.line, d.id, d.external_id, lower(hex(c.serial)), lower(hex(c.sha256)), c.not_after_ms, d.stage
     FROM devices AS d INDEXED BY devices_by_line CROSS JOIN certificates AS c ON c.id = d.certificate
     WHERE d.lot = ?1 AND d.certificate <= ?2 AND (d.line, d.id) > (?3, ?4) ORDER BY d.line, d.id LIMIT ?5`,
  );
  const ended = `FROM ${THEN} LEFT JOIN
       (SELECT replaces, serial FROM certificates WHERE lot = ?1 AND replaces IS NOT NULL AND sha256 IS NOT NULL) AS n
       ON n.replaces = c.id
     WHERE ${OF_THEN} AND c.state = 'revoked' AND c.ended_at_ms >= ?3`;
  const counts = prepare<{ revoked: number; reissued: number }>(
    database,
    `SELECT count(*) - count(n.replaces) AS revoked, count(n.replaces) AS reissued ${ended}`,
  );
  const first = prepare<ChangeRow>(
    database,
    `SELECT c.external_id AS externalId, lower(hex(c.serial)) AS serialNumber, c.ended_at_ms AS atMs, c.reason,
            lower(hex(n.serial)) AS replacedBy ${ended} ORDER BY c.id LIMIT ?4`,
  );
  const added = prepare<{ n: number }>(
    database,
    `SELECT (SELECT count(*) FROM devices WHERE lot = ?1 AND certificate > ?2)
          - (SELECT count(DISTINCT c.device) FROM ${THEN} JOIN devices AS d ON d.id = c.device
             WHERE ${OF_THEN} AND d.certificate > ?2) AS n`,
  );
  return {
    movedSince: async (number, { lot, lastCertificate }) => moved.all(lot, lastCertificate, number).map(devicePlace),
    devicePageThen: async (lot, lastCertificate, after, limit) =>
      page.all(lot, lastCertificate, after.line, after.id, limit).map(devicePlace),
    changesSince: async ({ lot, lastCertificate, atMs }, limit) => {
      const { revoked = 0, reissued = 0 } = counts.get(lot, lastCertificate, atMs) ?? {};
      const rows = revoked + reissued === 0 ? [] : first.all(lot, lastCertificate, atMs, limit);
      return {
        revoked,
        reissued,
        added: added.get(lot, lastCertificate)?.n ?? 0,
        // hex() of nothing is an empty text.
        first: rows.map((row) => ({
          ...row,
          kind: row.replacedBy ? ("reissued" as const) : ("revoked" as const),
          replacedBy: row.replacedBy || null,
        })),
      };
    },
  };
}

function stored<Row extends RecordRow>(row: Row): Omit<Row, "known"> & { readonly known: boolean } {
  return { ...row, known: row.known === 1 };
}
