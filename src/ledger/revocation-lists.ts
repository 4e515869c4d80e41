import type { RevokedSerial } from "../domain/revocation.ts";
import type { Engine } from "./engine.ts";
import type { Ledger, RevocationListState } from "./ledger.ts";
import { damaged } from "./ledger-fault.ts";
import { prepare } from "./statement.ts";

type ListMethods = Pick<Ledger, "revokedSerials" | "revocationList" | "reserveCrl" | "recordCrl" | "lotsUnderWay">;

const PAGE_SERIALS = 2000;
// What another tool signed has its serial number in a table of its own (see schema.ts).
const REVOKED = `
  SELECT serial, ended_at_ms AS revokedAtMs, coalesce(reason, 'unspecified') AS reason FROM certificates
  WHERE issuer = ?1 AND state IN ('revoked', 'abandoned') AND serial > ?2
  UNION ALL
  SELECT serial, revoked_at_ms, coalesce(reason, 'unspecified') FROM adopted_certificates
  WHERE issuer = ?1 AND state = 'revoked' AND serial > ?2`;

/** Revocation lists: what belongs into one, and which ones there are. */
export function revocationListMethods({ reader, writer, read, write, append }: Engine): ListMethods {
  const page = prepare<{ serial: Uint8Array } & Omit<RevokedSerial, "serialNumber">>(
    reader,
    `${REVOKED} ORDER BY serial LIMIT ?3`,
  );
  const due = prepare<{ n: number; revoked: number }>(
    reader,
    `SELECT (SELECT count(*) FROM certificates WHERE issuer = ?1 AND state IN ('revoked', 'abandoned'))
          + (SELECT count(*) FROM adopted_certificates WHERE issuer = ?1 AND state = 'revoked') AS n,
            (SELECT count(*) FROM certificates WHERE issuer = ?1 AND state = 'revoked')
          + (SELECT count(*) FROM adopted_certificates WHERE issuer = ?1 AND state = 'revoked') AS revoked`,
  );
  const written = prepare<NonNullable<RevocationListState["written"]>>(
    reader,
    `SELECT number, entries, sha256, this_update_ms AS thisUpdateMs, next_update_ms AS nextUpdateMs
     FROM crls WHERE issuer = ? AND state = 'written' ORDER BY number DESC LIMIT 1`,
  );
  const underWay = prepare<{ name: string }>(
    reader,
    `SELECT DISTINCT lots.name FROM batches JOIN lots ON lots.id = batches.lot
     WHERE batches.state IN ('reserved', 'minted') AND batches.issuer = ? ORDER BY lots.id`,
  );
  const reserve = prepare<{ number: number }>(
    writer,
    `INSERT INTO crls (issuer, number, state)
     SELECT ?1, coalesce(max(number), 0) + 1, 'reserved' FROM crls WHERE issuer = ?1 RETURNING number`,
  );
  const record = prepare(
    writer,
    `UPDATE crls SET state = 'written', entries = ?, sha256 = ?, this_update_ms = ?, next_update_ms = ?
     WHERE issuer = ? AND number = ? AND state = 'reserved'`,
  );

  return {
    revokedSerials: async function* (issuer) {
      let after: Uint8Array = Buffer.alloc(0);
      for (;;) {
        const from = after;
        const rows = await read(() => page.all(issuer, from, PAGE_SERIALS));
        const last = rows.at(-1);
        if (last === undefined) return;
        yield rows.map(({ serial, revokedAtMs, reason }): RevokedSerial => {
          return { serialNumber: Buffer.from(serial).toString("hex"), revokedAtMs, reason };
        });
        after = last.serial;
      }
    },
    revocationList: (issuer) =>
      read(() => {
        const { n = 0, revoked = 0 } = due.get(issuer) ?? {};
        const list = written.get(issuer);
        return { due: n, revoked, written: list === undefined ? null : { ...list } };
      }),
    reserveCrl: (issuer) =>
      write(() => {
        const number = reserve.get(issuer)?.number ?? 1;
        append({ kind: "crl-reserved", subject: issuer, detail: { number } });
        return number;
      }),
    recordCrl: ({ issuer, number, entries, sha256, thisUpdateMs, nextUpdateMs }) =>
      write(() => {
        if (record.run(entries, sha256, thisUpdateMs, nextUpdateMs, issuer, number) !== 1) {
          throw damaged(`revocation list ${number} of ${issuer} is not reserved`);
        }
        append({ kind: "crl-written", subject: issuer, detail: { number, entries, sha256 } });
      }),
    lotsUnderWay: (issuer) => read(() => underWay.all(issuer).map(({ name }) => name)),
  };
}
