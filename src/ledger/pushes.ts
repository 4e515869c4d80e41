import type { RevokedSerial } from "../domain/revocation.ts";
import type { Engine } from "./engine.ts";
import { digestLines } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { damaged } from "./ledger-fault.ts";
import { prepare } from "./statement.ts";

type PushMethods = Pick<Ledger, "unpushedSerials" | "countUnpushed" | "openPush" | "closePush">;

/**
 * Serial numbers on their way to a platform. What another tool signed is left out: the platform goes by the
 * serial number alone, and other tools count from small ones, which another authority may have used as well.
 */
export function pushMethods(engine: Engine): PushMethods {
  const { reader, writer, read, write, append } = engine;
  const ended = "issuer = ? AND state IN ('revoked', 'abandoned')";
  // Another platform, such as the sandbox that was tried first, does not know what this one was told.
  const unpushed = prepare<RevokedSerial>(
    reader,
    `SELECT lower(hex(serial)) AS serialNumber, ended_at_ms AS revokedAtMs, coalesce(reason, 'unspecified') AS reason
     FROM certificates
     WHERE ${ended} AND serial > ? AND (push IS NULL OR push NOT IN (SELECT number FROM pushes WHERE platform = ?))
     ORDER BY serial LIMIT ?`,
  );
  const count = prepare<{ n: number }>(
    reader,
    `SELECT count(*) AS n FROM certificates WHERE ${ended} AND push IS NULL`,
  );
  // A push that never got its answer recorded: the next one sends the same again.
  const forget = prepare(
    writer,
    "UPDATE pushes SET closed_at_ms = ?, kind = 'unknown' WHERE issuer = ? AND closed_at_ms IS NULL",
  );
  const open = prepare(writer, "INSERT INTO pushes (issuer, platform, serials, opened_at_ms) VALUES (?, ?, ?, ?)");
  const close = prepare<{ issuer: string; serials: number }>(
    writer,
    `UPDATE pushes SET closed_at_ms = ?, kind = ?, message = ?
     WHERE number = ? AND closed_at_ms IS NULL RETURNING issuer, serials`,
  );
  const mark = prepare(
    writer,
    "UPDATE certificates SET push = ? WHERE serial = ? AND state IN ('revoked', 'abandoned')",
  );

  return {
    unpushedSerials: ({ issuer, platform, after, limit }) =>
      read(() => unpushed.all(issuer, Buffer.from(after, "hex"), platform, limit).map((row) => ({ ...row }))),
    countUnpushed: (issuer) => read(() => count.get(issuer)?.n ?? 0),
    openPush: ({ issuer, platform, serialNumbers }) =>
      write(() => {
        const atMs = Math.trunc(engine.now());
        forget.run(atMs, issuer);
        const push = open.insert(issuer, platform, serialNumbers.length, atMs);
        const detail = { push, platform, serials: serialNumbers.length, digest: digestLines(serialNumbers) };
        append({ kind: "push-opened", subject: issuer, detail });
        return push;
      }),
    closePush: (push, { kind, message = null, serialNumbers }) =>
      write(() => {
        const row = close.get(Math.trunc(engine.now()), kind, message, push);
        if (row === undefined) throw damaged(`push ${push} is not open`);
        if (kind === "answered") for (const serial of serialNumbers) mark.run(push, Buffer.from(serial, "hex"));
        append({ kind: "push-closed", subject: row.issuer, detail: { push, outcome: kind, serials: row.serials } });
      }),
  };
}
