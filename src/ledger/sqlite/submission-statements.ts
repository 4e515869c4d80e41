import type { DatabaseSync } from "node:sqlite";
import { foldId } from "../../domain/device.ts";
import { DEFAULT_ID_TYPE } from "../../domain/registration.ts";
import type { Stage } from "../../domain/stage.ts";
import type { Place } from "../rules/statements/place.ts";
import type { SubmissionStatements } from "../rules/statements/submission.ts";
import type { UnaskedDevice } from "../submission.ts";
import { stagesBefore } from "./conditions.ts";
import { liveDevices } from "./live-devices.ts";
import { prepare } from "./statement.ts";

export function submissionStatements(database: DatabaseSync, clock: () => number): SubmissionStatements {
  const add = prepare(database, "INSERT INTO uploads (lot, part, run, rows, opened_at_ms) VALUES (?, ?, ?, ?, ?)");
  const sendable = liveDevices(database, `+d.part = ?3 AND +d.stage IN (${stagesBefore("submitted")})`);
  const submit = prepare(
    database,
    `UPDATE devices SET stage = 'submitted', sent_before = 1, reject_reason = NULL
     WHERE id IN (SELECT value FROM json_each(?))`,
  );
  const addMembers = prepare(
    database,
    "INSERT INTO upload_members (upload, position, device) SELECT ?1, key, value FROM json_each(?2)",
  );
  const closing = prepare(
    database,
    `UPDATE uploads SET closed_at_ms = ?, kind = ?, status = ?, message = ?, confirmed = ?, rejected = ?, overwritten = ?
     WHERE number = ? AND lot = ? AND closed_at_ms IS NULL`,
  );
  const members = prepare<{ id: number; externalId: string }>(
    database,
    `SELECT d.id, d.external_id AS externalId FROM upload_members AS m JOIN devices AS d ON d.id = m.device
     WHERE m.upload = ? ORDER BY m.position`,
  );
  const confirm = prepare(
    database,
    `UPDATE devices SET confirmed_before = 1,
       reject_reason = CASE WHEN stage = 'submitted' THEN NULL ELSE reject_reason END,
       stage = CASE WHEN stage = 'submitted' THEN 'confirmed' ELSE stage END
     WHERE id IN (SELECT value FROM json_each(?))`,
  );
  const reject = prepare(
    database,
    `UPDATE devices SET stage = 'rejected', reject_reason = asked.value ->> 1 FROM json_each(?) AS asked
     WHERE devices.id = asked.value ->> 0 AND devices.stage = 'submitted'`,
  );
  const relist = prepare(
    database,
    `UPDATE devices SET stage = 'listed', reject_reason = NULL
     WHERE stage = 'submitted' AND id IN (SELECT value FROM json_each(?))`,
  );
  const open = prepare<{ upload: number; part: number }>(
    database,
    `SELECT number AS upload, part FROM uploads
     WHERE lot = (SELECT id FROM lots WHERE name = ?) AND closed_at_ms IS NULL ORDER BY number`,
  );
  return {
    ...rejectStatements(database, clock),
    addUpload: async (lot, part, run, rows) => add.insert(lot, part, run, rows, clock()),
    submitDevices: async (lot, part, upload, externalIds) => {
      const devices = sendable(lot, externalIds, part);
      const ids = JSON.stringify(devices.map(({ id }) => id));
      submit.run(ids);
      addMembers.run(upload, ids);
      return devices.map(({ externalId }) => externalId);
    },
    closeUpload: async (lot, upload, { kind, status, message, confirmed, rejected, overwritten = [] }) => {
      const counts = [confirmed.length, rejected.length, JSON.stringify(overwritten)] as const;
      return closing.run(clock(), kind, status ?? null, message ?? null, ...counts, upload, lot) === 1;
    },
    membersOf: async (upload) => members.all(upload),
    confirm: async (devices) => {
      confirm.run(JSON.stringify(devices));
    },
    rejectSubmitted: async (devices) => {
      reject.run(JSON.stringify(devices.map(({ id, reason }) => [id, reason])));
    },
    relistSubmitted: async (devices) => {
      relist.run(JSON.stringify(devices));
    },
    openUploadsOf: async (lot) =>
      open.all(lot).map((row) => {
        return { ...row, externalIds: members.all(row.upload).map((member) => member.externalId) };
      }),
  };
}

