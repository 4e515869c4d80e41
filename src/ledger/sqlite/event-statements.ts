import type { DatabaseSync } from "node:sqlite";
import type { StoredEvent } from "../rules/event-digest.ts";
import type { Account, ChainHead, EventStatements } from "../rules/statements/events.ts";
import { octets, prepare, prepareRows } from "./statement.ts";

const EVENT = "SELECT chain, seq, at_ms AS atMs, kind, subject, detail, prev, digest FROM events";
const IN_TABLES = `
  (SELECT count(*) FROM certificates) + (SELECT count(*) FROM adopted_certificates) AS reserved,
  (SELECT count(sha256) FROM certificates) + (SELECT count(*) FROM adopted_certificates) AS signed`;

export function eventStatements(database: DatabaseSync): EventStatements {
  const head = prepare<{ seq: number; digest: string }>(database, "SELECT seq, digest FROM chains WHERE chain = ?");
  const add = prepareRows(
    database,
    "INSERT INTO events (chain, seq, at_ms, kind, subject, detail, prev, digest)",
    "(?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const setHead = prepare(
    database,
    `INSERT INTO chains (chain, seq, digest) VALUES (?, ?, ?)
     ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, digest = excluded.digest`,
  );
  const setSigned = prepare(database, "INSERT OR REPLACE INTO counters (name, value) VALUES ('last-signed-at-ms', ?)");
  const signed = prepare<{ atMs: number }>(
    database,
    "SELECT value AS atMs FROM counters WHERE name = 'last-signed-at-ms'",
  );
  // One statement: the chains and the certificates are those of one snapshot.
  const chains = prepare<ChainHead & Account>(
    database,
    `SELECT known.chain, lots.name AS lot, coalesce(chains.seq, 0) AS seq, coalesce(chains.digest, '') AS digest,
            (SELECT coalesce(max(seq), 0) FROM events WHERE events.chain = known.chain) AS newest, ${IN_TABLES}
     FROM (SELECT chain FROM chains UNION SELECT chain FROM events UNION SELECT 0) AS known
     LEFT JOIN chains ON chains.chain = known.chain LEFT JOIN lots ON lots.id = known.chain`,
  );
  const page = prepare<StoredEvent>(database, `${EVENT} WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?`);
  const newest = prepare<StoredEvent>(database, `${EVENT} WHERE chain = ? ORDER BY seq DESC LIMIT 1`);
  const find = prepare<{ n: number }>(database, "SELECT 1 AS n FROM events WHERE digest = ? LIMIT 1");
  const lot = prepare<{ id: number }>(database, "SELECT id FROM lots WHERE name = ?");
  const check = prepare<{ quick_check: string }>(database, "PRAGMA quick_check(1)");
  return {
    ...certificateReads(database),
    lockChain: async (chain) => head.get(chain),
    addEvents: async (events) => {
      add(events.map((one) => [one.chain, one.seq, one.atMs, one.kind, one.subject, one.detail, one.prev, one.digest]));
      const last = events.at(-1);
      if (last !== undefined) setHead.run(last.chain, last.seq, last.digest);
    },
    setLastSigned: async (atMs) => {
      setSigned.run(atMs);
    },
    lastSigned: async () => signed.get()?.atMs,
    chainsAndCertificates: async () => {
      const rows = chains.all();
      const [{ reserved, signed: issued } = { reserved: 0, signed: 0 }] = rows;
      return { chains: rows, certificates: { reserved, signed: issued } };
    },
    eventPage: async (chain, afterSeq, limit) => page.all(chain, afterSeq, limit),
    newestEvent: async (chain) => newest.get(chain),
    hasDigest: async (digest) => find.get(digest) !== undefined,
    lotChain: async (name) => lot.get(name)?.id,
    storageFlaw: async () => {
      const flaw = check.get()?.quick_check;
      return flaw === "ok" ? undefined : (flaw ?? "it says nothing");
    },
  };
}

type CertificateReads = Pick<
  EventStatements,
  "batchesOf" | "batchCertificates" | "aloneSha256" | "adoptedCertificates" | "countRevoked"
>;

function certificateReads(database: DatabaseSync): CertificateReads {
  const batch = prepare<{ serialNumber: string; externalId: string; sha256: string | null }>(
    database,
    `SELECT lower(hex(serial)) AS serialNumber, external_id AS externalId, nullif(lower(hex(sha256)), '') AS sha256
     FROM certificates WHERE id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                             AND (SELECT last_certificate FROM batches WHERE number = ?1)`,
  );
  const batches = prepare<{ serialNumber: string; batch: number }>(
    database,
    `SELECT named.value AS serialNumber, certificates.batch FROM json_each(?) AS named
     JOIN certificates ON serial = unhex(named.value) WHERE certificates.batch IS NOT NULL`,
  );
  const alone = prepare<{ sha256: string | null }>(
    database,
    "SELECT nullif(lower(hex(sha256)), '') AS sha256 FROM certificates WHERE serial = ? AND batch IS NULL",
  );
  const adopted = prepare<{ serialNumber: string; sha256: string | null }>(
    database,
    `SELECT lower(hex(serial)) AS serialNumber, nullif(lower(hex(sha256)), '') AS sha256
     FROM adopted_certificates WHERE adoption = ?`,
  );
  const revoked = prepare<{ n: number }>(
    database,
    `SELECT count(*) AS n FROM json_each(?) AS named
     JOIN certificates ON serial = unhex(named.value) AND state = 'revoked' AND reason = ?`,
  );
  return {
    batchesOf: async (serialNumbers) => batches.all(JSON.stringify(serialNumbers)),
    batchCertificates: async (number) => batch.all(number),
    aloneSha256: async (serialNumber) => {
      const row = alone.get(octets(serialNumber));
      return row === undefined ? undefined : row.sha256;
    },
    adoptedCertificates: async (adoption) => adopted.all(adoption),
    countRevoked: async (serialNumbers, reason) => revoked.get(JSON.stringify(serialNumbers), reason)?.n ?? 0,
  };
}
