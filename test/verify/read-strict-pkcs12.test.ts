import { createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { der, derInteger, derOctetString, derOid, derSequence } from "../../src/asn1/der.ts";
import { KeystoreError } from "../../src/verify/keystore-error.ts";
import { readPkcs12 } from "../../src/verify/read-strict-pkcs12.ts";
import {
  exportPkcs12,
  type ForeignAuthority,
  hasKeytool,
  hasOpenssl,
  keytool,
  makeAuthority,
  makeDevice,
  openssl,
  PASSWORD,
} from "../fixtures/foreign-device.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-pkcs12-"));
const device = join(folder, "device");
let authority: ForeignAuthority;
let leaf: Buffer;

function kindOf(bytes: Buffer, password = PASSWORD, limits?: { readonly maxIterations: number }): string {
  try {
    readPkcs12(bytes, password, limits);
    return "opened";
  } catch (error) {
    if (error instanceof KeystoreError) return error.kind;
    throw error;
  }
}

function expectWhole(bytes: Buffer): void {
  const contents = readPkcs12(bytes, PASSWORD);
  expect(contents.alias).toBe("devicekeyentry");
  expect(contents.certificates.map((octets) => octets.toString("hex"))).toEqual(
    [leaf, ...authority.chain].map((octets) => octets.toString("hex")),
  );
  if (contents.privateKey === undefined) throw new Error("no key");
  const publicKey = createPublicKey(contents.privateKey).export({ format: "der", type: "spki" });
  expect(publicKey).toEqual(new X509Certificate(leaf).publicKey.export({ format: "der", type: "spki" }));
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasOpenssl)("reading what openssl wrote (skipped without openssl)", () => {
  let modern: Buffer;

  beforeAll(() => {
    authority = makeAuthority(join(folder, "authority"));
    makeDevice(authority, device, "SN-1");
    leaf = new X509Certificate(readFileSync(join(device, "certificate.pem"))).raw;
    modern = readFileSync(join(device, "keystore.p12"));
  });

  function rewritten(name: string, ...recipe: readonly string[]): Buffer {
    exportPkcs12(authority, device, join(authority.folder, "device-SN-1.key"), recipe, name);
    return readFileSync(join(device, name));
  }

  test("a modern file gives key, alias and the chain from leaf to anchor", () => {
    expectWhole(modern);
    expect(readPkcs12(modern, PASSWORD).iterations).toBe(2048);
    expect(readPkcs12(modern, PASSWORD).trusted).toEqual([]);
  });

  test("a legacy file with 3DES and a SHA-1 MAC opens as well", () => {
    expectWhole(rewritten("legacy.p12", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"));
  });

  test("certificates in the clear are read, and few rounds are told", () => {
    const bytes = rewritten("clear.p12", "-certpbe", "NONE", "-keypbe", "AES-256-CBC", "-iter", "1200");
    expectWhole(bytes);
    expect(readPkcs12(bytes, PASSWORD).iterations).toBe(1200);
  });

  test("a password of more than one block of the derivation opens its file", () => {
    const password = "correct horse battery staple, and then some more of it";
    const out = join(device, "long.p12");
    const input = ["-inkey", join(authority.folder, "device-SN-1.key"), "-in", join(device, "certificate.pem")];
    openssl("pkcs12", "-export", ...input, "-passout", `pass:${password}`, "-out", out);
    expect(readPkcs12(readFileSync(out), password).certificates).toHaveLength(1);
  });

  test("a key that is not encrypted is not taken for a keystore", () => {
    expect(kindOf(rewritten("plain.p12", "-keypbe", "NONE"))).toBe("unsupported");
  });

  test("a file without a MAC is not taken for a keystore", () => {
    expect(kindOf(rewritten("nomac.p12", "-nomac"))).toBe("unsupported");
  });

  test("a wrong password is told apart from a damaged file", () => {
    expect(kindOf(modern, "wrong")).toBe("password");
    expect(kindOf(modern, PASSWORD.toLowerCase())).toBe("password");
    const damagedMac = Buffer.from(modern);
    const at = damagedMac.length - 20;
    damagedMac[at] = (damagedMac[at] ?? 0) ^ 1;
    expect(kindOf(damagedMac)).toBe("damaged");
    const middle = Buffer.from(modern);
    middle[600] = (middle[600] ?? 0) ^ 1;
    expect(kindOf(middle)).toBe("damaged");
    expect(kindOf(modern.subarray(0, -1))).toBe("damaged");
    expect(kindOf(Buffer.concat([modern, Buffer.alloc(1)]))).toBe("damaged");
  });

  test("a file that asks for more rounds than allowed is refused before they are done", () => {
    expect(kindOf(modern, PASSWORD, { maxIterations: 2047 })).toBe("unsupported");
    // MAC, certificates and key: each has its own salt, so each costs its rounds.
    expect(kindOf(modern, PASSWORD, { maxIterations: 3 * 2048 - 1 })).toBe("unsupported");
    expect(kindOf(modern, PASSWORD, { maxIterations: 3 * 2048 })).toBe("opened");
    expect(kindOf(rewritten("slow.p12", "-iter", "1"), PASSWORD)).toBe("opened");
  });

  test("octets changed anywhere are an answer in bounded time, never another error", () => {
    const few = rewritten("few.p12", "-iter", "1");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(few.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(few);
          for (const [at, bits] of changes) bytes[at] = (bytes[at] ?? 0) ^ bits;
          expect(["password", "damaged", "unsupported", "opened"]).toContain(
            kindOf(bytes, PASSWORD, { maxIterations: 2000 }),
          );
          if (!bytes.equals(few)) expect(kindOf(bytes, "wrong", { maxIterations: 2000 })).not.toBe("opened");
        },
      ),
      { numRuns: 400 },
    );
  });

  test("a file cut anywhere is damaged", () => {
    const few = rewritten("cut.p12", "-iter", "1");
    fc.assert(
      fc.property(fc.nat(few.length - 1), (length) => {
        expect(kindOf(few.subarray(0, length), PASSWORD, { maxIterations: 2000 })).toBe("damaged");
      }),
      { numRuns: 200 },
    );
  });
});

