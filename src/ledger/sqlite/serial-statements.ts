import type { DatabaseSync } from "node:sqlite";
import type { SerialStatements } from "../rules/statements/serials.ts";
import type { CertificateCounts, CertificateRecord, KeyHolder, OpenSerial } from "../serials.ts";
import { octets, octetsOrNull, prepare } from "./statement.ts";

// Counted without a look at every certificate: batches know how many they issued, and the ended are few.
const counts = (batches: string, alone: string, ended: string) => `
  SELECT (SELECT coalesce(sum(issued), 0) FROM batches WHERE ${batches})
       + (SELECT count(sha256) FROM certificates WHERE batch IS NULL AND ${alone}) AS issued,
         count(*) FILTER (WHERE state = 'revoked') AS revoked,
         count(*) FILTER (WHERE state = 'abandoned') AS abandoned
  FROM certificates WHERE state IN ('revoked', 'abandoned') AND ${ended}`;
const LOT = "lot = (SELECT id FROM lots WHERE name = ?1)";
const NONE: CertificateCounts = { issued: 0, revoked: 0, abandoned: 0 };
/**
 * Each look-up of a key asks the index of every batch, and each scan reads every certificate once: from so many
 * keys on, one scan costs less.
 */
const SCAN_FROM = 25;
const HOLDER = `
  SELECT lower(hex(c.public_key_sha256)) AS publicKeySha256, c.issuer, c.subject, lots.name AS lot, c.external_id AS externalId`;
const ASKED = "json_each(?1) AS asked";
const FITS = `substr(c.public_key_sha256, 1, 8) = unhex(substr(asked.value, 1, 16))
  AND c.public_key_sha256 = unhex(asked.value)`;

export function serialStatements(database: DatabaseSync, clock: () => number): SerialStatements {
  const add = prepare(
    database,
    "INSERT INTO certificates (serial, issuer, subject, state) VALUES (?, ?, ?, 'reserved') ON CONFLICT DO NOTHING",
  );
  const issue = prepare<{ issuer: string }>(
    database,
    `UPDATE certificates SET state = 'issued', sha256 = ?, public_key_sha256 = ?, not_after_ms = ?
     WHERE serial = ? AND batch IS NULL AND state = 'reserved' RETURNING issuer`,
  );
  const abandon = prepare<{ issuer: string }>(
    database,
    `UPDATE certificates SET state = 'abandoned', ended_at_ms = ?
     WHERE serial = ? AND batch IS NULL AND state = 'reserved' RETURNING issuer`,
  );
  const recorded = prepare<{ n: number }>(
    database,
    "SELECT count(*) AS n FROM certificates WHERE serial = ? AND batch IS NULL AND sha256 = ?",
  );
  const reserved = prepare<OpenSerial>(
    database,
    `SELECT lower(hex(serial)) AS serialNumber, certificates.issuer, certificates.subject, at_ms AS reservedAtMs
     FROM certificates JOIN events
       ON events.kind = 'serial-reserved' AND json_extract(detail, '$.serialNumber') = lower(hex(serial))
     WHERE batch IS NULL AND state = 'reserved'`,
  );
  const open = prepare<{ n: number }>(
    database,
    "SELECT count(*) AS n FROM certificates WHERE batch IS NULL AND state = 'reserved'",
  );
  const byIssuer = prepare<CertificateCounts>(database, counts("issuer = ?1", "issuer = ?1", "issuer = ?1"));
  const adopted = prepare<Omit<CertificateCounts, "abandoned">>(
    database,
    `SELECT count(*) AS issued, count(*) FILTER (WHERE state = 'revoked') AS revoked
     FROM adopted_certificates WHERE issuer = ?`,
  );
  const byLot = prepare<CertificateCounts>(database, counts(LOT, "FALSE", LOT));
  const bySerial = prepare<CertificateRecord>(
    database,
    `SELECT lower(hex(serial)) AS serialNumber, certificates.issuer, lots.name AS lot, external_id AS externalId, state,
            nullif(lower(hex(sha256)), '') AS sha256,
            nullif(lower(hex(public_key_sha256)), '') AS publicKeySha256,
            not_after_ms AS notAfterMs
     FROM certificates LEFT JOIN lots ON lots.id = certificates.lot WHERE serial = ?`,
  );
  return {
    ...keyReads(database),
    ...adoptionStatements(database),
    addSerial: async (serialNumber, issuer, subject) => add.run(octets(serialNumber), issuer, subject) === 1,
    issueAlone: async ({ serialNumber, sha256, publicKeySha256, notAfterMs }) =>
      issue.get(octets(sha256), octets(publicKeySha256), notAfterMs, octets(serialNumber))?.issuer,
    hasCertificate: async (serialNumber, sha256) => recorded.get(octets(serialNumber), octets(sha256))?.n === 1,
    abandonAlone: async (serialNumber) => abandon.get(clock(), octets(serialNumber))?.issuer,
    // The reservations' times stand in the events, which have no index by serial number: asked only where there are any.
    openSerials: async () => (open.get()?.n === 0 ? [] : reserved.all().map((row) => ({ ...row }))),
    countByIssuer: async (issuer) => ({ ...(byIssuer.get(issuer) ?? NONE) }),
    countAdopted: async (issuer) => adopted.get(issuer) ?? NONE,
    countByLot: async (lot) => ({ ...(byLot.get(lot) ?? NONE) }),
    certificateBySerial: async (serialNumber) => {
      const row = bySerial.get(octets(serialNumber));
      return row && { ...row };
    },
  };
}

