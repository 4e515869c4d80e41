import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAuthority } from "../../../src/authority/create-authority.ts";
import { readAuthority } from "../../../src/authority/load-authority.ts";
import { digests } from "../../../src/authority/stored-authority.ts";
import { type Home, homeLayout } from "../../../src/disk/layout.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import { recoverAuthorities } from "../../../src/run/lot/recover-authorities.ts";
import { newSerialNumber } from "../../../src/x509/serial-number.ts";

let home: Home;
let ledger: Ledger;
let nowMs = Date.now();
const now = () => nowMs;

beforeEach(async () => {
  home = homeLayout(mkdtempSync(join(tmpdir(), "lotmint-recover-")));
  mkdirSync(home.state);
  ledger = await openLedger(home.ledger, { now });
});
afterEach(async () => {
  await ledger.close();
  rmSync(home.root, { recursive: true, force: true });
});

const recover = () => recoverAuthorities(ledger, { home, log: pino({ level: "silent" }), now });

/** Places an authority and does not come to record it. */
async function createUnrecorded(name: string): Promise<string> {
  const recorder = { ...ledger, recordCertificate: async () => undefined };
  const options = { name, passphrase: "correct horse battery", maxChain: 10, nowMs };
  return (await createAuthority(home, recorder, options)).serialNumber;
}

test("a certificate that stands in its place is recorded, with its own digests and end", async () => {
  const serialNumber = await createUnrecorded("root");
  expect(await ledger.certificate(serialNumber)).toMatchObject({ state: "reserved" });
  await recover();
  const { certificate } = readAuthority(home, "root");
  expect(await ledger.certificate(serialNumber)).toMatchObject({
    state: "issued",
    sha256: digests(certificate.raw).sha256,
    notAfterMs: certificate.notAfterMs,
  });
  expect(await ledger.openSerials()).toEqual([]);
  expect(await ledger.verifyEvents()).toMatchObject({ events: 2 });
});

test("a number without a certificate is left alone while its command may be under way, and abandoned later", async () => {
  const serialNumber = newSerialNumber();
  await ledger.reserveSerial({ serialNumber, issuer: "root", subject: "CN=line" });
  await recover();
  expect(await ledger.certificate(serialNumber)).toMatchObject({ state: "reserved" });
  nowMs += 11 * 60_000;
  await recover();
  expect(await ledger.certificate(serialNumber)).toMatchObject({ state: "abandoned" });
});

test("the command that is under way may record its certificate after it was recovered", async () => {
  const serialNumber = await createUnrecorded("root");
  await recover();
  const { certificate } = readAuthority(home, "root");
  const record = {
    serialNumber,
    notAfterMs: certificate.notAfterMs,
    sha256: digests(certificate.raw).sha256,
    publicKeySha256: "0".repeat(64),
  };
  await expect(ledger.recordCertificate(record)).resolves.toBeUndefined();
});
