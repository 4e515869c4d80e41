import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, makeRows, makeWorld, type World, writeLot } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  const keystores = { pkcs12: { alias: "{id}-key" }, jks: { alias: "{serial_number}" }, pem: { key: "encrypted" } };
  const truststore = (per: string) => ({
    formats: ["pkcs12", "jks", "pem"],
    certificates: ["../platform-ca.pem"],
    per,
  });
  writeLot(world.home, "I", makeRows("I", 2), { keystores, truststore: truststore("device") });
  writeLot(world.home, "P", makeRows("P", 1), { secrets: { folder: "../apart" }, truststore: truststore("lot") });
  mkdirSync(join(world.home, "apart"), { mode: 0o700 });
  for (const lot of ["I", "P"]) {
    const { code, stderr } = await world.run(["run", lot]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
});
afterAll(() => world.close());

const json = (ended: Ended) => JSON.parse(ended.stdout);
const inOutput = (...names: string[]) => join(world.home, "output", ...names);
const ofDevice = (name: string) => inOutput("I", "devices", "I-00001", name);
const inspect = (file: string, env: Readonly<Record<string, string | undefined>> = {}) =>
  world.run(["inspect", file, "--json"], { env });

test("all files of a device are told, the keystores by their listed password", async () => {
  const chain = json(await inspect(ofDevice("chain.pem")));
  expect(chain).toMatchObject({ kind: "chain", entries: [{ chain: [{ subject: "CN=I-00001" }, {}, {}] }] });
  const [whole] = chain.entries;
  expect(json(await inspect(ofDevice("certificate.pem")))).toMatchObject({ kind: "certificate" });
  const kinds = [
    ["keystore.p12", "pkcs12", "I-00001-key"],
    ["keystore.jks", "jks", "s1"],
  ] as const;
  for (const [file, kind, alias] of kinds) {
    const ended = await inspect(ofDevice(file));
    expect(ended.code).toBe(0);
    expect(json(ended)).toMatchObject({
      kind,
      entries: [{ alias, kind: "key", keyAlgorithm: "ec-p256", chain: whole.chain }],
    });
    expect(json(ended).entries).toHaveLength(1);
  }
  expect(json(await inspect(ofDevice("key.pem")))).toMatchObject({
    kind: "key",
    entries: [
      { kind: "key", keyAlgorithm: "ec-p256", encrypted: true, publicKeySha256: whole.chain[0].publicKeySha256 },
    ],
  });
  for (const file of ["truststore.p12", "truststore.jks"]) {
    const { kind, entries, notes } = json(await inspect(ofDevice(file)));
    expect({ kind, entries, notes }).toMatchObject({
      kind: "truststore",
      entries: [{ alias: "servercertificate", kind: "trusted" }],
    });
    expect(notes).toBeUndefined();
  }
});

test("a receipt is told in full, and its signature by signer, time and digest", async () => {
  const file = inOutput("I", "receipt.json");
  const receipt = JSON.parse(readFileSync(file, "utf8"));
  expect(json(await inspect(file))).toMatchObject({
    kind: "receipt",
    entries: [],
    receipt,
    notes: [expect.stringContaining("not verified")],
  });
  const text = (await world.run(["inspect", file])).stdout;
  for (const part of ["lot I", receipt.devices.sha256, receipt.issuer.sha256, "receipt verify"]) {
    expect(text.replace(/\s+/g, " ")).toContain(part);
  }
  const signed = json(await inspect(inOutput("I", "receipt.p7s")));
  expect(signed).toMatchObject({
    kind: "pkcs7",
    signature: {
      signer: receipt.issuer.subject,
      digest: "sha256",
      messageDigest: createHash("sha256").update(readFileSync(file)).digest("hex"),
    },
  });
  expect(signed.signature.signedAt.slice(0, 19)).toBe(receipt.endedAt.slice(0, 19));
  expect((await world.run(["inspect", inOutput("I", "receipt.p7s")])).stdout).toContain(signed.signature.messageDigest);
  const changed = join(world.home, "changed.json");
  writeFileSync(changed, readFileSync(file, "utf8").replace("{", "{ "));
  expect((await inspect(changed)).code).toBe(2);
});

