import type { DatabaseSync } from "node:sqlite";
import type { RevokedSerial } from "../../domain/revocation.ts";
import type { RevocationListState } from "../revocation-lists.ts";
import type { RevokingStatements } from "../rules/statements/revoking.ts";
import { octets, prepare } from "./statement.ts";

type Lists = Pick<
  RevokingStatements,
  "revokedPage" | "adoptedRevokedPage" | "revocationList" | "nextCrl" | "recordCrl" | "lotsUnderWay"
>;
type Pushes = Pick<
  RevokingStatements,
  "unpushed" | "countUnpushed" | "forgetPushes" | "addPush" | "closePush" | "markPushed"
>;

export function revocationListStatements(database: DatabaseSync): Lists {
  const page = prepare<{ id: number; serial: Uint8Array } & Omit<RevokedSerial, "serialNumber">>(
    database,
    `SELECT id, serial, ended_at_ms AS revokedAtMs, coalesce(reason, 'unspecified') AS reason
     FROM certificates INDEXED BY certificates_listed
     WHERE issuer = ? AND state IN ('revoked', 'abandoned') AND id > ? ORDER BY id LIMIT ?`,
  );
  const adopted = prepare<{ serial: Uint8Array } & Omit<RevokedSerial, "serialNumber">>(
    database,
    `SELECT serial, revoked_at_ms AS revokedAtMs, coalesce(reason, 'unspecified') AS reason
     FROM adopted_certificates WHERE issuer = ? AND state = 'revoked' AND serial > ? ORDER BY serial LIMIT ?`,
  );
  const due = prepare<{ n: number; revoked: number }>(
    database,
    `SELECT (SELECT count(*) FROM certificates WHERE issuer = ?1 AND state IN ('revoked', 'abandoned'))
          + (SELECT count(*) FROM adopted_certificates WHERE issuer = ?1 AND state = 'revoked') AS n,
            (SELECT count(*) FROM certificates WHERE issuer = ?1 AND state = 'revoked')
          + (SELECT count(*) FROM adopted_certificates WHERE issuer = ?1 AND state = 'revoked') AS revoked`,
  );
  const written = prepare<NonNullable<RevocationListState["written"]>>(
    database,
    `SELECT number, entries, sha256, this_update_ms AS thisUpdateMs, next_update_ms AS nextUpdateMs
     FROM crls WHERE issuer = ? AND state = 'written' ORDER BY number DESC LIMIT 1`,
  );
  const next = prepare<{ number: number }>(
    database,
    `INSERT INTO issuers (name, crl_number) VALUES (?, 1)
     ON CONFLICT (name) DO UPDATE SET crl_number = crl_number + 1 RETURNING crl_number AS number`,
  );
  const reserve = prepare(database, "INSERT INTO crls (issuer, number, state) VALUES (?, ?, 'reserved')");
  const record = prepare(
    database,
    `UPDATE crls SET state = 'written', entries = ?, sha256 = ?, this_update_ms = ?, next_update_ms = ?
     WHERE issuer = ? AND number = ? AND state = 'reserved'`,
  );
  const underWay = prepare<{ name: string }>(
    database,
    `SELECT DISTINCT lots.name FROM batches JOIN lots ON lots.id = batches.lot
     WHERE batches.state IN ('reserved', 'minted') AND batches.issuer = ? ORDER BY lots.id`,
  );
  return {
    revokedPage: async (issuer, after, limit) =>
      page.all(issuer, after, limit).map(({ id, serial, revokedAtMs, reason }) => {
        return { id, serialNumber: hexOf(serial), revokedAtMs, reason };
      }),
    adoptedRevokedPage: async (issuer, after, limit) =>
      adopted.all(issuer, octets(after), limit).map(({ serial, revokedAtMs, reason }) => {
        return { serialNumber: hexOf(serial), revokedAtMs, reason };
      }),
    revocationList: async (issuer) => {
      const { n = 0, revoked = 0 } = due.get(issuer) ?? {};
      const list = written.get(issuer);
      return { due: n, revoked, written: list === undefined ? null : { ...list } };
    },
    nextCrl: async (issuer) => {
      const number = next.get(issuer)?.number ?? 1;
      reserve.run(issuer, number);
      return number;
    },
    recordCrl: async ({ issuer, number, entries, sha256, thisUpdateMs, nextUpdateMs }) =>
      record.run(entries, sha256, thisUpdateMs, nextUpdateMs, issuer, number) === 1,
    lotsUnderWay: async (issuer) => underWay.all(issuer).map(({ name }) => name),
  };
}

function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("hex");
}

/**
 * Serial numbers on their way to a platform. What another tool signed is left out: the platform goes by the
 * serial number alone, and other tools count from small ones, which another authority may have used as well.
 */
export function pushStatements(database: DatabaseSync, clock: () => number): Pushes {
  const ended = "issuer = ? AND state IN ('revoked', 'abandoned')";
  // Another platform, such as the sandbox that was tried first, does not know what this one was told.
  const unpushed = prepare<RevokedSerial>(
    database,
    `SELECT lower(hex(serial)) AS serialNumber, ended_at_ms AS revokedAtMs, coalesce(reason, 'unspecified') AS reason
     FROM certificates INDEXED BY certificates_listed
     WHERE ${ended} AND id > coalesce((SELECT id FROM certificates WHERE serial = ?), 0)
       AND (push IS NULL OR push NOT IN (SELECT number FROM pushes WHERE platform = ?))
     ORDER BY id LIMIT ?`,
  );
  const count = prepare<{ n: number }>(
    database,
    `SELECT count(*) AS n FROM certificates WHERE ${ended} AND push IS NULL`,
  );
  const forget = prepare(
    database,
    "UPDATE pushes SET closed_at_ms = ?, kind = 'unknown' WHERE issuer = ? AND closed_at_ms IS NULL",
  );
  const open = prepare(database, "INSERT INTO pushes (issuer, platform, serials, opened_at_ms) VALUES (?, ?, ?, ?)");
  const close = prepare<{ issuer: string; serials: number }>(
    database,
    `UPDATE pushes SET closed_at_ms = ?, kind = ?, message = ?
     WHERE number = ? AND closed_at_ms IS NULL RETURNING issuer, serials`,
  );
  const mark = prepare(
    database,
    `UPDATE certificates SET push = ?1 WHERE serial IN (SELECT unhex(value) FROM json_each(?2))
       AND state IN ('revoked', 'abandoned')`,
  );
  return {
    unpushed: async (issuer, platform, after, limit) =>
      unpushed.all(issuer, octets(after), platform, limit).map((row) => ({ ...row })),
    countUnpushed: async (issuer) => count.get(issuer)?.n ?? 0,
    forgetPushes: async (issuer) => {
      forget.run(clock(), issuer);
    },
    addPush: async (issuer, platform, serials) => open.insert(issuer, platform, serials, clock()),
    closePush: async (push, kind, message) => close.get(clock(), kind, message, push),
    markPushed: async (push, serialNumbers) => {
      mark.run(push, JSON.stringify(serialNumbers));
    },
  };
}
