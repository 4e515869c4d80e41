import { segmentName } from "../disk/layout.ts";
import type { Subject } from "../domain/certificate.ts";
import type { KeystoreAliases } from "../domain/device.ts";
import type { Engine } from "./engine.ts";
import { digestLines } from "./events.ts";
import type { Ledger, LotHold, MintedDevice, OpenBatch, PlannedDevice } from "./ledger.ts";
import { damaged } from "./ledger-fault.ts";
import { type RemintRow, remintSteps } from "./reminting.ts";
import { unlessTaken } from "./serials.ts";
import { moveRefusal } from "./stage-moves.ts";
import { prepare } from "./statement.ts";

type MintingMethods = Pick<
  Ledger,
  "plannedDevices" | "reserveBatch" | "commitMinted" | "commitPlaced" | "voidBatch" | "openBatches" | "mintedBatches"
>;

interface ReservedRow {
  readonly id: number;
  readonly device: number;
  readonly external_id: string;
  readonly serial: string;
}

// A batch's certificates are added in one transaction, so their row numbers are a span and need no index.
const IN_BATCH = `id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                 AND (SELECT last_certificate FROM batches WHERE number = ?1)`;

/** A batch's way: reserved, then minted and placed, or void. */
export function mintingMethods(engine: Engine): MintingMethods {
  const { writer, write, append, requireHold } = engine;
  const refusal = moveRefusal(writer);
  const remints = remintSteps(engine);
  const addBatch = prepare(writer, "INSERT INTO batches (lot, run, issuer, state) VALUES (?, ?, ?, 'reserved')");
  const moveBatch = prepare(writer, "UPDATE batches SET state = ? WHERE number = ? AND lot = ? AND state = ?");
  const reserve = prepare<{ id: number }>(
    writer,
    `INSERT INTO certificates (serial, issuer, lot, external_id, device, batch, state)
     SELECT ?, ?, lot, external_id, id, ?, 'reserved' FROM devices
     WHERE external_id = ? AND live = 1 AND lot = ? AND stage = 'planned' RETURNING id`,
  );
  const setSpan = prepare(
    writer,
    "UPDATE batches SET first_certificate = ?, last_certificate = ?, segment = ? WHERE number = ?",
  );
  const moveReserved = prepare(
    writer,
    `UPDATE devices SET stage = 'reserved'
     WHERE stage = 'planned' AND id IN (SELECT device FROM certificates WHERE ${IN_BATCH})`,
  );
  const reserved = prepare<ReservedRow>(
    writer,
    `SELECT id, device, external_id, lower(hex(serial)) AS serial FROM certificates
     WHERE ${IN_BATCH} AND state = 'reserved'`,
  );
  const issue = prepare(
    writer,
    `UPDATE certificates SET state = 'issued', sha256 = ?, public_key_sha256 = ?, not_after_ms = ? WHERE id = ?`,
  );
  const setIssued = prepare(writer, "UPDATE batches SET issued = ? WHERE number = ?");
  const keepFiles = prepare(writer, "INSERT INTO certificate_files (certificate, files) VALUES (?, ?)");
  const moveMinted = prepare(
    writer,
    `UPDATE devices SET stage = 'minted', certificate = ?, part = NULL, part_row = NULL
     WHERE id = ? AND stage = 'reserved'`,
  );
  const movePlanned = prepare(
    writer,
    `UPDATE devices SET stage = 'planned' WHERE stage = 'reserved'
       AND id IN (SELECT device FROM certificates WHERE ${IN_BATCH} AND state = 'reserved')`,
  );
  const abandon = prepare(
    writer,
    `UPDATE certificates SET state = 'abandoned', device = NULL, ended_at_ms = ?2
     WHERE ${IN_BATCH} AND state = 'reserved'`,
  );

  function changeBatch(hold: LotHold, batch: number, from: string, to: string): number {
    const lot = requireHold(hold);
    if (moveBatch.run(to, batch, lot, from) === 1) return lot;
    throw damaged(`batch ${batch} of lot ${hold.lot} is not ${from} and cannot become ${to}; run \`lotmint check\``);
  }

  function issueOne(lot: number, row: ReservedRow, minted: MintedDevice, remint: RemintRow | undefined): void {
    const digests = [Buffer.from(minted.sha256, "hex"), Buffer.from(minted.publicKeySha256, "hex")];
    issue.run(...digests, minted.notAfterMs, row.id);
    keepFiles.run(row.id, JSON.stringify(minted.files));
    if (remint !== undefined) remints.replace(remint, row);
    else if (moveMinted.run(row.id, row.device) !== 1) throw refusal(lot, row.external_id, "minted");
  }

  return {
    ...readingMethods(engine),

    reserveBatch: (hold, { issuer, segment, devices }) =>
      write(() => {
        const lot = requireHold(hold);
        const batch = addBatch.insert(lot, hold.run, issuer);
        let last = -1;
        for (const { externalId, serialNumber } of devices) {
          const row = unlessTaken(serialNumber, (serial) => reserve.get(serial, issuer, batch, externalId, lot));
          if (row === undefined) throw refusal(lot, externalId, "reserved");
          last = row.id;
        }
        setSpan.run(last - devices.length + 1, last, segment === undefined ? null : segmentName(batch, segment), batch);
        if (moveReserved.run(batch) !== devices.length) {
          throw damaged(`a device of lot ${hold.lot} stands twice in batch ${batch}`);
        }
        const digest = digestLines(devices.map((device) => `${device.serialNumber} ${device.externalId}`));
        const detail = { batch, run: hold.run, issuer, certificates: devices.length, digest };
        append({ kind: "batch-reserved", subject: hold.lot, detail });
        return batch;
      }),

    commitMinted: (hold, batch, certificates) =>
      write(() => {
        const lot = changeBatch(hold, batch, "reserved", "minted");
        const remint = remints.of(batch);
        const rows = new Map(reserved.all(batch).map((row) => [row.serial, row]));
        for (const minted of certificates) {
          const row = rows.get(minted.serialNumber);
          if (row?.external_id !== minted.externalId) {
            throw damaged(`serial number ${minted.serialNumber} is not reserved for ${minted.externalId}`);
          }
          rows.delete(row.serial);
          issueOne(lot, row, minted, remint);
        }
        if (rows.size > 0) throw damaged(`${rows.size} serial numbers of batch ${batch} have no certificate`);
        setIssued.run(certificates.length, batch);
        const digest = digestLines(certificates.map((minted) => `${minted.serialNumber} ${minted.sha256}`));
        const detail = { batch, certificates: certificates.length, digest };
        append({ kind: "batch-minted", subject: hold.lot, detail });
        if (remint !== undefined) remints.committed(hold.lot, remint);
      }),

    commitPlaced: (hold, batch) =>
      write(() => {
        changeBatch(hold, batch, "minted", "placed");
        append({ kind: "batch-placed", subject: hold.lot, detail: { batch } });
      }),

    voidBatch: (hold, batch) =>
      write(() => {
        changeBatch(hold, batch, "reserved", "void");
        const isRemint = remints.of(batch) !== undefined;
        if (isRemint) remints.voided(batch);
        const planned = movePlanned.run(batch);
        const abandoned = abandon.run(batch, Math.trunc(engine.now()));
        if (planned !== abandoned && !isRemint) throw damaged(`batch ${batch} holds devices that are not reserved`);
        append({ kind: "batch-voided", subject: hold.lot, detail: { batch, abandoned } });
      }),
  };
}

