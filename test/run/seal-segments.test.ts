import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { homeLayout, lotLayout, sealedPasswords } from "../../src/disk/layout.ts";
import { OnboardingError } from "../../src/domain/error.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { sealSegments } from "../../src/run/seal-segments.ts";
import { openSealed } from "../../src/verify/open-sealed.ts";
import { makeOfficer } from "../fixtures/make-officer.ts";

const HOLD = { lot: "L1", run: 1, fence: 1 };
const officer = makeOfficer();
let root: string;
let lot: ReturnType<typeof lotLayout>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-seal-"));
  lot = lotLayout(homeLayout(root), "L1");
  mkdirSync(lot.secrets, { recursive: true, mode: 0o700 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function segment(batch: number, ...lines: readonly string[]): void {
  writeFileSync(join(lot.secrets, `segment-00000${batch}.csv`), lines.map((line) => `${line}\n`).join(""), {
    mode: 0o600,
  });
}

function seal(
  minted: readonly number[] = [1, 2, 3],
  beat: () => Promise<void> = async () => undefined,
  recipient = officer.recipient,
) {
  const ledger = { mintedBatches: async () => new Set(minted), beat } as unknown as Ledger;
  return sealSegments(ledger, HOLD, lot, recipient);
}

function opened(number: number): string {
  return openSealed(readFileSync(sealedPasswords(lot, number), "utf8"), officer.key).toString();
}

test("the segments of minted batches are sealed into one file, and are gone afterwards", async () => {
  segment(1, "a,P1", "b,P2");
  segment(2, "c,P3");
  segment(3, "d,P4");
  expect(await seal([1, 2])).toBe(3);
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
  expect(opened(1)).toBe("id,password\na,P1\nb,P2\nc,P3\n");
  expect(statSync(sealedPasswords(lot, 1)).mode & 0o777).toBe(0o600);
});

test("a later run seals into the next file and leaves the one before as it is", async () => {
  segment(1, "a,P1");
  await seal();
  const first = readFileSync(sealedPasswords(lot, 1));
  segment(2, "b,P2");
  await seal();
  expect(readFileSync(sealedPasswords(lot, 1))).toEqual(first);
  expect(opened(2)).toBe("id,password\nb,P2\n");
  expect(await seal()).toBeUndefined();
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms", "passwords-0002.csv.cms"]);
});

test("segments that a kill left beside their sealed file are sealed again, and none is lost", async () => {
  segment(1, "a,P1");
  const content = readFileSync(join(lot.secrets, "segment-000001.csv"));
  await seal();
  writeFileSync(join(lot.secrets, "segment-000001.csv"), content);
  writeFileSync(join(lot.secrets, ".passwords-0002.csv.cms.4711.new"), "half a fi");
  expect(await seal()).toBe(1);
  expect(opened(2)).toBe(opened(1));
  expect(readdirSync(lot.secrets)).toHaveLength(2);
});

test("a list from before the job asked for seals is sealed with the rest; a younger segment wins", async () => {
  writeFileSync(lot.passwords, "id,password\na,OLD\nb,P2\n", { mode: 0o600 });
  writeFileSync(`${lot.passwords}.new`, "id,pass", { mode: 0o600 });
  segment(1, "a,NEW");
  await seal();
  expect(opened(1)).toBe("id,password\na,NEW\nb,P2\n");
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
});

test("a run that has lost the lot seals nothing and destroys nothing", async () => {
  segment(1, "a,P1");
  writeFileSync(lot.passwords, "id,password\nb,P2\n");
  const lost = new OnboardingError("taken over", { code: "lot-held" });
  await expect(seal([1], () => Promise.reject(lost))).rejects.toBe(lost);
  expect(readdirSync(lot.secrets).sort()).toEqual(["passwords.csv", "segment-000001.csv"]);
});

test("a segment is kept when it cannot be sealed", async () => {
  segment(1, "a,P1");
  const { publicKey } = generateKeyPairSync("ed25519");
  await expect(seal([1], undefined, { ...officer.recipient, publicKey })).rejects.toThrow();
  expect(readdirSync(lot.secrets)).toEqual(["segment-000001.csv"]);
});
