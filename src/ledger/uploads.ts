import type { Stage } from "../domain/stage.ts";
import type { Engine } from "./engine.ts";
import type { Ledger, OpenUpload, UploadOutcome, UploadRecord } from "./ledger.ts";
import { damaged } from "./ledger-fault.ts";
import { moveRefusal, stagesBefore } from "./stage-moves.ts";
import { prepare } from "./statement.ts";

type UploadMethods = Pick<Ledger, "openUpload" | "closeUpload" | "openUploads" | "uploads">;

interface Member {
  readonly id: number;
  readonly external_id: string;
  readonly stage: Stage;
}

interface UploadRow extends Omit<UploadRecord, "overwritten"> {
  readonly overwritten: string;
}

/** Attempts to register: recorded before they are made, and with what became of them. */
export function uploadMethods(engine: Engine): UploadMethods {
  const { writer, write, append, requireHold } = engine;
  const refusal = moveRefusal(writer);
  const add = prepare(writer, "INSERT INTO uploads (lot, part, run, rows, opened_at_ms) VALUES (?, ?, ?, ?, ?)");
  const submit = prepare<{ id: number }>(
    writer,
    `UPDATE devices SET stage = 'submitted', sent_before = 1, reject_reason = NULL
     WHERE external_id = ? AND live = 1 AND lot = ? AND part = ? AND stage IN (${stagesBefore("submitted")})
     RETURNING id`,
  );
  const addMember = prepare(writer, "INSERT INTO upload_members (upload, position, device) VALUES (?, ?, ?)");
  const closing = prepare(
    writer,
    `UPDATE uploads SET closed_at_ms = ?, kind = ?, status = ?, message = ?, confirmed = ?, rejected = ?, overwritten = ?
     WHERE number = ? AND lot = ? AND closed_at_ms IS NULL`,
  );
  const membersOf = prepare<Member>(
    writer,
    `SELECT d.id, d.external_id, d.stage FROM upload_members AS m JOIN devices AS d ON d.id = m.device
     WHERE m.upload = ? ORDER BY m.position`,
  );
  const confirmedOnce = prepare(writer, "UPDATE devices SET confirmed_before = 1 WHERE id = ?");
  const settle = prepare(
    writer,
    "UPDATE devices SET stage = ?, reject_reason = ? WHERE id = ? AND stage = 'submitted'",
  );

  function settleMembers(upload: number, outcome: UploadOutcome): void {
    const members = new Map(membersOf.all(upload).map((member) => [member.external_id, member]));
    const take = (externalId: string): Member => {
      const member = members.get(externalId);
      if (member === undefined) throw damaged(`device ${externalId} is not in upload ${upload}, or stands in it twice`);
      members.delete(externalId);
      return member;
    };
    // A device that left `submitted` while the attempt was open, as its row changed, keeps its new stage.
    for (const externalId of outcome.confirmed) {
      const { id } = take(externalId);
      confirmedOnce.run(id);
      settle.run("confirmed", null, id);
    }
    for (const { externalId, reason } of outcome.rejected) settle.run("rejected", reason, take(externalId).id);
    for (const { id } of members.values()) settle.run("listed", null, id);
  }

  return {
    ...readingMethods(engine),

    openUpload: (hold, { part, externalIds }) =>
      write(() => {
        const lot = requireHold(hold);
        const upload = add.insert(lot, part, hold.run, externalIds.length, Math.trunc(engine.now()));
        for (const [position, externalId] of externalIds.entries()) {
          const device = submit.get(externalId, lot, part);
          if (device === undefined) throw refusal(lot, externalId, "submitted");
          addMember.run(upload, position, device.id);
        }
        append({ kind: "upload-opened", subject: hold.lot, detail: { upload, part, rows: externalIds.length } });
        return upload;
      }),

    closeUpload: (hold, upload, outcome) =>
      write(() => {
        const lot = requireHold(hold);
        const { kind, status = null, message = null, confirmed, rejected, overwritten = [] } = outcome;
        const answer = [kind, status, message, confirmed.length, rejected.length, JSON.stringify(overwritten)] as const;
        if (closing.run(Math.trunc(engine.now()), ...answer, upload, lot) !== 1) {
          throw damaged(`upload ${upload} of lot ${hold.lot} is not open`);
        }
        settleMembers(upload, outcome);
        const counts = { confirmed: confirmed.length, rejected: rejected.length, overwritten: overwritten.length };
        append({ kind: "upload-closed", subject: hold.lot, detail: { upload, outcome: kind, status, ...counts } });
      }),
  };
}

function readingMethods({ reader, read }: Engine): Pick<Ledger, "openUploads" | "uploads"> {
  const open = prepare<{ upload: number; part: number }>(
    reader,
    `SELECT number AS upload, part FROM uploads
     WHERE lot = (SELECT id FROM lots WHERE name = ?) AND closed_at_ms IS NULL ORDER BY number`,
  );
  const members = prepare<{ external_id: string }>(
    reader,
    `SELECT d.external_id FROM upload_members AS m JOIN devices AS d ON d.id = m.device
     WHERE m.upload = ? ORDER BY m.position`,
  );
  const all = prepare<UploadRow>(
    reader,
    `SELECT number AS upload, part, rows, opened_at_ms AS openedAtMs, closed_at_ms AS closedAtMs, kind, status,
            message, confirmed, rejected, overwritten
     FROM uploads WHERE lot = (SELECT id FROM lots WHERE name = ?) ORDER BY number`,
  );
  return {
    openUploads: (lot) =>
      read(() =>
        open.all(lot).map((row): OpenUpload => {
          return { ...row, externalIds: members.all(row.upload).map((member) => member.external_id) };
        }),
      ),
    uploads: (lot) =>
      read(() =>
        all.all(lot).map((row) => ({ ...row, overwritten: JSON.parse(row.overwritten) as readonly string[] })),
      ),
  };
}
