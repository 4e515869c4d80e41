import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkNewPassphrase, encryptKey, keysOfRun, openAuthorityKey } from "../../src/authority/authority-key.ts";
import { writePem } from "../../src/x509/pem.ts";
import { errorOf, noOpenssl, openssl, PASSPHRASE } from "./authorities.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
const folder = mkdtempSync(join(tmpdir(), "lotmint-key-"));
const path = join(folder, "key.pem");
let pem = "";

beforeAll(async () => {
  pem = await encryptKey(privateKey, PASSPHRASE);
  writeFileSync(path, pem);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("an encrypted key", () => {
  test("opens with its passphrase, and is the key that was encrypted", () => {
    expect(openAuthorityKey("line-3", pem, PASSPHRASE).equals(privateKey)).toBe(true);
  });

  test("is opened once when it is proven and then used, and kept no longer", () => {
    const keys = keysOfRun();
    const key = keys.prove("line-3", pem, PASSPHRASE);
    expect(keys.open("line-3", pem, PASSPHRASE)).toBe(key);
    expect(keys.open("line-3", pem, PASSPHRASE)).not.toBe(key);
  });

  test("that one run has proven and never used is not given to another run", () => {
    const key = keysOfRun().prove("line-3", pem, PASSPHRASE);
    expect(keysOfRun().open("line-3", pem, PASSPHRASE)).not.toBe(key);
    expect(openAuthorityKey("line-3", pem, PASSPHRASE)).not.toBe(key);
  });

  test("that was proven opens to no other passphrase and to no other file", async () => {
    const keys = keysOfRun();
    keys.prove("line-3", pem, PASSPHRASE);
    expect(await errorOf(() => keys.open("line-3", pem, "not this one"))).toMatchObject({
      code: "issuer-unusable",
    });
    const key = keys.prove("line-3", pem, PASSPHRASE);
    const changed = `${pem}\n`;
    expect(keys.open("line-3", changed, PASSPHRASE)).not.toBe(key);
  });

  test.skipIf(noOpenssl)("opens with openssl", () => {
    const clear = privateKey.export({ type: "pkcs8", format: "pem" });
    expect(openssl("pkey", "-in", path, "-passin", `pass:${PASSPHRASE}`)).toBe(clear);
    expect(() => openssl("pkey", "-in", path, "-passin", "pass:something else")).toThrow();
  });

  test.skipIf(noOpenssl)("is PBES2 with AES-256 and 600,000 rounds of PBKDF2-HMAC-SHA256", () => {
    const outline = openssl("asn1parse", "-in", path);
    for (const word of ["PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc"]) expect(outline).toContain(word);
    expect(outline).toMatch(/INTEGER\s+:0927C0/);
  });

  test("is never the same twice", async () => {
    expect(await encryptKey(privateKey, PASSPHRASE)).not.toBe(pem);
  });

  test("does not open with another passphrase; the message names the authority and the variable, not the passphrase", async () => {
    const error = await errorOf(() => openAuthorityKey("line-3", pem, "guess my secret"));
    expect(error.code).toBe("issuer-unusable");
    expect(error.message).toContain("authority line-3");
    expect(error.message).toContain("LOTMINT_PASSPHRASE_LINE_3");
    expect(`${error.message}${String(error.cause)}`).not.toContain("guess my secret");
  });

  test("that is damaged, or not encrypted, is told apart from a wrong passphrase", async () => {
    const clear = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    for (const damaged of ["", clear, writePem("ENCRYPTED PRIVATE KEY", Buffer.from("3003", "hex"))]) {
      const error = await errorOf(() => openAuthorityKey("line-3", damaged, PASSPHRASE));
      expect([error.code, error.message]).toEqual(["issuer-unusable", expect.stringContaining("is damaged")]);
    }
  });
});

test("a new passphrase has at least 12 characters", async () => {
  checkNewPassphrase("line-3", "twelve chars");
  const error = await errorOf(() => checkNewPassphrase("line-3", "eleven char"));
  expect([error.code, error.message]).toEqual(["usage", expect.stringContaining("at least 12 characters")]);
  expect(error.message).not.toContain("eleven char");
});
