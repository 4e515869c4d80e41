import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { slotSize } from "../../../src/keystore/pool/seal-key.ts";
import { wipeTaken } from "../../../src/keystore/pool/wipe-taken.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import * as world from "../../ledger/ledger-world.ts";
import { poolPlace } from "./pool-world.ts";

const SEGMENT = "0123456789abcdef0123456789abcdef";
const POOL = "p".repeat(32);

test("keys of decided batches are wiped, those of a batch that is under way are not, and an empty file goes", async () => {
  const folder = poolPlace();
  mkdirSync(join(folder, "rsa-2048"), { recursive: true });
  const path = join(folder, "rsa-2048", SEGMENT);
  const size = slotSize("rsa-2048");
  writeFileSync(path, Buffer.alloc(3 * size, 1));
  const wiped = () => [0, 1, 2].map((slot) => readFileSync(path)[slot * size] === 0);
  const ledger = await openLedger(join(folder, "ledger.sqlite"), { now: Date.now });
  onTestFinished(() => ledger.close());
  await ledger.addPoolSegment({ pool: POOL, algorithm: "rsa-2048", segment: SEGMENT, keys: 3 });
  const lease = await world.plannedLot(ledger, "L1", ["a", "b", "c"]);
  const claim = (count: number) =>
    ledger.claimBatch(lease, {
      issuer: "line-3",
      serialNumbers: Array.from({ length: count }, world.serialNumber),
      keys: { pool: POOL, algorithm: "rsa-2048" },
    });
  const first = await claim(1);
  const second = await claim(2);
  await wipeTaken(ledger, folder, POOL);
  expect(wiped()).toEqual([false, false, false]);
  await ledger.voidBatch(lease, first?.batch ?? 0);
  await wipeTaken(ledger, folder, "another");
  expect(wiped()).toEqual([false, false, false]);
  await wipeTaken(ledger, folder, POOL);
  expect(wiped()).toEqual([true, false, false]);
  expect(await ledger.unwipedTakes(POOL)).toEqual([]);
  await ledger.voidBatch(lease, second?.batch ?? 0);
  await wipeTaken(ledger, folder, POOL);
  expect(existsSync(path)).toBe(false);
  expect(await ledger.poolSegments()).toEqual([]);
});
