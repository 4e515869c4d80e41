import { createPrivateKey, createSecretKey, hash, X509Certificate } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { writeNew } from "../../src/disk/durable.ts";
import { makeRsaPair } from "../../src/keystore/pool/make-rsa-pair.ts";
import { openSlotCipher, slotSize } from "../../src/keystore/pool/seal-key.ts";
import { openKeyPairs } from "../../src/mint/key-pair.ts";
import { type BatchTools, type MintSetup, openMintBatch } from "../../src/mint/mint-batch.ts";
import type { DeviceToMint } from "../../src/mint/mint-device.ts";
import { newSerialNumber } from "../../src/x509/serial-number.ts";
import { makeIssuer, type TestIssuer } from "../fixtures/make-issuer.ts";

/** Every private key and every key.pem that the code under test has had in its hands. */
const seen = { keys: [] as Uint8Array[], pems: [] as Uint8Array[] };
/** The real tools, watched. */
const watched: BatchTools = {
  openKeyPairs: (algorithm) => {
    const makeKeyPair = openKeyPairs(algorithm);
    return () => {
      const pair = makeKeyPair();
      seen.keys.push(pair.pkcs8);
      return pair;
    };
  },
  writeNew: (path, content, mode) => {
    writeNew(path, content, mode);
    if (path.endsWith("key.pem") && typeof content !== "string") seen.pems.push(content);
  },
};

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await makeIssuer();
});

