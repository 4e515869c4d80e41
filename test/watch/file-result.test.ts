import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DropLayout, dropLayout, homeLayout } from "../../src/disk/layout.ts";
import { type Claim, readClaim, writeClaim } from "../../src/watch/claims.ts";
import { fileResult } from "../../src/watch/file-result.ts";
import { ended } from "./watch-world.ts";

const NOW = Date.parse("2026-01-31T05:30:00Z");
const CLAIM: Claim = { name: "LOT.csv", claimedAtMs: NOW, lot: "LOT", job: "job", starts: 0, filing: null };
const LOT = { lot: "LOT", job: "job" };

let drop: DropLayout;
beforeEach(() => {
  drop = dropLayout(homeLayout(mkdtempSync(join(tmpdir(), "lotmint-file-"))));
  mkdirSync(drop.work, { recursive: true });
  writeFileSync(join(drop.work, "LOT.csv"), "id\n");
  writeFileSync(join(drop.work, "LOT.csv.waiting.txt"), "WAITING");
  writeClaim(drop, "LOT.csv", CLAIM);
});
afterEach(() => rmSync(join(drop.input, ".."), { recursive: true, force: true }));

test("the file goes with its results beside it, others may read them, and nothing is left in work/", () => {
  const filed = fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), { folder: "done", nowMs: NOW });
  expect(filed.path).toBe(join(drop.done, "LOT.csv"));
  expect(readdirSync(drop.done).sort()).toEqual(["LOT.csv", "LOT.csv.result.json", "LOT.csv.result.txt"]);
  expect([readdirSync(drop.work), readdirSync(drop.claims)]).toEqual([[], []]);
  expect(statSync(filed.result).mode & 0o044).toBe(0o044);
});

test("faults speak of the file where it is, not where it was", () => {
  const fault = `${join(drop.work, "LOT.csv")}, line 3: bad`;
  const filed = fileResult(drop, "LOT.csv", CLAIM, ended(2, LOT, fault), { folder: "rejected", nowMs: NOW });
  expect(filed.text).toContain(`${join(drop.rejected, "LOT.csv")}, line 3: bad`);
  expect(filed.text).not.toContain(drop.work);
  const { notes } = JSON.parse(readFileSync(join(drop.rejected, "LOT.csv.result.json"), "utf8")) as { notes: string[] };
  expect(notes).toEqual([`${join(drop.rejected, "LOT.csv")}, line 3: bad`]);
});

test("a name with nothing but results of an earlier file left is not taken", () => {
  mkdirSync(drop.done);
  writeFileSync(join(drop.done, "LOT.csv.result.txt"), "DONE of another");
  const filed = fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), { folder: "done", nowMs: NOW });
  expect(filed.path).not.toBe(join(drop.done, "LOT.csv"));
  expect(readFileSync(join(drop.done, "LOT.csv.result.txt"), "utf8")).toBe("DONE of another");
});

test("when it fails half-way, the next call files it under the same name", () => {
  mkdirSync(join(drop.done, "LOT.csv.result.txt.new", "in the way"), { recursive: true });
  expect(() => fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), { folder: "done", nowMs: NOW })).toThrow();
  const claim = readClaim(drop, "LOT.csv");
  expect(claim?.filing).toEqual({ folder: "done", name: "LOT.csv" });
  rmSync(join(drop.done, "LOT.csv.result.txt.new"), { recursive: true });
  const filed = fileResult(drop, "LOT.csv", claim ?? CLAIM, ended(0, LOT), { folder: "done", nowMs: NOW });
  expect(filed.path).toBe(join(drop.done, "LOT.csv"));
  expect(readdirSync(drop.done).sort()).toEqual(["LOT.csv", "LOT.csv.result.json", "LOT.csv.result.txt"]);
});

test("nothing is filed into the empty folder that a vanished share leaves", () => {
  const gone = join(drop.input, "..", "gone");
  renameSync(drop.input, gone);
  mkdirSync(drop.input);
  expect(() => fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), { folder: "done", nowMs: NOW })).toThrowError(
    expect.objectContaining({ code: "disk-unwritable" }),
  );
  expect(readdirSync(drop.input)).toEqual([]);
  expect(readdirSync(drop.claims)).toHaveLength(1);
});
