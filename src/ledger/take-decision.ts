import type { DatabaseSync } from "node:sqlite";
import { type Device, foldId } from "../domain/device.ts";
import type { Decision } from "../domain/plan.ts";
import type { Stage } from "../domain/stage.ts";
import { damaged } from "./ledger-fault.ts";
import { stagesBefore } from "./stage-moves.ts";
import { prepare } from "./statement.ts";

/** What came of a decision: the device's row number, or why its row is rejected after all. */
export type Taken = { readonly device: number } | { readonly reject: string };

interface Existing {
  readonly id: number;
  readonly external_id: string;
  readonly stage: Stage;
  readonly certificate: number | null;
}

/** Makes the function that puts one row's decision into the tables; it belongs inside a transaction. */
export function decisionTaker(writer: DatabaseSync): (lot: number, decision: Decision) => Taken {
  // An id that was revoked in another lot starts a new life here: the platform may have it still, from us.
  const add = prepare(
    writer,
    `INSERT INTO devices (lot, external_id, folded_id, line, stage, live, sent_before)
     SELECT ?1, ?2, ?3, ?4, 'planned', 1, coalesce(max(sent_before), 0) FROM devices
     WHERE external_id = ?2 AND live = 0 AND certificate IS NOT NULL
     ON CONFLICT DO NOTHING`,
  );
  const rowNumber = prepare<{ id: number }>(writer, "SELECT last_insert_rowid() AS id");
  const keepRow = prepare(
    writer,
    `INSERT OR REPLACE INTO device_rows
       (device, cells, subject, subject_digest, registration, registration_digest, certificate_request, aliases)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const find = prepare<Existing>(
    writer,
    "SELECT id, external_id, stage, certificate FROM devices WHERE lot = ? AND folded_id = ?",
  );
  const holder = prepare<{ name: string }>(
    writer,
    `SELECT lots.name FROM devices JOIN lots ON lots.id = devices.lot
     WHERE devices.external_id = ? AND devices.live = 1 AND devices.lot <> ?`,
  );
  const planAgain = prepare(
    writer,
    `UPDATE devices SET stage = 'planned', live = 1, line = ?, certificate = NULL, part = NULL, part_row = NULL,
       reject_reason = NULL WHERE id = ?`,
  );
  const changeRow = prepare(
    writer,
    "UPDATE device_rows SET cells = ?, registration = ?, registration_digest = ? WHERE device = ?",
  );
  const wishNext = prepare(
    writer,
    `UPDATE device_rows SET next_subject = ?, next_subject_digest = ?, next_request = ?, next_aliases = ?
     WHERE device = ?`,
  );
  const dropNext = prepare(
    writer,
    `UPDATE device_rows SET next_subject = NULL, next_subject_digest = NULL, next_request = NULL, next_aliases = NULL
     WHERE device = ? AND next_subject IS NOT NULL
       AND (next_subject IS NOT ? OR next_request IS NOT ? OR next_aliases IS NOT ?)`,
  );
  const changeLine = prepare(writer, "UPDATE devices SET line = ? WHERE id = ?");
  const registerAgain = prepare(
    writer,
    `UPDATE devices SET stage = 'minted', part = NULL, part_row = NULL, reject_reason = NULL
     WHERE id = ? AND certificate IS NOT NULL AND stage IN (${stagesBefore("minted")}) AND stage <> 'reserved'`,
  );

  function own(lot: number, externalId: string): Existing {
    const existing = find.get(lot, foldId(externalId));
    if (existing?.external_id === externalId) return existing;
    throw damaged(`device ${externalId} was planned as known, but the lot does not have it; run again`);
  }

  function writeRow(device: number, row: Device, subjectDigest: string, registrationDigest: string): Taken {
    const { cells, subject, registration, certificateRequest } = row;
    const json = [JSON.stringify(cells), JSON.stringify(subject), subjectDigest, JSON.stringify(registration)];
    keepRow.run(device, ...json, registrationDigest, certificateRequest ?? null, aliasesJson(row));
    return { device };
  }

  function mint(lot: number, decision: Extract<Decision, { kind: "mint" }>): Taken {
    const { device, subjectDigest, registrationDigest } = decision;
    const folded = foldId(device.externalId);
    if (add.run(lot, device.externalId, folded, device.line) === 1) {
      return writeRow(rowNumber.get()?.id ?? 0, device, subjectDigest, registrationDigest);
    }
    const existing = find.get(lot, folded);
    if (existing !== undefined && existing.external_id !== device.externalId) {
      return { reject: `id differs only in case from "${existing.external_id}", which the lot has` };
    }
    const other = holder.get(device.externalId, lot);
    if (other !== undefined) return { reject: `id is held by lot "${other.name}"` };
    if (existing === undefined || !mayPlan(existing)) {
      throw damaged(`device ${device.externalId} is ${existing?.stage ?? "unknown"} and cannot become planned`);
    }
    planAgain.run(device.line, existing.id);
    return writeRow(existing.id, device, subjectDigest, registrationDigest);
  }

  function register(lot: number, decision: Extract<Decision, { kind: "register" }>): Taken {
    const { device } = decision;
    const { cells, registration, externalId, line, subject, certificateRequest } = device;
    const { id } = own(lot, externalId);
    changeRow.run(JSON.stringify(cells), JSON.stringify(registration), decision.registrationDigest, id);
    changeLine.run(line, id);
    // Without a certificate there is nothing to register yet: its row is cut when it has been minted.
    registerAgain.run(id);
    // Of a row that changed otherwise as well, what it asks of the next certificate has just been kept.
    dropNext.run(id, JSON.stringify(subject), certificateRequest ?? null, aliasesJson(device));
    return { device: id };
  }

  /** The certificate stays; what the row asks for waits for the next one. */
  function needsRemint(lot: number, { device, subjectDigest }: Extract<Decision, { kind: "needs-remint" }>): Taken {
    const { id } = own(lot, device.externalId);
    const { subject, certificateRequest = null } = device;
    wishNext.run(JSON.stringify(subject), subjectDigest, certificateRequest, aliasesJson(device), id);
    return { device: id };
  }

  function keep(lot: number, externalId: string): Taken {
    const { id } = own(lot, externalId);
    dropNext.run(id, null, null, null);
    return { device: id };
  }

  return (lot, decision) => {
    switch (decision.kind) {
      case "mint":
        return mint(lot, decision);
      case "register":
        return register(lot, decision);
      case "needs-remint":
        return needsRemint(lot, decision);
      case "keep":
        return keep(lot, decision.externalId);
    }
  };
}

function aliasesJson({ aliases }: Device): string | null {
  return aliases === undefined ? null : JSON.stringify(aliases);
}

/**
 * Planned still, turned down before minting, or revoked. The last is no move of a stage: the id starts a
 * new life, and the old certificate stays revoked in its own table.
 */
function mayPlan(existing: Existing): boolean {
  if (existing.stage === "rejected") return existing.certificate === null;
  return existing.stage === "planned" || existing.stage === "revoked";
}
