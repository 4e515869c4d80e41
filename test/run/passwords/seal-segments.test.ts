import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { sealedPasswords } from "../../../src/disk/layout.ts";
import { OnboardingError } from "../../../src/domain/error.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { sealSegments } from "../../../src/run/passwords/seal-segments.ts";
import { openSealed } from "../../../src/verify/open-sealed.ts";
import { makeOfficer } from "../../fixtures/make-officer.ts";
import { type PasswordWorld, passwordWorld } from "../password-world.ts";

const officer = makeOfficer();
let world: PasswordWorld;
let lot: PasswordWorld["lot"];
beforeEach(async () => {
  world = await passwordWorld(["a", "b", "c", "d"]);
  lot = world.lot;
  rmSync(lot.secretsWork, { recursive: true });
});

/** A minted batch of the devices that its lines name. */
function segment(...lines: readonly string[]): Promise<string> {
  return world.mint(
    lines.map((line) => line.split(",")[0] ?? ""),
    lines,
  );
}

function seal(ledger: Partial<Ledger> = {}, recipient = officer.recipient) {
  return sealSegments({ ...world.ledger, ...ledger }, world.lease, lot, recipient);
}

function opened(number: number): string {
  return openSealed(readFileSync(sealedPasswords(lot, number), "utf8"), officer.key).toString();
}

test("the segments of minted batches are sealed into one file, and are gone afterwards", async () => {
  await segment("a,P1", "b,P2");
  await segment("c,P3");
  writeFileSync(join(lot.secrets, "segment-000001-89abcdef-5eed.csv"), "d,FOREIGN\n");
  expect(await seal()).toBe(3);
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms", "segment-000001-89abcdef-5eed.csv"]);
  expect(opened(1)).toBe("id,password\na,P1\nb,P2\nc,P3\n");
  expect(statSync(sealedPasswords(lot, 1)).mode & 0o777).toBe(0o600);
});

test("a later run seals into the next file and leaves the one before as it is", async () => {
  await segment("a,P1");
  await seal();
  const first = readFileSync(sealedPasswords(lot, 1));
  await segment("b,P2");
  await seal();
  expect(readFileSync(sealedPasswords(lot, 1))).toEqual(first);
  expect(opened(2)).toBe("id,password\nb,P2\n");
  expect(await seal()).toBeUndefined();
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms", "passwords-0002.csv.cms"]);
});

test("segments that a kill left beside their sealed file are sealed again, and none is lost", async () => {
  await segment("a,P1");
  const stopped = new Error("killed");
  await expect(seal({ commitListed: () => Promise.reject(stopped) })).rejects.toBe(stopped);
  writeFileSync(join(lot.secrets, ".passwords-0002.csv.cms.0123456789abcdef.new"), "half a fi");
  expect(await seal()).toBe(1);
  expect(opened(2)).toBe(opened(1));
  expect(readdirSync(lot.secrets)).toHaveLength(2);
});

test("a segment that a kill left after it was listed goes, and is not sealed again", async () => {
  const path = await segment("a,P1");
  const content = readFileSync(path);
  await seal();
  writeFileSync(path, content);
  expect(await seal()).toBeUndefined();
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
});

test("a segment that is gone is told of, with what is there sealed", async () => {
  await segment("a,P1");
  rmSync(await segment("b,P2", "c,P3"));
  const missed = { code: "state-damaged", message: expect.stringContaining("of 2 devices (b, c) of lot L1") };
  await expect(seal()).rejects.toMatchObject(missed);
  expect(opened(1)).toBe("id,password\na,P1\n");
  await expect(seal()).rejects.toMatchObject(missed);
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
});

test("a list from before the job asked for seals is sealed with the rest; a younger segment wins", async () => {
  writeFileSync(lot.passwords, "id,password\na,OLD\nb,P2\n", { mode: 0o600 });
  writeFileSync(`${lot.passwords}.new`, "id,pass", { mode: 0o600 });
  await segment("a,NEW");
  await seal();
  expect(opened(1)).toBe("id,password\nb,P2\na,NEW\n");
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
});

test("a run that has lost the lot seals nothing and destroys nothing", async () => {
  const path = await segment("a,P1");
  writeFileSync(lot.passwords, "id,password\nb,P2\n");
  const lost = new OnboardingError("taken over", { code: "lot-held" });
  await expect(seal({ heartbeat: () => Promise.reject(lost) })).rejects.toBe(lost);
  expect(readdirSync(lot.secrets).sort()).toEqual(["passwords.csv", basename(path)]);
});

test("a segment is kept when it cannot be sealed", async () => {
  const path = await segment("a,P1");
  const { publicKey } = generateKeyPairSync("ed25519");
  await expect(seal({}, { ...officer.recipient, publicKey })).rejects.toThrow();
  expect(readdirSync(lot.secrets)).toEqual([basename(path)]);
});
