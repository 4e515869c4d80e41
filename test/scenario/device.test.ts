import { X509Certificate } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, makeRows, makeWorld, manifestText, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  await run("D", 4);
});
afterAll(() => world.close());

const json = (ended: Ended) => JSON.parse(ended.stdout);
const folderOf = (lot: string, id: string) => join(world.home, "output", lot, "devices", id);
const certificateOf = (lot: string, id: string) =>
  new X509Certificate(readFileSync(join(folderOf(lot, id), "certificate.pem")));

async function run(lot: string, count: number, ids = lot): Promise<void> {
  const file = join(world.home, "input", `${lot}.csv`);
  writeFileSync(file, manifestText(makeRows(ids, count)));
  const { code, stderr } = await world.run(["run", file, "--issuer", "line-1"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

const device = (...args: string[]) => world.run(["device", ...args, "--json"]);
const times = (certificate: X509Certificate) => ({
  notBefore: new Date(certificate.validFrom).toISOString().replace(".000", ""),
  notAfter: new Date(certificate.validTo).toISOString().replace(".000", ""),
});

test("a device is told with its lot, row, certificate, part, the platform's answer, history and folder", async () => {
  const certificate = certificateOf("D", "D-00002");
  const ended = await device("D-00002");
  expect(ended.code).toBe(0);
  const told = json(ended);
  expect(told).toMatchObject({ id: "D-00002", lot: "D", stage: "confirmed", row: 3, folder: folderOf("D", "D-00002") });
  expect(told.registration).toMatchObject({ part: 1, row: 2, uploads: [{ outcome: "answered", status: 201 }] });
  expect(told.certificates).toEqual([
    {
      serialNumber: certificate.serialNumber.toLowerCase(),
      sha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
      publicKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      issuer: "line-1",
      ...times(certificate),
      state: "valid",
    },
  ]);
  expect(told.events.map(({ kind }: { kind: string }) => kind)).toEqual([
    "manifest-absorbed",
    "batch-reserved",
    "batch-minted",
    "batch-placed",
    "part-listed",
    "upload-opened",
    "upload-closed",
  ]);
  expect(told.events[0].at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  const text = (await world.run(["device", "D-00002"])).stdout;
  for (const part of [
    "confirmed",
    certificate.serialNumber.toLowerCase(),
    "part 1, row 2",
    "answered 201",
    "batch-minted",
  ]) {
    expect(text).toContain(part);
  }
});

test("a certificate's serial number finds its device in every usual spelling", async () => {
  const { serialNumber } = certificateOf("D", "D-00003");
  const colons = serialNumber.replace(/(..)(?=.)/g, "$1:");
  const spellings = [serialNumber, serialNumber.toLowerCase(), colons, colons.toLowerCase(), `00${serialNumber}`];
  for (const spelling of [...spellings, `0x${serialNumber}`, serialNumber.replace(/(....)(?=.)/g, "$1 ")]) {
    expect(json(await device("--serial", spelling)).id).toBe("D-00003");
  }
  expect(json(await device(serialNumber)).id).toBe("D-00003");
});

test("a public key finds its device: by digest, certificate, key and request, PEM and DER", async () => {
  const certificate = certificateOf("D", "D-00001");
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(join(world.home, name), content);
    return join(world.home, name);
  };
  const { publicKeySha256 } = json(await device("D-00001")).certificates[0];
  const pem = certificate.publicKey.export({ type: "spki", format: "pem" });
  const der = certificate.publicKey.export({ type: "spki", format: "der" });
  const given = [
    publicKeySha256,
    publicKeySha256.toUpperCase().replace(/(..)(?=.)/g, "$1:"),
    join(folderOf("D", "D-00001"), "certificate.pem"),
    join(folderOf("D", "D-00001"), "chain.pem"),
    file("key.pem", pem),
    file("key.bin", der),
    file("certificate.der", certificate.raw),
  ];
  for (const key of given) expect(json(await device("--public-key", key)).id).toBe("D-00001");
  const text = await device("--public-key", file("text.txt", "no key"));
  expect(text.code).toBe(2);
  expect(json(text).error.message).toContain("no public key that can be read");
});

test("every generation is told: replaced, revoked, and the device's next life in another lot", async () => {
  const first = certificateOf("D", "D-00004");
  expect((await world.run(["remint", "D-00004", "--reason", "superseded"])).code).toBe(0);
  const second = certificateOf("D", "D-00004");
  const reminted = json(await device("D-00004"));
  expect(reminted.certificates).toMatchObject([
    { serialNumber: first.serialNumber.toLowerCase(), state: "replaced", reason: "superseded", ...times(first) },
    { serialNumber: second.serialNumber.toLowerCase(), state: "valid", ...times(second) },
  ]);
  expect(reminted.certificates[0].at).toMatch(/Z$/);
  expect((await world.run(["revoke", "D-00004", "--reason", "keyCompromise", "--yes"])).code).toBe(0);
  const revoked = json(await device("D-00004"));
  expect(revoked).toMatchObject({ lot: "D", stage: "revoked" });
  expect(revoked.certificates[1]).toMatchObject({ state: "revoked", reason: "keyCompromise" });
  const kinds = revoked.events.map(({ kind }: { kind: string }) => kind);
  expect(kinds.filter((kind: string) => kind === "certificates-revoked")).toHaveLength(2);
  writeFileSync(join(world.home, "input", "E.csv"), "id\nD-00004\n");
  expect((await world.run(["run", join(world.home, "input", "E.csv"), "--issuer", "line-1"])).code).toBe(0);
  const both = json(await device("D-00004"));
  expect(both.map(({ lot }: { lot: string }) => lot).sort()).toEqual(["D", "E"]);
  // By serial number it is the one lot's device alone.
  expect(json(await device("--serial", second.serialNumber))).toMatchObject({ lot: "D", stage: "revoked" });
});

test("an id in another case is found, and a folder that is gone is told", async () => {
  const told = json(await device("d-00001"));
  expect(told.id).toBe("D-00001");
  rmSync(folderOf("D", "D-00003"), { recursive: true });
  expect(json(await device("D-00003")).folder).toBeNull();
  expect((await world.run(["device", "D-00003"])).stdout).toMatch(/\(not\s+there\)/);
});

test("what is not known ends with 2 and says so, with the reason where there is one", async () => {
  const said = async (...args: string[]) => {
    const ended = await device(...args);
    expect(ended.code).toBe(2);
    return json(ended).error.message as string;
  };
  expect(await said("nobody")).toBe("no device nobody is known");
  expect(await said("--serial", "00:AB:cd")).toBe("no device with serial number abcd is known");
  expect(await said("--public-key", "a".repeat(64))).toMatch(/^no device with the public key a{64} is known$/);
  const authority = new X509Certificate(
    readFileSync(join(world.home, "state", "authorities", "line-1", "certificate.pem")),
  );
  expect(await said("--serial", authority.serialNumber)).toContain("is known: it is of a certificate of root's");
  const file = join(world.home, "authority.pem");
  writeFileSync(file, authority.toString());
  expect(await said("--public-key", file)).toMatch(/is known: CN=.*, issued by root, has that key$/);
  writeFileSync(join(world.home, "input", "B.csv"), "id\nB-1\nB 2\n");
  expect((await world.run(["run", join(world.home, "input", "B.csv"), "--issuer", "line-1"])).code).toBe(3);
  expect(await said("B 2")).toMatch(/^no device B 2 is known: lot B rejected its row on line 3 \(.+\)$/);
  expect(await said()).toContain("name one device");
  expect(await said("D-00001", "--serial", "ab")).toContain("name one device");
  expect(await said("--serial", "xyz")).toContain("in hex");
});
