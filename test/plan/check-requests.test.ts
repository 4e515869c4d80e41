import { generateKeyPairSync, hash, type KeyObject } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { homeLayout } from "../../src/disk/layout.ts";
import type { Device } from "../../src/domain/device.ts";
import type { KeyHolder } from "../../src/ledger/serials.ts";
import { checkRequests } from "../../src/plan/check-requests.ts";
import { writePem } from "../../src/x509/pem.ts";
import { makeIssuer } from "../fixtures/make-issuer.ts";
import { makeRequestPem, spkiOf } from "../fixtures/make-request.ts";
import { device } from "../ledger/ledger-world.ts";

const root = mkdtempSync(join(tmpdir(), "lotmint-requests-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const home = homeLayout(root);

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function asking(externalId: string, line: number, key: KeyObject): Device {
  return { ...device(externalId, line), certificateRequest: makeRequestPem({ key }) };
}

/** Ids that pass, and for each rejected line its reason; `holders` is what the ledger knows. */
async function check(batches: readonly (readonly Device[])[], holders: readonly KeyHolder[] = []) {
  const asked: string[] = [];
  async function* rows() {
    for (const devices of batches) yield { devices, rejected: [] };
  }
  const ledger = {
    publicKeyHolders: async (digests: readonly string[]) => {
      asked.push(...digests);
      return holders.filter(({ publicKeySha256 }) => digests.includes(publicKeySha256));
    },
  };
  const passed: string[] = [];
  const rejected: Record<number, string> = {};
  for await (const checked of checkRequests(rows(), { home, lot: "L1", column: "CSR", ledger })) {
    passed.push(...checked.devices.map(({ externalId }) => externalId));
    for (const { problem, externalId, cells } of checked.rejected) {
      expect(problem.field).toBe("CSR");
      expect(cells["Device ID"]).toBe(externalId);
      rejected[problem.line] = problem.message;
    }
  }
  return { passed, rejected, asked };
}

function holder(key: KeyObject, of: Partial<KeyHolder>): KeyHolder {
  const publicKeySha256 = hash("sha256", spkiOf(key));
  return { publicKeySha256, issuer: "line-3", lot: null, externalId: null, subject: null, ...of };
}

test("rows without a request pass, and the ledger is not asked for them", async () => {
  expect(await check([[device("a", 2), device("b", 3)]])).toEqual({ passed: ["a", "b"], rejected: {}, asked: [] });
});

test("a request that is not sound makes a rejected row with its line and the manifest's own column", async () => {
  const bad = { ...device("b", 3), certificateRequest: makeRequestPem({ key: newKey(), spki: spkiOf(newKey()) }) };
  const { passed, rejected } = await check([[asking("a", 2, newKey()), bad]]);
  expect(passed).toEqual(["a"]);
  expect(rejected).toEqual({ 3: expect.stringContaining("does not fit its public key") });
});

test("of two rows with one key the first is kept, also when they come in different batches", async () => {
  const [key, other] = [newKey(), newKey()];
  const { passed, rejected } = await check([
    [asking("a", 2, key), asking("b", 3, other)],
    [asking("c", 4, key), asking("d", 5, newKey())],
  ]);
  expect(passed).toEqual(["a", "b", "d"]);
  expect(rejected).toEqual({ 4: "its key stands on line 2 already; each device needs one of its own" });
});

test("a key that another device has is refused, whatever its lot; the device itself may have it", async () => {
  const [own, elsewhere, sameLot] = [newKey(), newKey(), newKey()];
  const { passed, rejected } = await check(
    [[asking("a", 2, own), asking("b", 3, elsewhere), asking("c", 4, sameLot)]],
    [
      holder(own, { lot: "L1", externalId: "A" }),
      holder(elsewhere, { lot: "L0", externalId: "b" }),
      holder(sameLot, { lot: "L1", externalId: "z" }),
    ],
  );
  expect(passed).toEqual(["a"]);
  expect(rejected).toEqual({
    3: 'its key is that of device "b" of lot "L0"; each device needs one of its own',
    4: 'its key is that of device "z" of lot "L1"; each device needs one of its own',
  });
});

test("a key that another tool certified is refused, unless that was for the same device", async () => {
  const [same, other] = [newKey(), newKey()];
  const { passed, rejected } = await check(
    [[asking("a", 2, same), asking("b", 3, other)]],
    [
      holder(same, { issuer: "old-ca", subject: "O=Acme,CN=a" }),
      holder(other, { issuer: "old-ca", subject: "CN=x,O=b" }),
    ],
  );
  expect(passed).toEqual(["a"]);
  expect(rejected).toEqual({ 3: 'its key is certified as "CN=x,O=b" under authority old-ca already' });
});

test("an authority's key is refused, and so is one from its chain", async () => {
  const issuer = await makeIssuer();
  const folder = join(home.authorities, "line-3");
  mkdirSync(folder, { recursive: true });
  const [own = Buffer.alloc(0)] = issuer.chain;
  writeFileSync(join(folder, "certificate.pem"), writePem("CERTIFICATE", own));
  writeFileSync(join(folder, "chain.pem"), issuer.chain.map((der) => writePem("CERTIFICATE", der)).join(""));
  const { passed, rejected } = await check([[asking("a", 2, issuer.key), asking("b", 3, newKey())]]);
  expect(passed).toEqual(["b"]);
  expect(rejected).toEqual({ 2: "its key is that of authority line-3" });
});