test("the password is found where the job keeps it apart, and a lot's truststore opens by itself", async () => {
  const keystore = await inspect(inOutput("P", "devices", "P-00001", "keystore.p12"));
  expect({ code: keystore.code, kind: json(keystore).kind }).toEqual({ code: 0, kind: "pkcs12" });
  expect(json(await inspect(inOutput("P", "truststore.p12")))).toMatchObject({
    kind: "truststore",
    notes: [expect.stringContaining("changeit")],
  });
});

test("a file elsewhere needs its password in the environment or in a file, and is told for what it is without", async () => {
  const file = join(world.home, "moved.p12");
  writeFileSync(file, readFileSync(ofDevice("keystore.p12")));
  const closed = await inspect(file);
  expect(closed.code).toBe(2);
  expect(json(closed)).toMatchObject({
    kind: "pkcs12",
    entries: [],
    problem: { kind: "password-needed" },
    error: { code: "usage", message: expect.stringContaining("LOTMINT_FILE_PASSWORD") },
  });
  expect(closed.stderr).toContain("set LOTMINT_FILE_PASSWORD");
  const [, password = ""] =
    /^I-00001,(.*)$/m.exec(readFileSync(inOutput("I", "secrets", "passwords.csv"), "utf8")) ?? [];
  const secret = join(world.home, "password");
  writeFileSync(secret, `${password}\n`, { mode: 0o600 });
  for (const env of [{ LOTMINT_FILE_PASSWORD: password }, { LOTMINT_FILE_PASSWORD_FILE: secret }]) {
    const open = await inspect(file, env);
    expect({ code: open.code, kind: json(open).kind }).toEqual({ code: 0, kind: "pkcs12" });
    expect(open.stdout + open.stderr).not.toContain(password);
  }
  const wrong = await inspect(ofDevice("keystore.p12"), { LOTMINT_FILE_PASSWORD: "another one" });
  expect(wrong.code).toBe(2);
  expect(json(wrong)).toMatchObject({ kind: "pkcs12", problem: { kind: "password-wrong" } });
});

test("people get the same in words", async () => {
  const { code, stdout } = await world.run(["inspect", ofDevice("keystore.p12")]);
  expect(code).toBe(0);
  const told = json(await inspect(ofDevice("keystore.p12")));
  const [own] = told.entries[0].chain;
  for (const part of [
    own.subject,
    own.serialNumber,
    own.sha256,
    "I-00001-key: key",
    "extKeyUsage: TLS Web Client Authentication",
  ]) {
    expect(stdout).toContain(part);
  }
});

test("an authority's revocation list and a request are told; no home is needed", async () => {
  const crl = join(world.home, "state", "authorities", "line-1", "crl.pem");
  expect((await world.run(["authority", "crl", "line-1"])).code).toBe(0);
  const told = json(await inspect(crl));
  expect(told).toMatchObject({
    kind: "crl",
    entries: [{ kind: "crl", number: expect.stringMatching(/^\d+$/), revoked: 0 }],
  });
  const nowhere = join(world.home, "nowhere");
  mkdirSync(nowhere);
  expect((await world.run(["inspect", crl, "--json"], { home: nowhere })).code).toBe(0);
  const link = join(world.home, "link.pem");
  symlinkSync(crl, link);
  expect(json(await inspect(link)).kind).toBe("crl");
});

test("what is no file that can be read ends with 2 and a reason, however large it says that it is", async () => {
  const said = async (file: string) => {
    const ended = await inspect(file);
    expect(ended.code).toBe(2);
    return json(ended).error.message as string;
  };
  const sparse = join(world.home, "sparse");
  const file = openSync(sparse, "w");
  ftruncateSync(file, 2 ** 30);
  closeSync(file);
  expect(await said(sparse)).toMatch(/^.*sparse cannot be used: it is larger than \d+ octets$/);
  expect(await said(join(world.home, "missing"))).toContain("there is no such file");
  expect(await said(world.home)).toContain("it is no file");
  const cut = join(world.home, "cut.p12");
  writeFileSync(cut, readFileSync(ofDevice("keystore.p12")).subarray(0, 500));
  expect(await said(cut)).toContain("damaged");
});
