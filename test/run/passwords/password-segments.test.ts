import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { findMissing, findSegments } from "../../../src/run/passwords/password-segments.ts";
import { serialNumber } from "../../ledger/ledger-world.ts";
import { passwordWorld } from "../password-world.ts";

test("the segments of the ledger's own minted batches count, oldest first, and no other file", async () => {
  const { ledger, lease, lot, mint } = await passwordWorld(["a", "b", "c"]);
  expect(await findSegments(ledger, "L1", lot)).toEqual({ open: [], paths: [], leftovers: [] });
  const first = await mint(["a"], ["a,P1"]);
  const second = await mint(["b"], ["b,P2"]);
  const device = { externalId: "c", serialNumber: serialNumber() };
  const batch = await ledger.reserveBatch(lease, { issuer: "line-3", segment: "0123abcd-5eed", devices: [device] });
  await ledger.voidBatch(lease, batch);
  for (const [name, content] of [
    ["segment-000003-0123abcd-5eed.csv", "c,VOID\n"],
    ["segment-000001-89abcdef-5eed.csv", "a,FOREIGN\n"],
    ["segment-000001.csv", "a,OLD VERSION\n"],
    ["notes.csv", "not ours"],
  ] as const) {
    writeFileSync(join(lot.secrets, name), content);
  }
  const { open, paths, leftovers } = await findSegments(ledger, "L1", lot);
  expect(open.map(({ number, listed }) => [number, listed])).toEqual([
    [1, "no"],
    [2, "no"],
  ]);
  expect(paths).toEqual([first, second]);
  expect(leftovers.map((path) => basename(path))).toEqual(["segment-000003-0123abcd-5eed.csv"]);
  await ledger.commitListed(lease, [1]);
  expect((await findSegments(ledger, "L1", lot)).leftovers).toContain(first);
});

test("the first name of a segment that is in its place, brought back by a power cut, is left over", async () => {
  const { ledger, lot, mint } = await passwordWorld(["a"]);
  const placed = await mint(["a"], ["a,P1"]);
  mkdirSync(lot.secretsWork, { recursive: true });
  const first = join(lot.secretsWork, basename(placed));
  linkSync(placed, first);
  expect(await findSegments(ledger, "L1", lot)).toMatchObject({ paths: [placed], leftovers: [first] });
});

test("a device is missed while its present certificate has no password, and no longer once it is revoked", async () => {
  const { ledger, lease, mint } = await passwordWorld(["a", "b", "c"]);
  await mint(["a", "b"]);
  await mint(["c"]);
  const open = await ledger.passwordBatches("L1");
  const sources = { paths: [], added: new Map([["a", "P"]]) };
  expect(await findMissing(ledger, open, sources)).toEqual({ whole: [], missing: ["b", "c"] });
  await ledger.revokeDevices(lease, { reason: "unspecified", externalIds: ["b"] });
  expect(await findMissing(ledger, open, sources)).toEqual({ whole: [1], missing: ["c"] });
});

test("a device's password may stand in any of the lists, however many ids are looked for together", async () => {
  const { ledger, lot, mint } = await passwordWorld(["a", "b", "c", "d"]);
  const first = await mint(["a", "b"], ["a,P1", "c,P3"]);
  await mint(["c"]);
  const third = await mint(["d"], ["x,OTHER"]);
  writeFileSync(lot.passwords, "id,password\nb,P2\n");
  const open = await ledger.passwordBatches("L1");
  const paths = [lot.passwords, first, third];
  const found = { whole: [1, 2], missing: ["d"] };
  expect(await findMissing(ledger, open, { paths })).toEqual(found);
  expect(await findMissing(ledger, open, { paths }, 1)).toEqual(found);
});
