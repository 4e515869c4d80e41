import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { batchFolder, ownerMark, passwordSegment, segmentName } from "../../../src/disk/layout.ts";
import { recoverBatches } from "../../../src/run/lot/recover-batches.ts";
import { serialNumber } from "../../ledger/ledger-world.ts";
import { type PasswordWorld, passwordWorld } from "../password-world.ts";

/** A batch that a killed run left reserved, with its folder and its segment in place. */
async function killedBatch({ ledger, lease, lot }: PasswordWorld) {
  const devices = [{ externalId: "a", serialNumber: serialNumber() }];
  const part = "0123abcd-5eed";
  const number = await ledger.reserveBatch(lease, { issuer: "line-3", segment: part, devices });
  mkdirSync(batchFolder(lot, number), { recursive: true });
  const segment = segmentName(number, part);
  writeFileSync(passwordSegment(lot, segment).placed, "a,P1\n");
  return { number, segment };
}

test("a batch that was not committed goes with its own segment, and others' stay wherever they are", async () => {
  const world = await passwordWorld(["a"]);
  const { ledger, lease, lot } = world;
  const { number, segment } = await killedBatch(world);
  const foreign = "segment-000001-89abcdef-5eed.csv";
  const { making, placed } = passwordSegment(lot, foreign);
  for (const path of [making, placed]) writeFileSync(path, "x,P\n");
  expect(await recoverBatches(ledger, lease, lot)).toEqual({ finished: 0, voided: 1 });
  expect(existsSync(batchFolder(lot, number))).toBe(false);
  expect(readdirSync(lot.secrets).sort()).toEqual([".work", foreign]);
  expect(readdirSync(lot.secretsWork)).toEqual([foreign]);
  expect(existsSync(passwordSegment(lot, segment).placed)).toBe(false);
});

test("a segment under a name that another home's may have stays until it is known whose the folder is", async () => {
  const world = await passwordWorld(["a"]);
  const { number } = await killedBatch(world);
  const old = `segment-${String(number).padStart(6, "0")}.csv`;
  const file = new DatabaseSync(world.home.ledger);
  file.prepare("UPDATE batches SET segment = ?, listed = 2").run(old);
  file.close();
  writeFileSync(join(world.lot.secrets, old), "x,ANOTHER HOME'S\n");
  expect(await recoverBatches(world.ledger, world.lease, world.lot)).toEqual({ finished: 0, voided: 1 });
  expect(readdirSync(world.lot.secrets)).toContain(old);
});

test("nothing is swept from a lot's folder that another home has marked, and nothing is given up in it", async () => {
  const world = await passwordWorld(["a"]);
  const { number } = await killedBatch(world);
  const mark = {
    ledger: "ff".repeat(16),
    generation: "1-00",
    lot: "L1",
    ledgerHead: "",
    home: "/srv/other",
    host: "pc",
  };
  writeFileSync(ownerMark(world.lot.folder), JSON.stringify(mark));
  await expect(recoverBatches(world.ledger, world.lease, world.lot)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("/srv/other on pc"),
  });
  expect(existsSync(batchFolder(world.lot, number))).toBe(true);
  await world.ledger.voidBatch(world.lease, number);
  await recoverBatches(world.ledger, world.lease, world.lot);
  expect(existsSync(batchFolder(world.lot, number))).toBe(true);
});
