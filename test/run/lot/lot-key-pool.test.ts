import { expect, test } from "vitest";
import { makePool } from "../../../src/keystore/pool/open-pool.ts";
import { withLotPool } from "../../../src/run/lot/lot-key-pool.ts";
import { poolPlace } from "../../keystore/pool/pool-world.ts";

const IDENTITY = { ledger: "1".repeat(32), generation: "1-a", earlier: [] };
const PASSPHRASE = "twelve letters";

/** Tools and work of a lot that draws from a real pool; `wiping.fails` lets the ledger fail when keys are wiped. */
async function drawingLot() {
  const folder = poolPlace();
  const { id: pool } = await makePool(folder, IDENTITY, PASSPHRASE);
  const wiping = { fails: false, times: 0 };
  const warned: string[] = [];
  const tools = {
    home: { keyPool: folder },
    site: { keyPool: { "rsa-2048": 10 } },
    ledger: {
      identity: async () => IDENTITY,
      countPoolKeys: async () => [{ pool, algorithm: "rsa-2048", available: 9 }],
      unwipedTakes: async () => {
        wiping.times += 1;
        if (wiping.fails) throw new Error("no space left for wiping");
        return [];
      },
      poolSegments: async () => [],
    },
    log: { warn: (_: object, message: string) => warned.push(message) },
    poolPassphrase: () => PASSPHRASE,
  };
  const work = { lease: { lot: "A" }, job: { key: "rsa-2048" }, walk: { note: () => undefined } };
  type Args = Parameters<typeof withLotPool>;
  return { pool, wiping, warned, tools: tools as unknown as Args[0], work: work as unknown as Args[1] };
}

test("the error of minting is told, not that of wiping after it", async () => {
  const { tools, work, wiping, warned } = await drawingLot();
  wiping.fails = true;
  const minting = withLotPool(tools, work, async () => {
    throw new Error("disk full");
  });
  await expect(minting).rejects.toThrow("disk full");
  expect(warned).toEqual(["keys that were handed out are not wiped yet"]);
});

test("what was handed out is wiped after minting, and an error of wiping alone is told", async () => {
  const { pool, tools, work, wiping } = await drawingLot();
  expect(await withLotPool(tools, work, async (drawn) => drawn?.keys.pool)).toBe(pool);
  expect(wiping.times).toBe(1);
  wiping.fails = true;
  await expect(withLotPool(tools, work, async () => 1)).rejects.toThrow("no space left for wiping");
});
