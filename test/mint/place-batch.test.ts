import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { batchFolder, homeLayout, type LotLayout, lotLayout, passwordSegment } from "../../src/disk/layout.ts";
import { isOccupied, placeDevices, placePasswords } from "../../src/mint/place-batch.ts";

let root: string;
let lot: LotLayout;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-place-"));
  lot = lotLayout(homeLayout(root), "L1");
  for (const folder of [lot.devices, lot.work, lot.secretsWork]) mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function made(batch: number, ...ids: string[]): void {
  for (const id of ids) {
    mkdirSync(join(batchFolder(lot, batch), id), { recursive: true });
    writeFileSync(join(batchFolder(lot, batch), id, "certificate.pem"), `${id} of batch ${batch}`);
  }
}

test("a batch's folders come to their places, and its own folder goes", () => {
  made(1, "A", "B");
  placeDevices(lot, 1, ["A", "B"]);
  expect(readFileSync(join(lot.devices, "B/certificate.pem"), "utf8")).toBe("B of batch 1");
  expect(existsSync(batchFolder(lot, 1))).toBe(false);
});

test("what was moved before a crash is not missed when it is repeated", () => {
  made(1, "A", "B");
  mkdirSync(join(lot.devices, "A"));
  writeFileSync(join(lot.devices, "A/certificate.pem"), "A of batch 1");
  rmSync(join(batchFolder(lot, 1), "A"), { recursive: true });
  placeDevices(lot, 1, ["A", "B"]);
  placeDevices(lot, 1, ["A", "B"]);
  expect(readFileSync(join(lot.devices, "A/certificate.pem"), "utf8")).toBe("A of batch 1");
  expect(existsSync(join(lot.devices, "B/certificate.pem"))).toBe(true);
});

test("a folder that stands in the way is never overwritten, and the new one is kept", () => {
  made(1, "A");
  mkdirSync(join(lot.devices, "A"));
  writeFileSync(join(lot.devices, "A/certificate.pem"), "somebody else's");
  expect(() => placeDevices(lot, 1, ["A"])).toThrow(expect.objectContaining({ code: "disk-unwritable" }));
  expect(readFileSync(join(lot.devices, "A/certificate.pem"), "utf8")).toBe("somebody else's");
  expect(existsSync(join(batchFolder(lot, 1), "A/certificate.pem"))).toBe(true);
});

test("a folder that is in neither place is missed after the others were moved; an empty one in its place will do", () => {
  made(1, "A", "C");
  expect(() => placeDevices(lot, 1, ["A", "B", "C"])).toThrow(/^1 device \(B\) has been minted, but its folder is/);
  expect(existsSync(join(lot.devices, "C/certificate.pem"))).toBe(true);
  mkdirSync(join(lot.devices, "B"));
  placeDevices(lot, 1, ["A", "B", "C"]);
});

test("a folder counts as occupied only when it holds something", () => {
  mkdirSync(join(lot.devices, "empty"));
  expect(isOccupied(join(lot.devices, "empty"))).toBe(false);
  expect(isOccupied(join(lot.devices, "none"))).toBe(false);
  expect(isOccupied(lot.folder)).toBe(true);
});

test("passwords come to their place once, never over another file, and are missed when they are nowhere", () => {
  const segment = passwordSegment(lot, "segment-000003-0123abcd-5eed.csv");
  writeFileSync(segment.making, "A,secret\n");
  placePasswords(lot, "segment-000003-0123abcd-5eed.csv");
  placePasswords(lot, "segment-000003-0123abcd-5eed.csv");
  expect(readFileSync(segment.placed, "utf8")).toBe("A,secret\n");
  expect(existsSync(segment.making)).toBe(false);
  writeFileSync(segment.making, "A,other\n");
  const place = () => placePasswords(lot, "segment-000003-0123abcd-5eed.csv");
  expect(place).toThrow(expect.objectContaining({ code: "disk-unwritable" }));
  expect([segment.making, segment.placed].map((path) => readFileSync(path, "utf8"))).toEqual([
    "A,other\n",
    "A,secret\n",
  ]);
  expect(() => placePasswords(lot, "segment-000004-0123abcd-5eed.csv")).toThrow(/are gone/);
});

test("a kill between the two names of a placed segment is finished", () => {
  const segment = passwordSegment(lot, "segment-000003-0123abcd-5eed.csv");
  writeFileSync(segment.making, "A,secret\n");
  linkSync(segment.making, segment.placed);
  placePasswords(lot, "segment-000003-0123abcd-5eed.csv");
  expect(readFileSync(segment.placed, "utf8")).toBe("A,secret\n");
  expect(existsSync(segment.making)).toBe(false);
});
