import type { DatabaseSync } from "node:sqlite";
import type { LockStatements } from "../rules/statements/locks.ts";
import { prepare } from "./statement.ts";

interface Row {
  readonly fence: number;
  readonly run: number;
  readonly held: number;
  readonly host: string;
  readonly bootId: string;
  readonly pid: number;
  readonly processStart: string;
  readonly silentMs: number;
}

export function lockStatements(database: DatabaseSync, clock: () => number): LockStatements {
  const addLot = prepare(database, "INSERT INTO lots (name, created_at_ms) VALUES (?, ?)");
  const findLot = prepare<{ id: number }>(database, "SELECT id FROM lots WHERE name = ?");
  const lockOf = prepare<Row>(
    database,
    `SELECT fence, run, held, host, boot_id AS bootId, pid, process_start AS processStart, ?1 - beat_at_ms AS silentMs
     FROM locks WHERE lot = ?2`,
  );
  const addRun = prepare(database, "INSERT INTO runs (lot, fence, host, pid, started_at_ms) VALUES (?, ?, ?, ?, ?)");
  const endRun = prepare(database, "UPDATE runs SET ended_at_ms = ?, exit_code = ? WHERE number = ?");
  const take = prepare(
    database,
    `INSERT OR REPLACE INTO locks (lot, fence, run, held, host, boot_id, pid, process_start, beat_at_ms)
     VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)`,
  );
  const held = "lot = (SELECT id FROM lots WHERE name = ?) AND fence = ? AND run = ? AND held = 1";
  const free = prepare(database, `UPDATE locks SET held = 0 WHERE ${held}`);
  const heartbeat = prepare<{ lot: number }>(database, `UPDATE locks SET beat_at_ms = ? WHERE ${held} RETURNING lot`);
  return {
    addLot: async (name) => addLot.insert(name, clock()),
    lotNumber: async (name) => findLot.get(name)?.id,
    lockOf: async (lot) => {
      const row = lockOf.get(clock(), lot);
      return row && { ...row, held: row.held === 1 };
    },
    addRun: async (lot, fence, { host, pid }) => addRun.insert(lot, fence, host, pid, clock()),
    endRun: async (run, exitCode) => {
      endRun.run(clock(), exitCode, run);
    },
    takeLock: async (lot, fence, run, { host, bootId, pid, processStart }) => {
      take.run(lot, fence, run, host, bootId, pid, processStart, clock());
    },
    freeLock: async ({ lot, fence, run }) => free.run(lot, fence, run) === 1,
    beatLock: async ({ lot, fence, run }) => heartbeat.get(clock(), lot, fence, run)?.lot,
  };
}
