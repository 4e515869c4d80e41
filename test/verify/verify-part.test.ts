import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { PartDevice, PartRecord } from "../../src/ledger/registration.ts";
import { verifyPart } from "../../src/verify/verify-part.ts";
import { sha256 } from "../fixtures/foreign-device.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-part-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HEADER = "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME\n";
const path = join(folder, "part-0001.csv");

function device(externalId: string, row: number): PartDevice {
  const before = { presentBefore: null, sentBefore: false, confirmedBefore: false };
  return { externalId, row, stage: "listed", idType: "c8y_Serial", ...before };
}

function write(text: string): PartRecord {
  writeFileSync(path, text);
  return { number: 1, sha256: sha256(Buffer.from(text)), paths: [], rows: 2, open: 2, answered: false };
}

const GOOD = `${HEADER}SN-1;CERTIFICATES;;t;n\nGerät-2;CERTIFICATES;;t;n\n`;
const DEVICES = [device("SN-1", 0), device("Gerät-2", 1)];

test("a part as it was cut has no difference", async () => {
  expect(await verifyPart(path, write(GOOD), DEVICES)).toEqual([]);
});

test("rows of devices that have moved on to a later part are no difference", async () => {
  expect(await verifyPart(path, write(GOOD), [device("Gerät-2", 1)])).toEqual([]);
});

test("a part that is gone is told", async () => {
  const part = write(GOOD);
  expect(await verifyPart(join(folder, "none.csv"), part, DEVICES)).toEqual([
    { externalId: "", what: "registration part 1 is missing", expected: join(folder, "none.csv") },
  ]);
});

test("a changed part is told by its digest", async () => {
  const part = write(GOOD);
  const found = sha256(Buffer.from(GOOD.replace(";n\n", ";m\n")));
  writeFileSync(path, GOOD.replace(";n\n", ";m\n"));
  expect(await verifyPart(path, part, DEVICES)).toEqual([
    { externalId: "", what: "SHA-256 of registration part 1", expected: part.sha256, found },
  ]);
});

test("rows in another place, too few and too many are told", async () => {
  const swapped = `${HEADER}Gerät-2;CERTIFICATES;;t;n\nSN-1;CERTIFICATES;;t;n\n`;
  expect(await verifyPart(path, write(swapped), DEVICES)).toEqual([
    { externalId: "SN-1", what: "row 1 of registration part 1", expected: "SN-1", found: "Gerät-2" },
    { externalId: "Gerät-2", what: "row 2 of registration part 1", expected: "Gerät-2", found: "SN-1" },
  ]);
  expect(await verifyPart(path, write(`${HEADER}SN-1;CERTIFICATES;;t;n\n`), DEVICES)).toEqual([
    { externalId: "", what: "rows of registration part 1", expected: "2", found: "1" },
    { externalId: "Gerät-2", what: "it has no row in registration part 1" },
  ]);
  expect(await verifyPart(path, write(`${GOOD}SN-3;CERTIFICATES;;t;n\n`), DEVICES)).toEqual([
    { externalId: "", what: "rows of registration part 1", expected: "2", found: "3" },
  ]);
});

test("a row that would register with a password is told", async () => {
  const basic = GOOD.replace("SN-1;CERTIFICATES;;", "SN-1;BASIC;secret;");
  expect(await verifyPart(path, write(basic), DEVICES)).toEqual([
    { externalId: "SN-1", what: "row 1 of registration part 1 is not a certificate registration" },
  ]);
});

test("another header and an end inside a row are told", async () => {
  expect(await verifyPart(path, write(`ID;PATH\n${GOOD.slice(HEADER.length, -1)}`), DEVICES)).toEqual([
    { externalId: "", what: "registration part 1 has another header", found: "ID;PATH" },
    { externalId: "", what: "registration part 1 ends inside a row" },
    { externalId: "", what: "rows of registration part 1", expected: "2", found: "1" },
    { externalId: "Gerät-2", what: "it has no row in registration part 1" },
  ]);
});
