import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { homeLayout, lotLayout } from "../../src/disk/layout.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { listPasswords, readPasswordFiles, takeSegments } from "../../src/run/password-segments.ts";

test("segments of minted batches count, oldest first; others are removed, and files of other names left alone", async () => {
  const root = mkdtempSync(join(tmpdir(), "lotmint-segments-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const lot = lotLayout(homeLayout(root), "L1");
  const ledger = { mintedBatches: async () => new Set([2, 11]), beat: async () => undefined } as unknown as Ledger;
  const hold = { lot: "L1", run: 1, fence: 1 };
  expect(await takeSegments(ledger, hold, lot)).toEqual([]);
  mkdirSync(lot.secrets, { recursive: true });
  for (const [name, content] of [
    ["segment-000011.csv", "a,NEW\n"],
    ["segment-000002.csv", "a,OLD\nb,P\n"],
    ["segment-000007.csv", "c,VOID\n"],
    ["notes.csv", "not ours"],
  ] as const) {
    writeFileSync(join(lot.secrets, name), content);
  }
  const segments = await takeSegments(ledger, hold, lot);
  expect(segments.map((path) => basename(path))).toEqual(["segment-000002.csv", "segment-000011.csv"]);
  expect(readdirSync(lot.secrets).sort()).toEqual(["notes.csv", "segment-000002.csv", "segment-000011.csv"]);
  const passwords = await readPasswordFiles(segments);
  expect([...listPasswords(passwords)].join("")).toBe("id,password\na,NEW\nb,P\n");
});

test("a long list comes in pieces, each of whole lines", () => {
  const passwords = new Map(Array.from({ length: 10_000 }, (_, index) => [`device-${index}`, "P".repeat(26)]));
  const pieces = [...listPasswords(passwords)];
  expect(pieces.length).toBeGreaterThan(3);
  expect(pieces.every((piece) => piece.endsWith("\n") && piece.length < 66_000)).toBe(true);
  expect(pieces.join("").split("\n")).toHaveLength(10_002);
});