function readingMethods({ reader, read }: Engine): Pick<Ledger, "plannedDevices" | "openBatches" | "mintedBatches"> {
  const planned = prepare<{
    external_id: string;
    line: number;
    subject: string;
    certificate_request: string | null;
    aliases: string | null;
  }>(
    reader,
    `SELECT devices.external_id, devices.line, device_rows.subject, device_rows.certificate_request, device_rows.aliases
     FROM devices JOIN device_rows ON device_rows.device = devices.id
     WHERE devices.lot = (SELECT id FROM lots WHERE name = ?) AND devices.stage = 'planned'
     ORDER BY devices.line, devices.id LIMIT ?`,
  );
  const batches = prepare<Pick<OpenBatch, "number" | "state"> & { segment: string | null }>(
    reader,
    `SELECT number, state, segment FROM batches
     WHERE lot = (SELECT id FROM lots WHERE name = ?) AND state IN ('reserved', 'minted') ORDER BY number`,
  );
  const members = prepare<{ externalId: string; serialNumber: string; replaces: string | null }>(
    reader,
    `SELECT external_id AS externalId, lower(hex(serial)) AS serialNumber,
            (SELECT lower(hex(old.serial)) FROM certificates AS old WHERE old.id = certificates.replaces) AS replaces
     FROM certificates WHERE ${IN_BATCH} AND state IN ('reserved', 'issued') ORDER BY id`,
  );
  const minted = prepare<{ number: number }>(
    reader,
    "SELECT number FROM batches WHERE lot = (SELECT id FROM lots WHERE name = ?) AND state IN ('minted', 'placed')",
  );
  return {
    mintedBatches: (lot) => read(() => new Set(minted.all(lot).map(({ number }) => number))),
    plannedDevices: (lot, limit) =>
      read(() =>
        planned.all(lot, limit).map((row): PlannedDevice => {
          const device = {
            externalId: row.external_id,
            line: row.line,
            subject: JSON.parse(row.subject) as Subject,
            ...(row.aliases !== null && { aliases: JSON.parse(row.aliases) as KeystoreAliases }),
          };
          return row.certificate_request === null ? device : { ...device, certificateRequest: row.certificate_request };
        }),
      ),
    openBatches: (lot) =>
      read(() =>
        batches.all(lot).map(({ number, state, segment }) => ({
          number,
          state,
          ...(segment !== null && { segment }),
          devices: members.all(number).map(openDevice),
        })),
      ),
  };
}

function openDevice({
  replaces,
  ...device
}: {
  readonly externalId: string;
  readonly serialNumber: string;
  readonly replaces: string | null;
}): OpenBatch["devices"][number] {
  return replaces === null ? device : { ...device, replaces };
}
