import type { SerialNumber } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Engine } from "./engine.ts";
import type { CertificateCounts, CertificateRecord, Ledger, OpenSerial } from "./ledger.ts";
import { damaged, sqliteCode } from "./ledger-fault.ts";
import { prepare } from "./statement.ts";

type SerialMethods = Pick<
  Ledger,
  | "reserveSerial"
  | "recordCertificate"
  | "abandonSerial"
  | "openSerials"
  | "countCertificates"
  | "countLotCertificates"
  | "lotIssuers"
  | "certificate"
>;

// Counted without a look at every certificate: batches know how many they issued, and the ended are few.
const counts = (batches: string, alone: string, ended: string) => `
  SELECT (SELECT coalesce(sum(issued), 0) FROM batches WHERE ${batches})
       + (SELECT count(sha256) FROM certificates WHERE batch IS NULL AND ${alone}) AS issued,
         count(*) FILTER (WHERE state = 'revoked') AS revoked,
         count(*) FILTER (WHERE state = 'abandoned') AS abandoned
  FROM certificates WHERE state IN ('revoked', 'abandoned') AND ${ended}`;
const LOT = "lot = (SELECT id FROM lots WHERE name = ?1)";

/** Certificates outside lots, one at a time, and the questions about any certificate. */
export function serialMethods(engine: Engine): SerialMethods {
  const issuers = prepare<{ issuer: string }>(
    engine.reader,
    `SELECT issuer FROM batches WHERE ${LOT} AND issued > 0 GROUP BY issuer ORDER BY max(number)`,
  );
  const { reader, writer, read, write, append } = engine;
  const add = prepare(writer, "INSERT INTO certificates (serial, issuer, subject, state) VALUES (?, ?, ?, 'reserved')");
  const issue = prepare<{ issuer: string }>(
    writer,
    `UPDATE certificates SET state = 'issued', sha256 = ?, public_key_sha256 = ?, not_after_ms = ?
     WHERE serial = ? AND batch IS NULL AND state = 'reserved' RETURNING issuer`,
  );
  const abandon = prepare<{ issuer: string }>(
    writer,
    `UPDATE certificates SET state = 'abandoned', ended_at_ms = ?
     WHERE serial = ? AND batch IS NULL AND state = 'reserved' RETURNING issuer`,
  );
  const recorded = prepare<{ n: number }>(
    writer,
    "SELECT count(*) AS n FROM certificates WHERE serial = ? AND batch IS NULL AND sha256 = ?",
  );
  const reserved = prepare<OpenSerial>(
    reader,
    `SELECT lower(hex(serial)) AS serialNumber, certificates.issuer, certificates.subject, at_ms AS reservedAtMs
     FROM certificates JOIN events
       ON events.kind = 'serial-reserved' AND json_extract(detail, '$.serialNumber') = lower(hex(serial))
     WHERE batch IS NULL AND state = 'reserved'`,
  );
  const open = prepare<{ n: number }>(
    reader,
    "SELECT count(*) AS n FROM certificates WHERE batch IS NULL AND state = 'reserved'",
  );
  const byIssuer = prepare<CertificateCounts>(reader, counts("issuer = ?1", "issuer = ?1", "issuer = ?1"));
  const adopted = prepare<Omit<CertificateCounts, "abandoned">>(
    reader,
    `SELECT count(*) AS issued, count(*) FILTER (WHERE state = 'revoked') AS revoked
     FROM adopted_certificates WHERE issuer = ?`,
  );
  const byLot = prepare<CertificateCounts>(reader, counts(LOT, "FALSE", LOT));
  const bySerial = prepare<CertificateRecord>(
    reader,
    `SELECT lower(hex(serial)) AS serialNumber, certificates.issuer, lots.name AS lot, external_id AS externalId, state,
            nullif(lower(hex(sha256)), '') AS sha256,
            nullif(lower(hex(public_key_sha256)), '') AS publicKeySha256,
            not_after_ms AS notAfterMs
     FROM certificates LEFT JOIN lots ON lots.id = certificates.lot WHERE serial = ?`,
  );

  return {
    reserveSerial: ({ serialNumber, issuer, subject }) =>
      write(() => {
        unlessTaken(serialNumber, (serial) => add.run(serial, issuer, subject));
        append({ kind: "serial-reserved", subject: issuer, detail: { serialNumber, for: subject } });
      }),
    recordCertificate: ({ serialNumber, sha256, publicKeySha256, notAfterMs }) =>
      write(() => {
        const digests = [Buffer.from(sha256, "hex"), Buffer.from(publicKeySha256, "hex")];
        const serial = Buffer.from(serialNumber, "hex");
        const row = issue.get(...digests, notAfterMs, serial);
        if (row === undefined && recorded.get(serial, Buffer.from(sha256, "hex"))?.n === 1) return;
        if (row === undefined) throw damaged(`serial number ${serialNumber} is not reserved outside a batch`);
        append({ kind: "certificate-recorded", subject: row.issuer, detail: { serialNumber, sha256 } });
      }),
    abandonSerial: (serialNumber) =>
      write(() => {
        const row = abandon.get(Math.trunc(engine.now()), Buffer.from(serialNumber, "hex"));
        if (row === undefined) throw damaged(`serial number ${serialNumber} is not reserved outside a batch`);
        append({ kind: "serial-abandoned", subject: row.issuer, detail: { serialNumber } });
      }),
    // The reservations' times stand in the events, which have no index by serial number: asked only where there are any.
    openSerials: () => read(() => (open.get()?.n === 0 ? [] : reserved.all().map((row) => ({ ...row })))),
    countCertificates: (issuer) =>
      read(() => {
        const own = byIssuer.get(issuer) ?? NONE;
        const others = adopted.get(issuer) ?? NONE;
        return {
          issued: own.issued + others.issued,
          revoked: own.revoked + others.revoked,
          abandoned: own.abandoned,
        };
      }),
    countLotCertificates: (lot) => read(() => byLot.get(lot) ?? NONE),
    lotIssuers: (lot) => read(() => issuers.all(lot).map(({ issuer }) => issuer)),
    certificate: (serialNumber) =>
      read(() => {
        const row = bySerial.get(Buffer.from(serialNumber, "hex"));
        if (row === undefined) return undefined;
        return { ...row };
      }),
  };
}

const NONE: CertificateCounts = { issued: 0, revoked: 0, abandoned: 0 };

const SQLITE_CONSTRAINT_UNIQUE = 2067;

/** Puts a new serial number into the table; throws `state-damaged` with its own words where it stands there already. */
export function unlessTaken<T>(serialNumber: SerialNumber, add: (serial: Buffer) => T): T {
  try {
    return add(Buffer.from(serialNumber, "hex"));
  } catch (error) {
    if (sqliteCode(error) !== SQLITE_CONSTRAINT_UNIQUE) throw error;
    throw new OnboardingError(
      `serial number ${serialNumber} is taken and is never used again; the system's random numbers repeat, have that looked into`,
      { code: "state-damaged", cause: error },
    );
  }
}
