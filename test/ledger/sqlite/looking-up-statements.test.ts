import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { lookingUpStatements } from "../../../src/ledger/sqlite/looking-up-statements.ts";
import { migrateSchema } from "../../../src/ledger/sqlite/migrate-schema.ts";
import { MIGRATIONS } from "../../../src/ledger/sqlite/schema.ts";

test("no look-up of a device reads a table that grows with the devices from one end to the other", async () => {
  const database = new DatabaseSync(":memory:");
  onTestFinished(() => database.close());
  migrateSchema(database, MIGRATIONS);
  const asked: string[] = [];
  const watched = new Proxy(database, {
    get: (target, name) =>
      name !== "prepare"
        ? Reflect.get(target, name)
        : (sql: string) => {
            asked.push(sql);
            return target.prepare(sql);
          },
  });
  const on = lookingUpStatements(watched);
  const about = { device: 1, chain: 1, lot: "L" };
  await on.namedDevices(["a"]);
  await on.foldedDevices(["a"]);
  await on.deviceStates([{ lot: "L", externalId: "a" }]);
  await on.certificatesOf([1]);
  await on.uploadsOf([1]);
  await on.rejectedRows(["a"]);
  await on.numberedEvents([{ ...about, kind: "batch-minted", number: 1 }]);
  await on.revocationEvents([{ ...about, serialNumber: "40", fromMs: 0 }]);
  expect(asked).toHaveLength(Object.keys(on).length);
  const steps = asked.flatMap((sql) =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row["detail"])),
  );
  const tables = {
    d: "devices",
    c: "certificates",
    e: "events",
    r: "row_rejects",
    u: "uploads",
    newer: "certificates",
  };
  for (const name of Object.keys(tables)) expect(steps.some((step) => step.startsWith(`SEARCH ${name} `))).toBe(true);
  const whole = new RegExp(`^SCAN (?:${Object.keys(tables).join("|")})\\b|AUTOMATIC`);
  expect(steps.filter((step) => whole.test(step))).toEqual([]);
});
