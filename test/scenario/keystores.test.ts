import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeRequest, makeRequestPem, spkiOf } from "../fixtures/make-request.ts";
import { openssl } from "../fixtures/other-readers.ts";
import { type Ended, makeWorld, type World, writeJob } from "./harness.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld();
  // What a lot does with the platform is told elsewhere.
  world.writeSite(undefined);
});
afterAll(() => world.close());

const output = (lot: string, ...path: readonly string[]) => join(world.home, "output", lot, ...path);
const device = (lot: string, id: string, file: string) => output(lot, "devices", id, file);

/** Writes input/<lot>.csv with a column for requests, and its job. */
function writeRequests(lot: string, rows: readonly (readonly [id: string, csr: string])[], job: object = {}): void {
  const lines = rows.map(([id, csr]) => `${id},"${csr}"\n`);
  writeFileSync(join(world.home, "input", `${lot}.csv`), `id,CSR\n${lines.join("")}`);
  writeJob(world.home, lot, job);
}

/** The line on which a row starts: requests take many lines each. */
function lineOf(rows: readonly (readonly [id: string, csr: string])[], index: number): number {
  return 2 + rows.slice(0, index).reduce((lines, [, csr]) => lines + csr.split("\n").length, 0);
}

function certificateText(path: string): string {
  return openssl(["x509", "-in", path, "-noout", "-text"]);
}

function reportOf(lot: string): { readonly notes: readonly string[]; readonly rejects: object } {
  return JSON.parse(readFileSync(output(lot, "report.json"), "utf8"));
}

async function expectChecked(lot: string): Promise<Ended> {
  const checked = await world.run(["check", lot, "--json"]);
  expect([checked.code, JSON.parse(checked.stdout).differences]).toEqual([0, []]);
  return checked;
}

describe("rows with a certificate request", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

  test("get a certificate for their own key and nothing else, beside rows that get a key", async () => {
    writeFileSync(join(world.home, "input", "c1.der"), makeRequest({ key: rsa }));
    const bad = makeRequestPem({ key: other, spki: spkiOf(ec) });
    const rows = [
      ["C1-1", makeRequestPem({ key: ec, commonName: "somebody else" })],
      ["C1-2", "c1.der"],
      ["C1-3", ""],
      ["C1-4", bad],
      ["C1-5", makeRequestPem({ key: ec })],
    ] as const;
    writeRequests("c1", rows, { keystores: { pkcs12: {}, pem: { key: "encrypted" } } });
    const planned = await world.run(["plan", "c1", "--json"]);
    expect(planned.code).toBe(3);
    const { problems } = JSON.parse(planned.stdout);
    expect(problems).toEqual([
      { line: lineOf(rows, 3), field: "CSR", message: expect.stringContaining("does not fit its public key") },
      { line: lineOf(rows, 4), field: "CSR", message: expect.stringContaining("its key stands on line 2 already") },
    ]);
    expect(existsSync(output("c1"))).toBe(false);

    expect((await world.run(["run", "c1"])).code).toBe(3);
    for (const [id, key, usage] of [
      ["C1-1", ec, ["Digital Signature", "Non Repudiation"]],
      ["C1-2", rsa, ["Digital Signature", "Non Repudiation", "Key Encipherment"]],
    ] as const) {
      expect(readdirSync(output("c1", "devices", id)).sort()).toEqual(["certificate.pem", "chain.pem"]);
      const certificate = new X509Certificate(readFileSync(device("c1", id, "certificate.pem")));
      expect(certificate.checkPrivateKey(key)).toBe(true);
      expect(certificate.subject).toBe(`CN=${id}`);
      for (const word of usage) expect(certificateText(device("c1", id, "certificate.pem"))).toContain(word);
    }
    expect(certificateText(device("c1", "C1-1", "certificate.pem"))).not.toContain("Key Encipherment");
    expect(readdirSync(output("c1", "devices", "C1-3"))).toContain("keystore.p12");
    expect(readFileSync(output("c1", "secrets", "passwords.csv"), "utf8")).toMatch(
      /^id,password\nC1-3,[A-Z2-7]{26}\n$/,
    );
    expect(readFileSync(output("c1", "rejects.csv"), "utf8")).toContain("its key stands on line");
    await expectChecked("c1");
    // Nothing is left to do, and a device's own key is not held against it.
    expect((await world.run(["run", "c1"])).code).toBe(3);
  });

  test("are refused with the key of a device of another lot, or of an authority", async () => {
    const issuerKey = createPrivateKey({
      key: readFileSync(join(world.home, "state", "authorities", "line-1", "key.pem")),
      passphrase: "a passphrase for the scenarios",
    });
    writeRequests("c2", [
      ["C2-1", makeRequestPem({ key: ec })],
      ["C2-2", makeRequestPem({ key: issuerKey })],
      ["C2-3", makeRequestPem({ key: other })],
    ]);
    expect((await world.run(["run", "c2"])).code).toBe(3);
    expect(readdirSync(output("c2", "devices"))).toEqual(["C2-3"]);
    expect(Object.keys(reportOf("c2").rejects)).toEqual([
      "CSR: its key is that of authority line-1",
      "CSR: its key is that of device … of lot …; each device needs one of its own",
    ]);
    // Only requests: no password, so no list of passwords.
    expect(existsSync(output("c2", "secrets", "passwords.csv"))).toBe(false);
    await expectChecked("c2");
  });
});
