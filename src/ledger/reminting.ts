import { segmentName } from "../disk/layout.ts";
import type { Subject } from "../domain/certificate.ts";
import { foldId, type KeystoreAliases } from "../domain/device.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Engine } from "./engine.ts";
import { digestLines } from "./events.ts";
import type { Ledger, OpenRemint, RemintDevice } from "./ledger.ts";
import { damaged } from "./ledger-fault.ts";
import { unlessTaken } from "./serials.ts";
import { moveRefusal } from "./stage-moves.ts";
import { prepare } from "./statement.ts";

type RemintingMethods = Pick<
  Ledger,
  "remintDevices" | "reserveRemint" | "openRemints" | "closeRemint" | "countReworks" | "subjectChanges"
>;

/** A batch that replaces certificates. */
export interface RemintRow {
  readonly reason: string;
  readonly register: number;
}

/** What a batch's commits do besides, when it replaces certificates; each belongs inside a transaction. */
export interface RemintSteps {
  /** Undefined for a batch of new devices. */
  readonly of: (batch: number) => RemintRow | undefined;
  /** The device gets its new certificate, and the old one is revoked. */
  readonly replace: (remint: RemintRow, row: { readonly id: number; readonly device: number }) => void;
  /** Tells the log of the revocations; after the last `replace`. */
  readonly committed: (lot: string, remint: RemintRow) => void;
  /** The batch is void: the devices stay as they were. */
  readonly voided: (batch: number) => void;
}

const LOT = "(SELECT id FROM lots WHERE name = ?)";
// With a row to register again, or back from revocation, its row is cut anew; else it is where it was.
const REGISTERS = "(?1 = 1 OR stage = 'revoked')";

export function remintSteps({ writer, append, now }: Engine): RemintSteps {
  const find = prepare<RemintRow>(writer, "SELECT reason, register FROM remints WHERE batch = ?");
  const end = prepare<{ serial: string }>(
    writer,
    `UPDATE certificates SET state = 'revoked', reason = ?, ended_at_ms = ?
     WHERE id = (SELECT replaces FROM certificates WHERE id = ?) AND state = 'issued'
     RETURNING lower(hex(serial)) AS serial`,
  );
  const move = prepare(
    writer,
    `UPDATE devices SET certificate = ?2, live = 1,
       part = CASE WHEN ${REGISTERS} THEN NULL ELSE part END,
       part_row = CASE WHEN ${REGISTERS} THEN NULL ELSE part_row END,
       reject_reason = CASE WHEN ${REGISTERS} THEN NULL ELSE reject_reason END,
       stage = CASE WHEN ${REGISTERS} THEN 'minted' ELSE stage END
     WHERE id = ?3`,
  );
  const takeNext = prepare(
    writer,
    `UPDATE device_rows SET subject = next_subject, subject_digest = next_subject_digest,
       certificate_request = next_request, aliases = next_aliases,
       next_subject = NULL, next_subject_digest = NULL, next_request = NULL, next_aliases = NULL
     WHERE device = ? AND next_subject IS NOT NULL`,
  );
  const close = prepare(writer, "UPDATE remints SET open = 0 WHERE batch = ?");
  const letGo = prepare(
    writer,
    `UPDATE devices SET live = 0 WHERE stage = 'revoked'
       AND id IN (SELECT device FROM certificates WHERE state = 'reserved'
         AND id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                    AND (SELECT last_certificate FROM batches WHERE number = ?1))`,
  );
  let serials: string[] = [];
  return {
    of: (batch) => {
      serials = [];
      return find.get(batch);
    },
    replace: ({ reason, register }, { id, device }) => {
      const old = end.get(reason, Math.trunc(now()), id);
      if (old !== undefined) serials.push(old.serial);
      move.run(register, id, device);
      takeNext.run(device);
    },
    committed: (lot, { reason }) => {
      if (serials.length > 0) append({ kind: "certificates-revoked", subject: lot, detail: { reason, serials } });
    },
    voided: (batch) => {
      letGo.run(batch);
      close.run(batch);
    },
  };
}

