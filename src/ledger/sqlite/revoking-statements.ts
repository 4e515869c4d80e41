import type { DatabaseSync } from "node:sqlite";
import { foldId } from "../../domain/device.ts";
import type { CertifiedDevice } from "../revoking.ts";
import type { Place } from "../rules/statements/place.ts";
import type { RevokingStatements } from "../rules/statements/revoking.ts";
import { stagesBefore } from "./conditions.ts";
import { octets, prepare } from "./statement.ts";

type Certificates = Pick<
  RevokingStatements,
  | "revokeDevices"
  | "revokeSpan"
  | "revokeAlone"
  | "isRevoked"
  | "certifiedLive"
  | "certifiedEnded"
  | "revocableEnd"
  | "countRevocable"
  | "firstRevocable"
>;

const CERTIFIED = `
  SELECT d.external_id AS externalId, lots.name AS lot, d.stage, lower(hex(c.serial)) AS serialNumber,
         c.issuer, coalesce(c.state = 'revoked', 0) AS revoked`;
const JOINED = "LEFT JOIN certificates AS c ON c.id = d.certificate JOIN lots ON lots.id = d.lot";

export function revokingStatements(database: DatabaseSync, clock: () => number): Certificates {
  const revoke = prepare<{ serial: string; device: number }>(
    database,
    `UPDATE certificates SET state = 'revoked', reason = ?2, ended_at_ms = ?3
     WHERE state = 'issued' AND id IN (
       SELECT d.certificate FROM json_each(?4) AS asked
       CROSS JOIN devices AS d
         ON d.lot = ?1 AND d.folded_id = asked.value ->> 0 AND d.external_id = asked.value ->> 1)
     RETURNING lower(hex(serial)) AS serial, device`,
  );
  // The rows' numbers come sorted out of IN, so that each page of the table is changed once.
  const revokeSpan = prepare<{ serial: string; device: number }>(
    database,
    `UPDATE certificates SET state = 'revoked', reason = ?2, ended_at_ms = ?3
     WHERE state = 'issued' AND id IN (
       SELECT certificate FROM devices INDEXED BY devices_by_line
       WHERE lot = ?1 AND stage <> 'revoked' AND (line, id) > (?4, ?5) AND (line, id) <= (?6, ?7))
     RETURNING lower(hex(serial)) AS serial, device`,
  );
  // No longer live: the id may be planned anew, in this lot's place or another's.
  const endDevices = prepare(
    database,
    `UPDATE devices SET stage = 'revoked', live = 0, reject_reason = NULL
     WHERE id IN (SELECT value FROM json_each(?)) AND stage IN (${stagesBefore("revoked")})`,
  );
  const revokeAlone = prepare<{ issuer: string }>(
    database,
    `UPDATE certificates SET state = 'revoked', reason = ?, ended_at_ms = ?
     WHERE serial = ? AND batch IS NULL AND state = 'issued' RETURNING issuer`,
  );
  const revoked = prepare<{ n: number }>(
    database,
    `SELECT (SELECT count(*) FROM certificates WHERE serial = ?1 AND sha256 = ?2 AND state = 'revoked')
          + (SELECT count(*) FROM adopted_certificates WHERE sha256 = ?2 AND state = 'revoked') AS n`,
  );
  const live = prepare<CertifiedRow>(
    database,
    `${CERTIFIED} FROM json_each(?) AS asked
     CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = 1 ${JOINED}`,
  );
  const ended = prepare<CertifiedRow>(
    database,
    `${CERTIFIED} FROM json_each(?) AS asked
     CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = 0 AND d.certificate IS NOT NULL ${JOINED}
     ORDER BY d.certificate`,
  );
  const end = prepare<Place>(
    database,
    `SELECT line, id FROM (
       SELECT line, id FROM devices INDEXED BY devices_by_line
       WHERE lot = ? AND stage <> 'revoked' AND (line, id) > (?, ?) ORDER BY line, id LIMIT ?)
     ORDER BY line DESC, id DESC LIMIT 1`,
  );
  const revocable = `
    FROM devices AS d INDEXED BY devices_by_line CROSS JOIN certificates AS c ON c.id = d.certificate
    WHERE d.lot = (SELECT id FROM lots WHERE name = ?) AND d.stage <> 'revoked'`;
  const count = prepare<{ devices: number; issuers: string }>(
    database,
    `SELECT count(*) AS devices, json_group_array(DISTINCT c.issuer) AS issuers ${revocable}`,
  );
  const first = prepare<{ externalId: string }>(
    database,
    `SELECT d.external_id AS externalId ${revocable} ORDER BY d.line, d.id LIMIT ?`,
  );
  const endWith = (rows: readonly { readonly serial: string; readonly device: number }[]) => {
    endDevices.run(JSON.stringify(rows.map(({ device }) => device)));
    return rows.map(({ serial }) => serial);
  };
  return {
    revokeDevices: async (lot, reason, externalIds) => {
      const asked = JSON.stringify(externalIds.map((externalId) => [foldId(externalId), externalId]));
      return endWith(revoke.all(lot, reason, clock(), asked));
    },
    revokeSpan: async (lot, reason, after, last) =>
      endWith(revokeSpan.all(lot, reason, clock(), after.line, after.id, last.line, last.id)),
    revokeAlone: async (serialNumber, reason) => revokeAlone.get(reason, clock(), octets(serialNumber))?.issuer,
    isRevoked: async (serialNumber, sha256) => revoked.get(octets(serialNumber), octets(sha256))?.n !== 0,
    certifiedLive: async (externalIds) => live.all(JSON.stringify(externalIds)).map(certifiedDevice),
    certifiedEnded: async (externalIds) => ended.all(JSON.stringify(externalIds)).map(certifiedDevice),
    revocableEnd: async (lot, after, limit) => end.get(lot, after.line, after.id, limit),
    countRevocable: async (lot) => {
      const { devices = 0, issuers = "[]" } = count.get(lot) ?? {};
      return { devices, issuers: JSON.parse(issuers) as string[] };
    },
    firstRevocable: async (lot, limit) => first.all(lot, limit).map(({ externalId }) => externalId),
  };
}

interface CertifiedRow extends Omit<CertifiedDevice, "revoked"> {
  readonly revoked: number;
}

function certifiedDevice(row: CertifiedRow): CertifiedDevice {
  return { ...row, revoked: row.revoked === 1 };
}
