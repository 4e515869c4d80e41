import { spawnSync } from "node:child_process";
import { createPrivateKey, hash, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { openPkcs12Writer, type Pkcs12Entry, type Pkcs12WriterOptions } from "../../src/keystore/write-pkcs12.ts";
import { makeDeviceKey, type TestDevice } from "../fixtures/make-device-key.ts";
import { makeIssuer, type TestIssuer } from "../fixtures/make-issuer.ts";
import { digestsOf, hasJava, hasOpenssl, openssl, readWithJava } from "../fixtures/other-readers.ts";

const PASSWORD = "K7QJ2WMXA4ZC3TNB5VYD6HPE2R";

let issuer: TestIssuer;
let device: TestDevice;
beforeAll(async () => {
  issuer = await makeIssuer();
  device = makeDeviceKey(issuer);
});

function write(entries: readonly Pkcs12Entry[], options: Partial<Pkcs12WriterOptions> = {}): Buffer[] {
  const all = { recipe: "modern", iterations: 2048, alias: "devicekeyentry", chain: issuer.chain, ...options } as const;
  return openPkcs12Writer(all, openRandomPool())(entries);
}

function only<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined || values.length > 1) throw new Error(`${values.length} values instead of one`);
  return value;
}

/** What openssl finds: the key in the clear, and its own certificate and the authorities'. */
function readWithOpenssl(file: Buffer, password: string) {
  const read = (...what: readonly string[]) => openssl(["pkcs12", "-passin", `pass:${password}`, ...what], file);
  const certificates = (text: string) =>
    [...text.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].map(
      ([pem]) => new X509Certificate(pem).raw,
    );
  return {
    key: createPrivateKey(read("-nocerts", "-nodes")).export({ type: "pkcs8", format: "der" }),
    own: certificates(read("-nokeys", "-clcerts")),
    authorities: certificates(read("-nokeys", "-cacerts")),
  };
}

const RECIPES = ["modern", "legacy"] as const;
const KEYS = ["ec-p256", "ec-p384", "rsa-2048"] as const;

describe.each(RECIPES)("a %s file", (recipe) => {
  test.skipIf(!hasOpenssl).each(KEYS)(
    "with an %s key holds key, certificate and chain (needs openssl)",
    (algorithm) => {
      const { pkcs8, certificate } = makeDeviceKey(issuer, algorithm, "Gerät-1");
      const file = only(write([{ pkcs8, certificate, password: PASSWORD }], { recipe }));
      expect(readWithOpenssl(file, PASSWORD)).toEqual({ key: pkcs8, own: [certificate], authorities: issuer.chain });
    },
  );

  test("opens in Node's TLS with its password and no other", () => {
    const pfx = only(write([{ ...device, password: PASSWORD }], { recipe }));
    createSecureContext({ pfx, passphrase: PASSWORD });
    expect(() => createSecureContext({ pfx, passphrase: "wrong" })).toThrow("mac verify failure");
  });

  test("opens with any printable password of 1 to 70 characters", () => {
    const password = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 70 });
    fc.assert(
      fc.property(fc.array(password, { minLength: 1, maxLength: 6 }), (passwords) => {
        const files = write(
          passwords.map((own) => ({ ...device, password: own })),
          { recipe, iterations: 20 },
        );
        for (const [index, pfx] of files.entries()) createSecureContext({ pfx, passphrase: passwords[index] ?? "" });
        expect(files).toHaveLength(passwords.length);
      }),
      { numRuns: 40 },
    );
  });
});

test.skipIf(!hasJava)("Java signs with every kind of key and sees the whole chain (needs java)", () => {
  const made = RECIPES.flatMap((recipe) =>
    KEYS.map((algorithm) => {
      const own = makeDeviceKey(issuer, algorithm, "Gerät-2");
      const content = only(write([{ ...own, password: PASSWORD }], { recipe, alias: "DeviceKey" }));
      return { own, case: { type: "PKCS12" as const, content, password: PASSWORD } };
    }),
  );
  const [first] = made;
  const wrong = { type: "PKCS12" as const, content: first?.case.content ?? Buffer.alloc(0), password: "wrong" };
  const lines = readWithJava([...made.map((each) => each.case), wrong]);
  const chain = ({ own }: { own: TestDevice }) => digestsOf(own.certificate, ...issuer.chain);
  expect(lines.slice(0, -1)).toEqual(made.map((each) => `key devicekey true ${chain(each)}; anchors 1`));
  expect(lines.at(-1)).toContain("refused: keystore password was incorrect");
});

test.skipIf(!hasOpenssl).each([
  {
    recipe: "modern",
    mac: "MAC: sha256, Iteration 3000",
    bags: "PBES2, PBKDF2, AES-256-CBC, Iteration 3000, PRF hmacWithSHA256",
    sealed: 2,
  },
  {
    recipe: "legacy",
    mac: "MAC: sha1, Iteration 3000",
    bags: "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 3000",
    // The key only.
    sealed: 1,
  },
] as const)(
  "a $recipe file says how it is protected; the alias names key and device only (needs openssl)",
  (expected) => {
    const file = only(write([{ ...device, password: PASSWORD }], { recipe: expected.recipe, iterations: 3000 }));
    const args = ["pkcs12", "-info", "-nodes", "-passin", `pass:${PASSWORD}`];
    const { stdout, stderr } = spawnSync("openssl", args, { input: file, encoding: "utf8" });
    expect(stderr).toContain(expected.mac);
    expect(stderr.split("\n").filter((line) => line.endsWith(expected.bags))).toHaveLength(expected.sealed);
    expect(stdout.match(/friendlyName: devicekeyentry/g)).toHaveLength(2);
    const ids = [...stdout.matchAll(/localKeyID: ([0-9A-F ]+)/g)].map(([, id]) =>
      id?.replaceAll(" ", "").toLowerCase(),
    );
    const id = hash("sha1", device.certificate);
    expect(ids).toEqual([id, id]);
    expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
  },
);

test("key and certificates share one salt, with a vector each; no two files share anything", () => {
  const files = write(Array.from({ length: 5 }, () => ({ ...device, password: PASSWORD })));
  const salts: string[] = [];
  const vectors: string[] = [];
  for (const file of files) {
    const hex = file.toString("hex");
    // PBKDF2's object identifier, two headers, salt; AES-256-CBC's object identifier, header, vector.
    const fileSalts = [...hex.matchAll(/2a864886f70d01050c302b0414([0-9a-f]{40})/g)].map(([, salt]) => salt ?? "");
    expect(fileSalts).toHaveLength(2);
    expect(new Set(fileSalts).size).toBe(1);
    salts.push(fileSalts[0] ?? "");
    vectors.push(...[...hex.matchAll(/60864801650304012a0410([0-9a-f]{32})/g)].map(([, vector]) => vector ?? ""));
  }
  expect(new Set(salts).size).toBe(5);
  expect(new Set(vectors).size).toBe(10);
});

test("a single round is left out of the MAC, being the default", () => {
  const pfx = only(write([{ ...device, password: PASSWORD }], { iterations: 1 }));
  createSecureContext({ pfx, passphrase: PASSWORD });
  expect(pfx.subarray(-3).toString("hex")).not.toBe("020101");
});

test("the key that was handed in is left as it is", () => {
  const before = Buffer.from(device.pkcs8);
  write([{ ...device, password: PASSWORD }]);
  expect(device.pkcs8).toEqual(before);
});