/** Replacing a device's certificate: a batch whose commit revokes the old ones. */
export function remintingMethods(engine: Engine): RemintingMethods {
  const { writer, write, append, requireHold } = engine;
  const refusal = moveRefusal(writer);
  const addBatch = prepare(writer, "INSERT INTO batches (lot, run, issuer, state) VALUES (?, ?, ?, 'reserved')");
  const addRemint = prepare(writer, "INSERT INTO remints (batch, reason, register, push) VALUES (?, ?, ?, ?)");
  const find = prepare<{ id: number; live: number }>(
    writer,
    `SELECT id, live FROM devices WHERE lot = ? AND folded_id = ? AND external_id = ?
       AND certificate IS NOT NULL AND stage NOT IN ('planned', 'reserved')`,
  );
  const holder = prepare<{ name: string }>(
    writer,
    `SELECT lots.name FROM devices JOIN lots ON lots.id = devices.lot
     WHERE devices.external_id = ? AND devices.live = 1`,
  );
  const claim = prepare(writer, "UPDATE devices SET live = 1 WHERE id = ?");
  const reserve = prepare<{ id: number }>(
    writer,
    `INSERT INTO certificates (serial, issuer, lot, external_id, device, batch, state, replaces)
     SELECT ?, ?, lot, external_id, id, ?, 'reserved', certificate FROM devices WHERE id = ? RETURNING id`,
  );
  const setSpan = prepare(
    writer,
    "UPDATE batches SET first_certificate = ?, last_certificate = ?, segment = ? WHERE number = ?",
  );
  const close = prepare(writer, "UPDATE remints SET open = 0 WHERE batch = ? AND open = 1");

  /** A revoked device takes its id back, unless another lot has it now. */
  function claimId(externalId: string, device: { readonly id: number; readonly live: number }): void {
    if (device.live === 1) return;
    const other = holder.get(externalId);
    if (other !== undefined) {
      throw new OnboardingError(`device ${externalId} was revoked, and lot ${other.name} has its id now`, {
        code: "usage",
      });
    }
    claim.run(device.id);
  }

  return {
    ...readingMethods(engine),

    reserveRemint: (hold, { issuer, segment, devices, reason, register, push }) =>
      write(() => {
        const lot = requireHold(hold);
        const batch = addBatch.insert(lot, hold.run, issuer);
        addRemint.run(batch, reason, register ? 1 : 0, push ? 1 : 0);
        let last = -1;
        if (new Set(devices.map(({ externalId }) => externalId)).size < devices.length) {
          throw damaged(`a device of lot ${hold.lot} stands twice in batch ${batch}`);
        }
        for (const { externalId, serialNumber } of devices) {
          const device = find.get(lot, foldId(externalId), externalId);
          if (device === undefined) throw refusal(lot, externalId, "minted");
          claimId(externalId, device);
          const row = unlessTaken(serialNumber, (serial) => reserve.get(serial, issuer, batch, device.id));
          last = row?.id ?? -1;
        }
        setSpan.run(last - devices.length + 1, last, segment === undefined ? null : segmentName(batch, segment), batch);
        const digest = digestLines(devices.map((device) => `${device.serialNumber} ${device.externalId}`));
        const detail = { batch, run: hold.run, issuer, certificates: devices.length, digest, remint: reason };
        append({ kind: "batch-reserved", subject: hold.lot, detail });
        return batch;
      }),

    closeRemint: (hold, batch) =>
      write(() => {
        requireHold(hold);
        if (close.run(batch) === 1) append({ kind: "remint-done", subject: hold.lot, detail: { batch } });
      }),
  };
}

function readingMethods({
  reader,
  read,
}: Engine): Pick<Ledger, "remintDevices" | "openRemints" | "countReworks" | "subjectChanges"> {
  const devices = prepare<{
    externalId: string;
    line: number;
    subject: string;
    request: string | null;
    aliases: string | null;
    ownKey: number;
    newRequest: number;
    serialNumber: string;
  }>(
    reader,
    `SELECT d.external_id AS externalId, d.line, coalesce(r.next_subject, r.subject) AS subject,
            CASE WHEN r.next_subject IS NULL THEN r.certificate_request ELSE r.next_request END AS request,
            CASE WHEN r.next_subject IS NULL THEN r.aliases ELSE r.next_aliases END AS aliases,
            r.certificate_request IS NOT NULL AS ownKey,
            r.next_subject IS NOT NULL AND r.next_request IS NOT r.certificate_request AS newRequest,
            lower(hex(c.serial)) AS serialNumber
     FROM json_each(?) AS asked
     CROSS JOIN devices AS d ON d.lot = ${LOT} AND d.folded_id = asked.value
     JOIN device_rows AS r ON r.device = d.id JOIN certificates AS c ON c.id = d.certificate
     WHERE d.stage NOT IN ('planned', 'reserved') ORDER BY d.line, d.id`,
  );
  const open = prepare<{ batch: number; push: number }>(
    reader,
    `SELECT batch, push FROM remints JOIN batches ON batches.number = remints.batch
     WHERE open = 1 AND state IN ('minted', 'placed') AND batches.lot = ${LOT} ORDER BY batch`,
  );
  const members = prepare<OpenRemint["devices"][number]>(
    reader,
    `SELECT new.external_id AS externalId, lower(hex(new.serial)) AS serialNumber,
            lower(hex(old.serial)) AS replaces, old.issuer
     FROM certificates AS new JOIN certificates AS old ON old.id = new.replaces
     WHERE new.id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                      AND (SELECT last_certificate FROM batches WHERE number = ?1) ORDER BY new.id`,
  );
  const reworks = prepare<{ n: number }>(
    reader,
    `SELECT count(*) AS n FROM certificates WHERE replaces IS NOT NULL AND sha256 IS NOT NULL AND lot = ${LOT}`,
  );
  const changes = prepare<{ external_id: string }>(
    reader,
    `SELECT d.external_id FROM devices AS d JOIN device_rows AS r ON r.device = d.id
     WHERE r.next_subject IS NOT NULL AND d.live = 1 AND d.lot = ${LOT} ORDER BY d.line, d.id`,
  );
  return {
    remintDevices: (lot, externalIds) =>
      read(() => {
        const asked = new Set(externalIds);
        const rows = devices.all(JSON.stringify(externalIds.map(foldId)), lot);
        return rows.filter(({ externalId }) => asked.has(externalId)).map(remintDevice);
      }),
    openRemints: (lot) =>
      read(() => open.all(lot).map(({ batch, push }) => ({ batch, push: push === 1, devices: members.all(batch) }))),
    countReworks: (lot) => read(() => reworks.get(lot)?.n ?? 0),
    subjectChanges: (lot) => read(() => changes.all(lot).map((row) => row.external_id)),
  };
}

function remintDevice(row: {
  readonly externalId: string;
  readonly line: number;
  readonly subject: string;
  readonly request: string | null;
  readonly aliases: string | null;
  readonly ownKey: number;
  readonly newRequest: number;
  readonly serialNumber: string;
}): RemintDevice {
  return {
    externalId: row.externalId,
    line: row.line,
    subject: JSON.parse(row.subject) as Subject,
    replaces: row.serialNumber,
    lacksNewRequest: row.ownKey === 1 && row.newRequest === 0,
    ...(row.aliases === null ? {} : { aliases: JSON.parse(row.aliases) as KeystoreAliases }),
    ...(row.request === null ? {} : { certificateRequest: row.request }),
  };
}
