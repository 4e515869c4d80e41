import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import * as world from "../ledger-world.ts";

async function openAltered() {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const ledger = await openLedger(path, { now: () => Date.UTC(2026, 10, 23) });
  const intruder = new DatabaseSync(path);
  onTestFinished(async () => {
    intruder.close();
    await ledger.close();
  });
  return { ledger, intruder };
}

test("an adopted certificate that is altered, deleted or smuggled in does not fit the events", async () => {
  const damages = [
    ["UPDATE adopted_certificates SET sha256 = x'00' WHERE serial = x'1000'", "certificates-adopted, line"],
    ["DELETE FROM adopted_certificates WHERE serial = x'1001'", "certificates-adopted, line"],
    [
      "INSERT INTO adopted_certificates (issuer, serial, adoption, subject, state) VALUES ('line', x'07', 7, '/CN=7', 'issued')",
      "the certificates are not those",
    ],
  ] as const;
  for (const [damage, told] of damages) {
    const { ledger, intruder } = await openAltered();
    const foreign = { subject: "/CN=x", notAfterMs: null, sha256: world.digest("x"), publicKeySha256: null };
    const numbers = ["1000", "1001"].map((serialNumber) => ({ ...foreign, serialNumber, revoked: null }));
    await ledger.adoptCertificates("line", numbers);
    expect(await ledger.verifyEvents()).toMatchObject({ events: 1 });
    intruder.exec(damage);
    await expect(ledger.verifyEvents()).rejects.toMatchObject({
      code: "state-damaged",
      message: expect.stringContaining(told),
    });
  }
});

test("a revocation that was taken back in the file does not fit the events", async () => {
  const { ledger, intruder } = await openAltered();
  const lease = await world.listedLot(ledger, "L1", ["a", "b"]);
  await ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["a", "b"] });
  await ledger.verifyEvents();
  intruder.exec("UPDATE certificates SET state = 'issued', reason = NULL WHERE external_id = 'b'");
  await expect(ledger.verifyEvents()).rejects.toMatchObject({
    code: "state-damaged",
    message: expect.stringContaining("certificates-revoked"),
  });
});
