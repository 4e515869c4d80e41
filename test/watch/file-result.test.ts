import { randomUUID } from "node:crypto";
import {
  existsSync,
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
import { type Filed, fileResult } from "../../src/watch/file-result.ts";
import { ended } from "./watch-world.ts";

const NOW = Date.parse("2026-01-31T05:30:00Z");
const CLAIM: Claim = { name: "LOT.csv", claimedAtMs: NOW, lot: "LOT", job: "job", starts: 0, filing: null };
const to = (folder: "done" | "rejected", tell: (filed: Filed) => void = () => undefined) => ({
  folder,
  nowMs: NOW,
  newId: randomUUID,
  tell,
});
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
  const filed = fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), to("done"));
  expect(filed.path).toBe(join(drop.done, "LOT.csv"));
  expect(readdirSync(drop.done).sort()).toEqual(["LOT.csv", "LOT.csv.result.json", "LOT.csv.result.txt"]);
  expect([readdirSync(drop.work), readdirSync(drop.claims)]).toEqual([[], []]);
  expect(statSync(filed.result).mode & 0o044).toBe(0o044);
});

test("problems speak of the file where it is, not where it was", () => {
  const problem = `${join(drop.work, "LOT.csv")}, line 3: bad`;
  const filed = fileResult(drop, "LOT.csv", CLAIM, ended(2, LOT, problem), to("rejected"));
  expect(filed.text).toContain("input/rejected/LOT.csv, line 3: bad");
  expect(filed.text).not.toContain(drop.work);
  const { notes } = JSON.parse(readFileSync(join(drop.rejected, "LOT.csv.result.json"), "utf8")) as { notes: string[] };
  expect(notes).toEqual(["input/rejected/LOT.csv, line 3: bad"]);
});

/** A lot that ended with rejects, whose rejects.csv is there. */
function partial(lot: string, content: string, mode = 0o644) {
  const folder = join(drop.input, "..", "output", lot);
  const rejects = join(folder, "rejects.csv");
  mkdirSync(folder, { recursive: true });
  writeFileSync(rejects, content, { mode });
  return { ...ended(3, { lot, job: "job" }), places: { folder, rejects } };
}

test("the rejected rows lie beside the manifest under its name, whole and as private as they were", () => {
  const filed = fileResult(drop, "LOT.csv", CLAIM, partial("LOT", "id\nbad\n", 0o600), to("done"));
  const beside = join(drop.done, "LOT.rejects.csv");
  expect(readFileSync(beside, "utf8")).toBe("id\nbad\n");
  expect(statSync(beside).mode & 0o777).toBe(0o600);
  expect(filed.text).toContain("Correct the rows in input/done/LOT.rejects.csv (");
  expect(filed.text).not.toContain(drop.input);
});

test("rejected rows of two lots, and those of a file that was corrected in part, take each other's place never", () => {
  const file = (name: string, lot: string, content: string) => {
    writeFileSync(join(drop.work, name), "id\n");
    return fileResult(drop, name, { ...CLAIM, name, lot }, partial(lot, content), to("done")).text;
  };
  file("LOT.csv", "LOT", "first");
  file("OTHER.csv", "OTHER", "other");
  const corrected = file("LOT.rejects.csv", "LOT", "second");
  expect(corrected).toContain("input/done/LOT.rejects-2.csv");
  const again = file("LOT.rejects-2.csv", "LOT", "third");
  expect(again).toContain("input/done/LOT.rejects-3.csv");
  const found = readdirSync(drop.done).filter((name) => /rejects(-\d)?\.csv$/.test(name));
  expect(found.map((name) => [name, readFileSync(join(drop.done, name), "utf8")])).toEqual([
    ["LOT.rejects-2.csv", "second"],
    ["LOT.rejects-3.csv", "third"],
    ["LOT.rejects.csv", "first"],
    ["OTHER.rejects.csv", "other"],
  ]);
});

test("a name with nothing but results of an earlier file left is not taken", () => {
  mkdirSync(drop.done);
  writeFileSync(join(drop.done, "LOT.csv.result.txt"), "DONE of another");
  const filed = fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), to("done"));
  expect(filed.path).not.toBe(join(drop.done, "LOT.csv"));
  expect(readFileSync(join(drop.done, "LOT.csv.result.txt"), "utf8")).toBe("DONE of another");
});

test("when it fails half-way, the next call files it under the same name", () => {
  mkdirSync(join(drop.done, "LOT.csv.result.txt.new", "in the way"), { recursive: true });
  expect(() => fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), to("done"))).toThrow();
  const claim = readClaim(drop, "LOT.csv");
  expect(claim?.filing).toEqual({ folder: "done", name: "LOT.csv", event: expect.any(String) });
  rmSync(join(drop.done, "LOT.csv.result.txt.new"), { recursive: true });
  const filed = fileResult(drop, "LOT.csv", claim ?? CLAIM, ended(0, LOT), to("done"));
  expect(filed.path).toBe(join(drop.done, "LOT.csv"));
  expect(readdirSync(drop.done).sort()).toEqual(["LOT.csv", "LOT.csv.result.json", "LOT.csv.result.txt"]);
});

test("nothing is filed into the empty folder that a vanished share leaves", () => {
  const gone = join(drop.input, "..", "gone");
  renameSync(drop.input, gone);
  mkdirSync(drop.input);
  expect(() => fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), to("done"))).toThrowError(
    expect.objectContaining({ code: "disk-unwritable" }),
  );
  expect(readdirSync(drop.input)).toEqual([]);
  expect(readdirSync(drop.claims)).toHaveLength(1);
});

test("others are told of it once its results are there and before it is moved, under one id however often that is repeated", () => {
  const told: { readonly event: string; readonly inWork: boolean; readonly result: boolean }[] = [];
  const tell = ({ event, result }: Filed) => {
    told.push({ event, inWork: existsSync(join(drop.work, "LOT.csv")), result: existsSync(result) });
    if (told.length === 1) throw new Error("killed");
  };
  expect(() => fileResult(drop, "LOT.csv", CLAIM, ended(0, LOT), to("done", tell))).toThrow("killed");
  const after = readClaim(drop, "LOT.csv") ?? CLAIM;
  const filed = fileResult(drop, "LOT.csv", after, ended(0, LOT), to("done", tell));
  const event = { event: filed.event, inWork: true, result: true };
  expect(told).toEqual([event, event]);
  expect(readdirSync(drop.done)).toContain("LOT.csv");
});
