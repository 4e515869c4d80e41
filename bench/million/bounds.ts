import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const PAGE = 5000;
const SERIAL_OCTETS = 20;

/**
 * What a command's cost is compared with, CPU seconds of this process.
 * - rows: so many rows are read in order and updated, and a random key of each goes into an index, in bare SQLite
 * - entries: so many entries of a revocation list are encoded and hashed once
 */
export interface Bounds {
  readonly rows: number;
  readonly entries: number;
}

export function measureBounds(count: number, folder: string): Bounds {
  return { rows: updateRows(count, folder), entries: encodeEntries(count) };
}

function updateRows(count: number, folder: string): number {
  const path = join(folder, "bound.sqlite");
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -24576;
      CREATE TABLE rows (id INTEGER PRIMARY KEY, serial BLOB NOT NULL, state TEXT NOT NULL, filler BLOB NOT NULL) STRICT;
      CREATE INDEX ended ON rows (serial) WHERE state = 'revoked'; BEGIN`);
    const insert = database.prepare("INSERT INTO rows (serial, state, filler) VALUES (?, 'issued', zeroblob(120))");
    for (let index = 0; index < count; index++) insert.run(randomBytes(SERIAL_OCTETS));
    database.exec("COMMIT");
    const update = database.prepare("UPDATE rows SET state = 'revoked' WHERE id > ? AND id <= ?");
    return cpuSeconds(() => {
      for (let start = 0; start < count; start += PAGE) update.run(start, start + PAGE);
    });
  } finally {
    database.close();
    for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
  }
}

function encodeEntries(count: number): number {
  const time = Buffer.from("170d3236313132353039303030305a", "hex");
  const head = Buffer.from([0x30, 2 + SERIAL_OCTETS + time.length, 0x02, SERIAL_OCTETS]);
  const length = head.length + SERIAL_OCTETS + time.length;
  const serials = randomBytes(SERIAL_OCTETS * Math.min(count, PAGE));
  const page = Buffer.alloc(length * PAGE);
  return cpuSeconds(() => {
    const list = createHash("sha256");
    for (let start = 0; start < count; start += PAGE) {
      const rows = Math.min(PAGE, count - start);
      for (let row = 0; row < rows; row++) {
        const at = row * length;
        page.set(head, at);
        serials.copy(page, at + head.length, row * SERIAL_OCTETS, (row + 1) * SERIAL_OCTETS);
        page.set(time, at + length - time.length);
      }
      list.update(page.subarray(0, rows * length));
    }
    list.digest();
  });
}

function cpuSeconds(act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