type RejectStatements = Pick<
  SubmissionStatements,
  "unaskedPage" | "setPresent" | "devicesOf" | "abandonFor" | "rejectDevices" | "relistRejected"
>;

function rejectStatements(database: DatabaseSync, clock: () => number): RejectStatements {
  const live = liveDevices(database);
  const unasked = prepare<Place & UnaskedDevice>(
    database,
    `SELECT d.line, d.id, d.external_id AS externalId,
            coalesce(r.registration ->> '$.idType', '${DEFAULT_ID_TYPE}') AS idType
     FROM devices AS d INDEXED BY devices_by_line CROSS JOIN device_rows AS r ON r.device = d.id
     WHERE d.lot = (SELECT id FROM lots WHERE name = ?1) AND d.live = 1 AND d.present_before IS NULL
       AND d.sent_before = 0 AND d.stage IN ('planned', 'reserved', 'minted', 'listed')
       AND (d.line, d.id) > (?2, ?3) ORDER BY d.line, d.id LIMIT ?4`,
  );
  const answer = prepare(
    database,
    `UPDATE devices SET present_before = asked.value ->> 1 FROM json_each(?) AS asked
     WHERE devices.id = asked.value ->> 0`,
  );
  const find = prepare<{ id: number; externalId: string; stage: Stage }>(
    database,
    `SELECT d.id, d.external_id AS externalId, d.stage FROM json_each(?2) AS asked
     CROSS JOIN devices AS d
       ON d.lot = ?1 AND d.folded_id = asked.value ->> 0 AND d.external_id = asked.value ->> 1`,
  );
  const abandon = prepare(
    database,
    `UPDATE certificates SET state = 'abandoned', device = NULL, ended_at_ms = ?2
     WHERE state = 'reserved' AND device IN (SELECT value FROM json_each(?3))
       AND batch IN (SELECT number FROM batches WHERE lot = ?1 AND state = 'reserved')
       AND id >= (SELECT min(first_certificate) FROM batches WHERE lot = ?1 AND state = 'reserved')`,
  );
  const reject = prepare(
    database,
    `UPDATE devices SET stage = 'rejected', reject_reason = asked.value ->> 1, live = (certificate IS NOT NULL)
     FROM json_each(?) AS asked WHERE devices.id = asked.value ->> 0`,
  );
  const relist = prepare(
    database,
    `UPDATE devices SET stage = 'listed', reject_reason = NULL
     WHERE lot = ? AND stage = 'rejected' AND certificate IS NOT NULL AND part IS NOT NULL`,
  );
  return {
    unaskedPage: async (lot, after, limit) => unasked.all(lot, after.line, after.id, limit),
    setPresent: async (lot, answers) => {
      const devices = live(
        lot,
        answers.map(({ externalId }) => externalId),
      );
      answer.run(JSON.stringify(devices.map(({ id, position }) => [id, answers[position]?.present ? 1 : 0])));
      return devices.map(({ externalId }) => externalId);
    },
    devicesOf: async (lot, externalIds) => find.all(lot, JSON.stringify(externalIds.map((id) => [foldId(id), id]))),
    abandonFor: async (lot, devices) => {
      abandon.run(lot, clock(), JSON.stringify(devices));
    },
    rejectDevices: async (devices) => {
      reject.run(JSON.stringify(devices.map(({ id, reason }) => [id, reason])));
    },
    relistRejected: async (lot) => relist.run(lot),
  };
}
