import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as pass } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { homeLayout, lotLayout } from "../../src/disk/layout.ts";
import { openLedger } from "../../src/ledger/sqlite/open-ledger.ts";
import { batchSize, type MintLotOptions, mintLot } from "../../src/mint/mint-lot.ts";
import * as world from "../ledger/ledger-world.ts";

const IDS = Array.from({ length: 5 }, (_, index) => `A${index}`);

/** A lot of 5 devices in batches of 4; what a test gives takes the place of the real thing. */
async function plannedLot(more: Partial<MintLotOptions> = {}) {
  const root = world.temporaryFolder();
  mkdirSync(join(root, "output"));
  const ledger = await openLedger(join(root, "ledger.sqlite"), { now: Date.now });
  onTestFinished(() => ledger.close());
  const lease = await world.plannedLot(ledger, "L1", IDS);
  const options: MintLotOptions = {
    ledger,
    lease,
    lot: lotLayout(homeLayout(root), "L1", undefined),
    pool: { threads: 2, mint: () => Promise.reject(new Error("not asked for")), close: async () => undefined },
    newSegmentPart: null,
    issuer: "line-3",
    notBeforeMs: 0,
    nextSize: () => 4,
    signal: new AbortController().signal,
    rejectUnfit: async (devices) => devices,
    onMinted: () => undefined,
    ...more,
  };
  return { ledger, options };
}

test("a batch that cannot be reserved ends minting once nothing is under way any more", async () => {
  const { ledger, options } = await plannedLot();
  const order: string[] = [];
  const { promise: threadEnds, reject: endThread } = Promise.withResolvers<never>();
  const full = new Error("disk full");
  let claims = 0;
  const minting = mintLot({
    ...options,
    pool: { ...options.pool, mint: () => threadEnds },
    ledger: {
      ...ledger,
      claimBatch: (lease, batch) => {
        claims += 1;
        return claims === 1 ? ledger.claimBatch(lease, batch) : Promise.reject(full);
      },
    },
  }).catch((error: unknown) => {
    order.push("thrown");
    throw error;
  });
  minting.catch(() => undefined);
  await expect.poll(() => claims).toBe(2);
  await pass();
  order.push("thread ended");
  endThread(new Error("ended"));
  await expect(minting).rejects.toBe(full);
  expect(order).toEqual(["thread ended", "thrown"]);
  expect(await ledger.openBatches("L1")).toEqual([]);
});

test("a batch whose devices cannot be judged is void, and its devices are planned still", async () => {
  const error = new Error("no");
  const { ledger, options } = await plannedLot({ rejectUnfit: () => Promise.reject(error) });
  await expect(mintLot(options)).rejects.toBe(error);
  expect(await ledger.openBatches("L1")).toEqual([]);
  expect(await ledger.countByStage("L1")).toMatchObject({ planned: 5 });
});

test("batches of which every device is rejected are void, and minting comes to an end", async () => {
  const { ledger, options } = await plannedLot();
  const minted = await mintLot({
    ...options,
    rejectUnfit: async (devices) => {
      const rejects = devices.map(({ externalId }) => ({ externalId, reason: "csr: no" }));
      await ledger.rejectDevices(options.lease, rejects);
      return [];
    },
  });
  expect(minted).toBe(0);
  expect(await ledger.openBatches("L1")).toEqual([]);
  expect(await ledger.countByStage("L1")).toMatchObject({ rejected: 5 });
});

test("batches of a key in a token are small, and smaller at the end of a lot, so that no session waits for another", () => {
  expect(batchSize("ec-p256", "key", 100_000, 2)).toBe(250);
  expect(batchSize("ec-p256", "key", 3, 2)).toBe(250);
  expect([100_000, 240, 120, 12, 1, 0].map((left) => batchSize("ec-p256", "token", left, 6))).toEqual([
    20, 20, 10, 5, 5, 5,
  ]);
  expect(batchSize("rsa-4096", "token", 100_000, 6)).toBe(4);
});
