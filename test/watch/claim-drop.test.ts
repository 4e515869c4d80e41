import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DropLayout, dropLayout, homeLayout } from "../../src/disk/layout.ts";
import { claimDrop } from "../../src/watch/claim-drop.ts";
import { readClaim } from "../../src/watch/claims.ts";

const NOW = Date.parse("2026-01-31T05:30:00Z");

let drop: DropLayout;
beforeEach(() => {
  const home = homeLayout(mkdtempSync(join(tmpdir(), "lotmint-claim-")));
  drop = dropLayout(home);
  mkdirSync(drop.input);
  writeFileSync(join(drop.input, "LOT.csv"), "id\n");
});
afterEach(() => rmSync(join(drop.input, ".."), { recursive: true, force: true }));

test("a claimed file is the very file, in work/, and what it was is remembered", () => {
  writeFileSync(join(drop.input, "LOT.csv.ready"), "");
  const taken = claimDrop(drop, "LOT.csv", { nowMs: NOW, job: "nightly" });
  expect(taken?.workName).toBe("LOT.csv");
  expect(readFileSync(join(drop.work, "LOT.csv"), "utf8")).toBe("id\n");
  expect(readdirSync(drop.input)).toEqual(["work"]);
  expect(readClaim(drop, "LOT.csv")).toEqual({
    name: "LOT.csv",
    claimedAtMs: NOW,
    lot: null,
    job: "nightly",
    starts: 0,
    filing: null,
    refusal: null,
  });
});

test("a file of a name that is in work/ already gets another one there, and keeps its own in the claim", () => {
  claimDrop(drop, "LOT.csv", { nowMs: NOW, job: null });
  writeFileSync(join(drop.input, "LOT.csv"), "second\n");
  const taken = claimDrop(drop, "LOT.csv", { nowMs: NOW, job: null });
  expect(taken?.workName).toMatch(/^LOT-\d{8}-\d{6}\.csv$/);
  expect(taken?.claim.name).toBe("LOT.csv");
  expect(readFileSync(join(drop.work, "LOT.csv"), "utf8")).toBe("id\n");
});

test("a file that has gone meanwhile is not claimed, and leaves nothing behind", () => {
  expect(claimDrop(drop, "GONE.csv", { nowMs: NOW, job: null })).toBeUndefined();
  expect(readdirSync(drop.claims)).toEqual([]);
});

test("a claim that cannot be written down leaves the file where it was", () => {
  mkdirSync(join(drop.claims, ".."), { recursive: true });
  writeFileSync(drop.claims, "");
  expect(() => claimDrop(drop, "LOT.csv", { nowMs: NOW, job: null })).toThrowError(
    expect.objectContaining({ code: "disk-unwritable" }),
  );
  expect(existsSync(join(drop.input, "LOT.csv"))).toBe(true);
});

test("what is no claim, or half of one, is none", () => {
  claimDrop(drop, "LOT.csv", { nowMs: NOW, job: null });
  const [file = ""] = readdirSync(drop.claims);
  for (const content of ["", "{", "null", '{"name":7}', '{"name":"LOT.csv"}']) {
    writeFileSync(join(drop.claims, file), content);
    expect(readClaim(drop, "LOT.csv")).toBeUndefined();
  }
  expect(readClaim(drop, "OTHER.csv")).toBeUndefined();
});
