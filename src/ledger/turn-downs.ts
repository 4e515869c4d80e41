import { mayFollow, type Stage } from "../domain/stage.ts";
import type { Engine } from "./engine.ts";
import type { DeviceReject, Ledger } from "./ledger.ts";
import { moveRefusal } from "./stage-moves.ts";
import { prepare } from "./statement.ts";

type TurnDownMethods = Pick<Ledger, "recordCollisions" | "rejectDevices" | "relistRejected">;

/** Devices that are turned down outside an upload, and their way back. */
export function turnDownMethods(engine: Engine): TurnDownMethods {
  const { writer, write, append, requireHold } = engine;
  const refusal = moveRefusal(writer);
  const answer = prepare(
    writer,
    "UPDATE devices SET present_before = ? WHERE external_id = ? AND live = 1 AND lot = ?",
  );
  const find = prepare<{ id: number; stage: Stage; certificate: number | null }>(
    writer,
    "SELECT id, stage, certificate FROM devices WHERE lot = ? AND external_id = ?",
  );
  // Without a certificate the id is free again, for this lot or another.
  const reject = prepare(
    writer,
    `UPDATE devices SET stage = 'rejected', reject_reason = ?, live = (certificate IS NOT NULL)
     WHERE id = ?`,
  );
  const abandon = prepare(
    writer,
    `UPDATE certificates SET state = 'abandoned', device = NULL, ended_at_ms = ? WHERE device = ? AND state = 'reserved'
       AND batch IN (SELECT number FROM batches WHERE lot = ? AND state = 'reserved')`,
  );
  const relist = prepare(
    writer,
    `UPDATE devices SET stage = 'listed', reject_reason = NULL
     WHERE lot = ? AND stage = 'rejected' AND certificate IS NOT NULL AND part IS NOT NULL`,
  );

  function rejectOne(lot: number, { externalId, reason }: DeviceReject): void {
    const device = find.get(lot, externalId);
    // A settling run may say again what a killed one said: then only the reason is new.
    const allowed = device?.stage === "rejected" || (device && mayFollow(device.stage, "rejected"));
    if (device === undefined || !allowed) throw refusal(lot, externalId, "rejected");
    if (device.stage === "reserved") abandon.run(Math.trunc(engine.now()), device.id, lot);
    reject.run(reason, device.id);
  }

  return {
    recordCollisions: (hold, answers) =>
      write(() => {
        const lot = requireHold(hold);
        for (const { externalId, present } of answers) {
          if (answer.run(present ? 1 : 0, externalId, lot) !== 1) throw refusal(lot, externalId, "submitted");
        }
        const present = answers.filter((one) => one.present).length;
        append({ kind: "collisions-recorded", subject: hold.lot, detail: { asked: answers.length, present } });
      }),
    rejectDevices: (hold, rejects) =>
      write(() => {
        const lot = requireHold(hold);
        for (const one of rejects) rejectOne(lot, one);
        append({ kind: "devices-rejected", subject: hold.lot, detail: { devices: rejects.length } });
      }),
    relistRejected: (hold) =>
      write(() => {
        const devices = relist.run(requireHold(hold));
        append({ kind: "devices-relisted", subject: hold.lot, detail: { devices } });
        return devices;
      }),
  };
}