function keyReads(database: DatabaseSync): Pick<SerialStatements, "keyHolders" | "adoptedKeyHolders"> {
  // CROSS JOIN: SQLite keeps the order, so that each key is one look-up in the index of each batch.
  const lookUp = prepare<KeyHolder>(
    database,
    `${HOLDER} FROM ${ASKED} CROSS JOIN batches AS b
       CROSS JOIN certificates AS c INDEXED BY certificates_by_public_key ON c.batch = b.number AND ${FITS}
       LEFT JOIN lots ON lots.id = c.lot
     UNION ALL
     ${HOLDER} FROM ${ASKED}
       CROSS JOIN certificates AS c INDEXED BY certificates_by_public_key ON c.batch IS NULL AND ${FITS}
       LEFT JOIN lots ON lots.id = c.lot`,
  );
  const scan = prepare<KeyHolder>(
    database,
    `${HOLDER} FROM certificates AS c LEFT JOIN lots ON lots.id = c.lot
     WHERE c.public_key_sha256 IN (SELECT unhex(asked.value) FROM ${ASKED})`,
  );
  const adopted = prepare<KeyHolder>(
    database,
    `SELECT lower(hex(public_key_sha256)) AS publicKeySha256, issuer, subject, NULL AS lot, NULL AS externalId
     FROM adopted_certificates WHERE public_key_sha256 IN (SELECT unhex(asked.value) FROM ${ASKED})`,
  );
  return {
    keyHolders: async (digests) => {
      const statement = digests.length < SCAN_FROM ? lookUp : scan;
      return statement.all(JSON.stringify(digests)).map((holder) => ({ ...holder }));
    },
    adoptedKeyHolders: async (digests) => adopted.all(JSON.stringify(digests)).map((holder) => ({ ...holder })),
  };
}

type AdoptionStatements = Pick<SerialStatements, "nextAdoption" | "addAdopted" | "revokeAdopted">;

function adoptionStatements(database: DatabaseSync): AdoptionStatements {
  const next = prepare<{ n: number }>(
    database,
    "UPDATE counters SET value = value + 1 WHERE name = 'adoption' RETURNING value AS n",
  );
  const add = prepare(
    database,
    `INSERT INTO adopted_certificates
       (issuer, serial, adoption, subject, state, sha256, public_key_sha256, not_after_ms, revoked_at_ms, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const revoke = prepare(
    database,
    `UPDATE adopted_certificates SET state = 'revoked', revoked_at_ms = ?, reason = ?
     WHERE issuer = ? AND serial = ? AND state = 'issued'`,
  );
  return {
    nextAdoption: async () => next.get()?.n ?? 1,
    // A row at a time: it happens once for each authority that is imported.
    addAdopted: async (issuer, adoption, certificates) => {
      const added = certificates.filter(({ serialNumber, subject, sha256, publicKeySha256, notAfterMs, revoked }) => {
        const state = revoked === null ? "issued" : "revoked";
        const digests = [octetsOrNull(sha256), octetsOrNull(publicKeySha256)] as const;
        const ending = [revoked?.atMs ?? null, revoked?.reason ?? null] as const;
        return add.run(issuer, octets(serialNumber), adoption, subject, state, ...digests, notAfterMs, ...ending) === 1;
      });
      return new Set(added.map(({ serialNumber }) => serialNumber));
    },
    revokeAdopted: async (issuer, certificates) =>
      certificates
        .filter(({ serialNumber, revoked }) => {
          return revoke.run(revoked?.atMs ?? null, revoked?.reason ?? null, issuer, octets(serialNumber)) === 1;
        })
        .map(({ serialNumber }) => serialNumber),
  };
}
