import { foldId } from "../domain/device.ts";
import type { Engine } from "./engine.ts";
import type { CertifiedDevice, Ledger } from "./ledger.ts";
import { type Place, pages } from "./pages.ts";
import { stagesBefore } from "./stage-moves.ts";
import { prepare } from "./statement.ts";

type RevokingMethods = Pick<
  Ledger,
  "certifiedDevices" | "revocableDevices" | "revokeDevices" | "revokeCertificate" | "isRevoked"
>;

interface CertifiedRow extends Omit<CertifiedDevice, "revoked"> {
  readonly revoked: number;
}

const CERTIFIED = `
  SELECT d.external_id AS externalId, lots.name AS lot, d.stage, lower(hex(c.serial)) AS serialNumber,
         c.issuer, coalesce(c.state = 'revoked', 0) AS revoked`;
const JOINED = "LEFT JOIN certificates AS c ON c.id = d.certificate JOIN lots ON lots.id = d.lot";

/** Revoking: a device's certificate with the device, or one outside lots. */
export function revokingMethods(engine: Engine): RevokingMethods {
  const { writer, write, append, requireHold } = engine;
  const revoke = prepare<{ serial: string; device: number }>(
    writer,
    `UPDATE certificates SET state = 'revoked', reason = ?, ended_at_ms = ?
     WHERE state = 'issued' AND id = (SELECT certificate FROM devices WHERE lot = ? AND folded_id = ? AND external_id = ?)
     RETURNING lower(hex(serial)) AS serial, device`,
  );
  // No longer live: the id may be planned anew, in this lot's place or another's.
  const endDevice = prepare(
    writer,
    `UPDATE devices SET stage = 'revoked', live = 0, reject_reason = NULL
     WHERE id = ? AND stage IN (${stagesBefore("revoked")})`,
  );
  const revokeAlone = prepare<{ issuer: string }>(
    writer,
    `UPDATE certificates SET state = 'revoked', reason = ?, ended_at_ms = ?
     WHERE serial = ? AND batch IS NULL AND state = 'issued' RETURNING issuer`,
  );

  return {
    ...readingMethods(engine),

    revokeDevices: (hold, { reason, externalIds }) =>
      write(() => {
        const lot = requireHold(hold);
        const atMs = Math.trunc(engine.now());
        const serials: string[] = [];
        for (const externalId of externalIds) {
          const row = revoke.get(reason, atMs, lot, foldId(externalId), externalId);
          if (row === undefined) continue;
          endDevice.run(row.device);
          serials.push(row.serial);
        }
        if (serials.length > 0) {
          append({ kind: "certificates-revoked", subject: hold.lot, detail: { reason, serials } });
        }
        return serials.length;
      }),

    revokeCertificate: ({ serialNumber, reason }) =>
      write(() => {
        const row = revokeAlone.get(reason, Math.trunc(engine.now()), Buffer.from(serialNumber, "hex"));
        if (row === undefined) return false;
        append({ kind: "certificates-revoked", subject: row.issuer, detail: { reason, serials: [serialNumber] } });
        return true;
      }),
  };
}

function readingMethods({ reader, read }: Engine): Pick<Ledger, "certifiedDevices" | "revocableDevices" | "isRevoked"> {
  const live = prepare<CertifiedRow>(
    reader,
    `${CERTIFIED} FROM json_each(?) AS asked
     CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = 1 ${JOINED}`,
  );
  // Of several lives that have ended, the one whose certificate is the newest.
  const ended = prepare<CertifiedRow>(
    reader,
    `${CERTIFIED} FROM json_each(?) AS asked
     CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = 0 AND d.certificate IS NOT NULL ${JOINED}
     ORDER BY d.certificate`,
  );
  const revocable = prepare<Place & { externalId: string; issuer: string }>(
    reader,
    `SELECT d.line, d.id, d.external_id AS externalId, c.issuer
     FROM devices AS d INDEXED BY devices_by_line CROSS JOIN certificates AS c ON c.id = d.certificate
     WHERE d.lot = (SELECT id FROM lots WHERE name = ?) AND d.stage <> 'revoked'
       AND (d.line, d.id) > (?, ?) ORDER BY d.line, d.id LIMIT ?`,
  );
  const revoked = prepare<{ n: number }>(
    reader,
    `SELECT (SELECT count(*) FROM certificates WHERE serial = ?1 AND sha256 = ?2 AND state = 'revoked')
          + (SELECT count(*) FROM adopted_certificates WHERE sha256 = ?2 AND state = 'revoked') AS n`,
  );
  return {
    isRevoked: ({ serialNumber, sha256 }) =>
      read(() => revoked.get(Buffer.from(serialNumber, "hex"), Buffer.from(sha256, "hex"))?.n !== 0),
    certifiedDevices: (externalIds) =>
      read(() => {
        const asked = JSON.stringify(externalIds);
        const found = new Map([...ended.all(asked), ...live.all(asked)].map((row) => [row.externalId, row]));
        return [...found.values()].map((row) => ({ ...row, revoked: row.revoked === 1 }));
      }),
    revocableDevices: (lot) =>
      pages(
        read,
        (after, limit) => revocable.all(lot, after.line, after.id, limit),
        ({ externalId, issuer }) => ({ externalId, issuer }),
      ),
  };
}
