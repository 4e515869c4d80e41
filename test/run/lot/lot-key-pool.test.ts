import { expect, test, vi } from "vitest";
import { type LotKeyPool, withLotPool } from "../../../src/run/lot/lot-key-pool.ts";

const wiping = vi.hoisted(() => ({ fails: false, times: 0 }));
vi.mock("../../../src/keystore/pool/wipe-taken.ts", () => ({
  wipeTaken: async () => {
    wiping.times += 1;
    if (wiping.fails) throw new Error("no space left for wiping");
  },
}));
vi.mock("../../../src/keystore/pool/open-pool.ts", () => ({
  poolState: () => ({ kind: "own", id: "pool-1" }),
  openPool: async () => ({ id: "pool-1" }),
}));

/** Tools and work of a lot whose site wants ten keys, of which nine are there. */
function drawingLot() {
  const warned: string[] = [];
  const tools = {
    home: { keyPool: "/nowhere" },
    site: { keyPool: { "rsa-2048": 10 } },
    ledger: {
      identity: async () => ({ ledger: "l", generation: 1 }),
      countPoolKeys: async () => [{ pool: "pool-1", algorithm: "rsa-2048", available: 9 }],
    },
    log: { warn: (_: object, message: string) => warned.push(message) },
    poolPassphrase: () => "correct horse battery",
  };
  const work = { lease: { lot: "A" }, job: { key: "rsa-2048" }, walk: { note: () => undefined } };
  type Args = Parameters<typeof withLotPool>;
  return { warned, tools: tools as unknown as Args[0], work: work as unknown as Args[1] };
}

test("the error of minting is told, not that of wiping after it", async () => {
  wiping.fails = true;
  const { tools, work, warned } = drawingLot();
  const minting = withLotPool(tools, work, async () => {
    throw new Error("disk full");
  });
  await expect(minting).rejects.toThrow("disk full");
  expect(warned).toEqual(["keys that were handed out are not wiped yet"]);
});

test("what was handed out is wiped after minting, and an error of wiping alone is told", async () => {
  const { tools, work } = drawingLot();
  wiping.fails = false;
  const before = wiping.times;
  expect(await withLotPool(tools, work, async (pool: LotKeyPool | undefined) => pool?.keys.pool)).toBe("pool-1");
  expect(wiping.times - before).toBe(1);
  wiping.fails = true;
  await expect(withLotPool(tools, work, async () => 1)).rejects.toThrow("no space left for wiping");
});