let folder: string;
beforeEach(() => {
  seen.keys.length = 0;
  seen.pems.length = 0;
  folder = mkdtempSync(join(tmpdir(), "lotmint-batch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function setup(more: Partial<MintSetup> = {}): MintSetup {
  return {
    template: issuer.template,
    signer: { kind: "key", key: issuer.key },
    key: "ec-p256",
    files: {
      keystores: { pkcs12: { alias: "devicekeyentry", recipe: "modern", iterations: 1000 }, pem: { key: "none" } },
      chain: issuer.chain,
      createdAtMs: 0,
    },
    passwords: { kind: "per-device" },
    ...more,
  };
}

function device(externalId: string, spki: Uint8Array | null = null): DeviceToMint {
  return { externalId, serialNumber: newSerialNumber(), subject: [{ attribute: "CN", value: externalId }], spki };
}

function mint(devices: readonly DeviceToMint[], more: Partial<MintSetup> = {}, listed = true) {
  const batch = { folder: join(folder, "work"), segment: listed ? join(folder, "segment") : null, devices };
  return openMintBatch(setup(more), watched)(batch);
}

function modeOf(...path: readonly string[]): number {
  return statSync(join(folder, ...path)).mode & 0o777;
}

test("every device of a batch has files that open with its listed password, and a record of them", () => {
  const devices = ["A1", "A2", "A3", "A4", "CON", "A6"].map((id) => device(id));
  const minted = mint(devices);
  const lines = readFileSync(join(folder, "segment"), "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(6);
  for (const [index, { externalId, serialNumber }] of devices.entries()) {
    const own = externalId === "CON" ? "%43ON" : externalId;
    const [id, password] = lines[index]?.split(",") ?? [];
    expect(id).toBe(externalId);
    const read = (name: string) => readFileSync(join(folder, "work", own, name));
    createSecureContext({ pfx: read("keystore.p12"), passphrase: password });
    const certificate = new X509Certificate(read("certificate.pem"));
    expect(certificate.subject).toBe(`CN=${externalId}`);
    expect(minted[index]).toEqual({
      externalId,
      serialNumber,
      notAfterMs: issuer.template.notAfterMs,
      sha256: hash("sha256", certificate.raw),
      publicKeySha256: hash("sha256", certificate.publicKey.export({ type: "spki", format: "der" })),
      files: Object.fromEntries(
        readdirSync(join(folder, "work", own)).map((name) => [name, hash("sha256", read(name))]),
      ),
    });
  }
});

test("folders and files are for the owner only", () => {
  mint([device("A1")]);
  expect([modeOf("work"), modeOf("work", "A1")]).toEqual([0o700, 0o700]);
  expect([modeOf("segment"), modeOf("work", "A1", "keystore.p12")]).toEqual([0o600, 0o600]);
});

test("the record holds no key and no password", () => {
  const minted = mint([device("A1")], {
    files: { ...setup().files, keystores: { ...setup().files.keystores, pem: { key: "plain" } } },
  });
  const password = readFileSync(join(folder, "segment"), "utf8").trim().split(",")[1] ?? "";
  const key = createPrivateKey(readFileSync(join(folder, "work", "A1", "key.pem")));
  const record = JSON.stringify(minted);
  expect(record).not.toContain(password);
  for (const encoding of ["hex", "base64"] as const) {
    const octets = key.export({ type: "pkcs8", format: "der" });
    expect(record).not.toContain(octets.subarray(36, 68).toString(encoding));
  }
});

test("a key in the clear is whole on disk, though it is wiped in memory", () => {
  mint([device("A1")], { files: { ...setup().files, keystores: { pem: { key: "plain" } } } });
  const key = createPrivateKey(readFileSync(join(folder, "work", "A1", "key.pem")));
  const certificate = new X509Certificate(readFileSync(join(folder, "work", "A1", "certificate.pem")));
  expect(certificate.checkPrivateKey(key)).toBe(true);
  expect(existsSync(join(folder, "segment"))).toBe(false);
});

test("no key is left in memory once its files are written", () => {
  const keystores = { ...setup().files.keystores, pem: { key: "plain" } } as const;
  mint([device("A1"), device("A2"), device("A3"), device("A4"), device("A5")], {
    files: { ...setup().files, keystores },
  });
  expect([seen.keys.length, seen.pems.length]).toEqual([5, 5]);
  for (const secret of [...seen.keys, ...seen.pems]) expect(secret.every((octet) => octet === 0)).toBe(true);
});

test("keys are wiped as well when a batch cannot be minted", () => {
  expect(() => mint([device("A1"), { ...device("A2"), serialNumber: "00" }])).toThrow(RangeError);
  expect(seen.keys).toHaveLength(2);
  for (const key of seen.keys) expect(key.every((octet) => octet === 0)).toBe(true);
});

test("a device that keeps its own key gets a certificate for it, and no password", () => {
  const { spki } = openKeyPairs("ec-p384")();
  mint([device("OWN", spki), device("A2")]);
  expect(readdirSync(join(folder, "work", "OWN"))).toEqual(["certificate.pem", "chain.pem"]);
  const certificate = new X509Certificate(readFileSync(join(folder, "work", "OWN", "certificate.pem")));
  expect(certificate.publicKey.export({ type: "spki", format: "der" })).toEqual(spki);
  expect(readFileSync(join(folder, "segment"), "utf8")).toMatch(/^A2,[A-Z2-7]{26}\n$/);
});

test("a lot's one password opens every keystore, gets more rounds, and is not listed", () => {
  const password = "one password for all";
  mint([device("A1"), device("A2")], { passwords: { kind: "per-lot", password } }, false);
  for (const id of ["A1", "A2"]) {
    const pfx = readFileSync(join(folder, "work", id, "keystore.p12"));
    createSecureContext({ pfx, passphrase: password });
    // The MAC's rounds stand at the very end: INTEGER 10000.
    expect(pfx.subarray(-4).toString("hex")).toBe("02022710");
  }
  expect(readdirSync(folder)).toEqual(["work"]);
});

test("a file that stands in the way is never overwritten", () => {
  mint([device("A1")]);
  const before = readFileSync(join(folder, "work", "A1", "keystore.p12"));
  expect(() => mint([device("A1")])).toThrow("EEXIST");
  expect(readFileSync(join(folder, "work", "A1", "keystore.p12"))).toEqual(before);
});

test("a batch takes the keys that were handed out to it, makes the others, and wipes what it did not need", () => {
  const place = join(folder, "pool");
  mkdirSync(join(place, "rsa-2048"), { recursive: true });
  const pool = { id: "1", ledger: "2", generation: "3", folder: place, key: createSecretKey(Buffer.alloc(32, 1)) };
  const segment = "0".repeat(32);
  const cipher = openSlotCipher(pool, "rsa-2048", segment);
  const pairs = Array.from({ length: 3 }, () => makeRsaPair("rsa-2048"));
  const path = join(place, "rsa-2048", segment);
  writeFileSync(path, Buffer.concat(pairs.map((pair, position) => cipher.seal(position, pair))));
  const pooled = pairs.map(({ spki }) => hash("sha256", spki));
  const keys = [{ segment, algorithm: "rsa-2048" as const, first: 0, keys: 2 }];
  const mintBatch = openMintBatch(setup({ key: "rsa-2048", keyPool: pool }), watched);
  const batch = (work: string, ids: readonly string[]) => ({
    folder: join(folder, work),
    segment: null,
    devices: ids.map((id) => device(id)),
  });
  const first = mintBatch({ ...batch("one", ["A1", "A2", "A3"]), keys }).map((minted) => minted.publicKeySha256);
  expect(first.filter((key) => pooled.slice(0, 2).includes(key))).toHaveLength(2);
  expect(seen.keys).toHaveLength(1);
  expect(
    readFileSync(path)
      .subarray(0, 2 * slotSize("rsa-2048"))
      .every((octet) => octet === 0),
  ).toBe(true);
  const third = [{ segment, algorithm: "rsa-2048" as const, first: 2, keys: 1 }];
  expect(mintBatch({ ...batch("two", []), keys: third })).toEqual([]);
  const [next] = mintBatch(batch("three", ["A4"]));
  expect(pooled).not.toContain(next?.publicKeySha256);
  expect(readFileSync(path).every((octet) => octet === 0)).toBe(true);
});