describe.skipIf(!hasOpenssl || !hasKeytool)("reading what keytool wrote (skipped without keytool)", () => {
  test("Java's keystore gives key and chain, and its truststore the trusted certificates by alias", () => {
    const keystore = join(device, "java.p12");
    const from = ["-srckeystore", join(device, "keystore.p12"), "-srcstoretype", "PKCS12", "-srcstorepass", PASSWORD];
    keytool(
      "-importkeystore",
      ...from,
      "-destkeystore",
      keystore,
      "-deststoretype",
      "PKCS12",
      "-deststorepass",
      PASSWORD,
    );
    expectWhole(readFileSync(keystore));
    const truststore = join(device, "trust.p12");
    const store = ["-keystore", truststore, "-storetype", "PKCS12", "-storepass", PASSWORD];
    keytool("-importcert", "-noprompt", "-alias", "server", "-file", join(authority.folder, "root.pem"), ...store);
    const contents = readPkcs12(readFileSync(truststore), PASSWORD);
    expect(contents.trusted).toEqual([{ alias: "server", certificate: authority.chain[1] }]);
    expect(contents.certificates).toEqual([]);
    expect(contents.privateKey).toBeUndefined();
  });
});

describe("octets that nobody wrote", () => {
  test("random octets are damaged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(kindOf(Buffer.from(octets))).toBe("damaged");
      }),
    );
  });

  test("a file over 1 MiB is refused unread", () => {
    expect(kindOf(der(0x30, Buffer.alloc(1024 * 1024)))).toBe("damaged");
  });

  test("deep nesting costs no stack", () => {
    let nested = derSequence();
    for (let depth = 0; depth < 5000; depth++) nested = derSequence(nested);
    const data = derOid("1.2.840.113549.1.7.1");
    const content = derSequence(data, der(0xa0, derOctetString(derSequence(nested))));
    expect(kindOf(nested)).toBe("damaged");
    expect(kindOf(derSequence(derInteger(3), content, nested))).toBe("damaged");
  });
});
