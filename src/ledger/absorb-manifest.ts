import { foldId } from "../domain/device.ts";
import type { Decision, Plan, PlannedBatch, RejectedRow } from "../domain/plan.ts";
import type { Engine } from "./engine.ts";
import type { Ledger, NewManifest } from "./ledger.ts";
import { prepare } from "./statement.ts";
import { decisionTaker } from "./take-decision.ts";

/** Takes a manifest in, as one transaction over all of its rows. */
export function absorbMethods(engine: Engine): Pick<Ledger, "absorbManifest"> {
  const { writer, write, append, requireHold } = engine;
  // The devices that the manifest names. Outside the ledger's file, so it costs no durable write.
  writer.exec("CREATE TEMP TABLE named (device INTEGER PRIMARY KEY)");
  const takeDecision = decisionTaker(writer);
  const book = rejectBook(engine);
  const forget = prepare(writer, "DELETE FROM temp.named");
  const name = prepare(writer, "INSERT OR IGNORE INTO temp.named (device) VALUES (?)");
  const nameRejected = prepare(
    writer,
    `INSERT OR IGNORE INTO temp.named (device)
     SELECT id FROM devices WHERE lot = ? AND folded_id = ? AND live = 1`,
  );
  const gone = prepare<{ external_id: string }>(
    writer,
    `SELECT external_id FROM devices
     WHERE lot = ? AND live = 1 AND id NOT IN (SELECT device FROM temp.named) ORDER BY line, id`,
  );
  const nextNumber = prepare<{ n: number }>(
    writer,
    "SELECT coalesce(max(number), 0) + 1 AS n FROM manifests WHERE lot = ?",
  );
  const add = prepare(
    writer,
    `INSERT INTO manifests (lot, number, sha256, name, kind, header, form, rows, absorbed_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );

  function takeRow(lot: number, manifest: number, decision: Decision, tally: Tally): void {
    const taken = takeDecision(lot, decision);
    if ("reject" in taken) {
      if ("device" in decision) book.add(lot, manifest, conflictRow(decision.device, taken.reject));
      tally.rejected += 1;
      return;
    }
    name.run(taken.device);
    if (decision.kind === "needs-remint") tally.needsRemint.push(decision.device.externalId);
    else tally[decision.kind] += 1;
  }

  function close(lot: number, number: number, manifest: NewManifest, tally: Tally): Plan["gone"] {
    if (manifest.kind === "full") book.replaceAll(lot, number);
    else book.replaceLines(lot, number, manifest.replacesLines?.() ?? []);
    const { sha256, name: file, kind, header, form } = manifest;
    const json = [JSON.stringify(header), form === undefined ? null : JSON.stringify(form)];
    add.run(lot, number, sha256, file, kind, ...json, tally.rows, Math.trunc(engine.now()));
    return kind === "full" ? gone.all(lot).map((row) => row.external_id) : [];
  }

  return {
    absorbManifest: (hold, manifest, batches) =>
      write(async () => {
        const lot = requireHold(hold);
        const number = nextNumber.get(lot)?.n ?? 1;
        const tally: Tally = { rows: 0, mint: 0, register: 0, keep: 0, rejected: 0, needsRemint: [] };
        forget.run();
        for await (const batch of batches) {
          for (const decision of batch.decisions) takeRow(lot, number, decision, tally);
          for (const row of batch.rejected) {
            book.add(lot, number, row);
            if (row.externalId !== "") nameRejected.run(lot, foldId(row.externalId));
          }
          tally.rejected += batch.rejected.length;
          tally.rows += rowsOf(batch);
        }
        // Again: reading took its time, and the lot must not look deserted when this is committed.
        requireHold(hold);
        const plan = { lot: hold.lot, ...tally, gone: close(lot, number, manifest, tally) };
        const { mint, register, keep, rejected } = tally;
        const counts = { rows: plan.rows, mint, register, keep, rejected, needsRemint: tally.needsRemint.length };
        const detail = { manifest: number, sha256: manifest.sha256, kind: manifest.kind, ...counts };
        append({ kind: "manifest-absorbed", subject: hold.lot, detail });
        return { plan };
      }),
  };
}

interface Tally {
  rows: number;
  mint: number;
  register: number;
  keep: number;
  rejected: number;
  needsRemint: string[];
}

function idOf(decision: Decision): string {
  return decision.kind === "keep" ? decision.externalId : decision.device.externalId;
}

/** A row whose subject and registration both changed has two decisions, one after the other. */
function rowsOf({ decisions, rejected }: PlannedBatch): number {
  const again = decisions.filter((decision, index) => {
    const before = decisions[index - 1];
    return before?.kind === "needs-remint" && idOf(before) === idOf(decision);
  });
  return decisions.length - again.length + rejected.length;
}

function conflictRow(
  device: { readonly externalId: string; readonly line: number; readonly cells: Readonly<Record<string, string>> },
  message: string,
): RejectedRow {
  const { externalId, line, cells } = device;
  const field = Object.keys(cells).find((column) => cells[column] === externalId) ?? "";
  return { problem: { line, field, message }, externalId, cells };
}

/**
 * The lot's rejected rows. A device that was turned down before it was minted counts among them: it
 * has nothing but its row, and goes when its row is replaced.
 */
function rejectBook({ writer }: Engine) {
  const add = prepare(
    writer,
    `INSERT INTO row_rejects (lot, manifest, line, external_id, field, message, cells)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const dead = "lot = ? AND stage = 'rejected' AND certificate IS NULL AND id NOT IN (SELECT device FROM temp.named)";
  const both = (rows: string, devices: string) =>
    [
      prepare(writer, `DELETE FROM row_rejects WHERE lot = ? AND manifest < ? ${rows}`),
      prepare(writer, `DELETE FROM device_rows WHERE device IN (SELECT id FROM devices WHERE ${dead} ${devices})`),
      prepare(writer, `DELETE FROM devices WHERE ${dead} ${devices}`),
    ] as const;
  const [allRows, allDeviceRows, allDevices] = both("", "");
  const [lineRows, lineDeviceRows, lineDevices] = both("AND line = ?", "AND line = ?");
  return {
    add(lot: number, manifest: number, { problem, externalId, cells }: RejectedRow): void {
      add.run(lot, manifest, problem.line, externalId, problem.field, problem.message, JSON.stringify(cells));
    },
    replaceAll(lot: number, manifest: number): void {
      allRows.run(lot, manifest);
      allDeviceRows.run(lot);
      allDevices.run(lot);
    },
    replaceLines(lot: number, manifest: number, lines: Iterable<number>): void {
      for (const line of lines) {
        lineRows.run(lot, manifest, line);
        lineDeviceRows.run(lot, line);
        lineDevices.run(lot, line);
      }
    },
  };
}
