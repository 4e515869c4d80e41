import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { derInteger, derOctetString, derOid, derSequence } from "../../../src/asn1/der.ts";
import { readPrivateKey } from "../../../src/authority/foreign/read-private-key.ts";
import { errorOf, noOpenssl, openssl, temporaryFolder, trying } from "../authorities.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder.path, name);
let ec: KeyObject;
let rsa: KeyObject;
const PASSIN = ["-passout", "pass:foreign secret"];

beforeAll(() => {
  if (noOpenssl) return;
  openssl("ecparam", "-genkey", "-name", "prime256v1", "-out", path("sec1-with-parameters.pem"));
  openssl("genrsa", "-traditional", "-out", path("pkcs1.pem"), "2048");
  ec = createPrivateKey(readFileSync(path("sec1-with-parameters.pem")));
  rsa = createPrivateKey(readFileSync(path("pkcs1.pem")));
  const sec1 = path("sec1-with-parameters.pem");
  openssl("ec", "-in", sec1, "-outform", "DER", "-out", path("sec1.der"));
  openssl("rsa", "-in", path("pkcs1.pem"), "-traditional", "-outform", "DER", "-out", path("pkcs1.der"));
  openssl("pkcs8", "-topk8", "-nocrypt", "-in", sec1, "-out", path("pkcs8.pem"));
  openssl("pkcs8", "-topk8", "-nocrypt", "-in", sec1, "-outform", "DER", "-out", path("pkcs8.der"));
  openssl("pkcs8", "-topk8", "-in", sec1, "-out", path("pbes2.pem"), ...PASSIN);
  openssl("pkcs8", "-topk8", "-in", sec1, "-outform", "DER", "-out", path("pbes2.der"), ...PASSIN);
  openssl("pkcs8", "-topk8", "-scrypt", "-in", sec1, "-out", path("scrypt.pem"), ...PASSIN);
  openssl("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-in", sec1, "-out", path("triple-des.pem"), ...PASSIN);
  openssl("rsa", "-aes256", "-traditional", "-in", path("pkcs1.pem"), "-out", path("headers.pem"), ...PASSIN);
  openssl("ec", "-aes128", "-in", sec1, "-out", path("sec1-headers.pem"), ...PASSIN);
});
afterAll(() => folder[Symbol.dispose]());

describe.skipIf(noOpenssl)("readPrivateKey (with openssl)", () => {
  test.each([
    ["sec1-with-parameters.pem", "ec"],
    ["sec1.der", "ec"],
    ["pkcs1.pem", "rsa"],
    ["pkcs1.der", "rsa"],
    ["pkcs8.pem", "ec"],
    ["pkcs8.der", "ec"],
    ["pbes2.pem", "ec"],
    ["pbes2.der", "ec"],
    ["scrypt.pem", "ec"],
    ["triple-des.pem", "ec"],
    ["headers.pem", "rsa"],
    ["sec1-headers.pem", "ec"],
  ])("reads %s", async (name, type) => {
    const key = await readPrivateKey(readFileSync(path(name)), name, trying("not this one", "foreign secret"));
    expect(key.equals(type === "ec" ? ec : rsa)).toBe(true);
  });

  test("reads a key in PEM however its lines have come: blanks, UTF-16, one line", async () => {
    const pem = readFileSync(path("pbes2.pem"), "latin1");
    for (const content of [
      Buffer.from(pem.replaceAll("\n", "  \r\n")),
      Buffer.from(pem.replaceAll("\n", " ")),
      Buffer.from(`\ufeff${pem}`, "utf16le"),
      Buffer.from(readFileSync(path("headers.pem"), "latin1").replaceAll("\n", " \r\n")),
    ]) {
      const key = await readPrivateKey(content, "key", trying("foreign secret"));
      expect(key.equals(key.asymmetricKeyType === "ec" ? ec : rsa)).toBe(true);
    }
  });

  test("asks for no passphrase where there is nothing to open", async () => {
    let asked = 0;
    const counting = async function* () {
      asked += 1;
      yield "unused";
    };
    await readPrivateKey(readFileSync(path("pkcs8.pem")), "key", counting);
    expect(asked).toBe(0);
  });

  test.each(["pbes2.pem", "pbes2.der", "headers.pem"])("refuses %s when no passphrase fits", async (name) => {
    const error = await errorOf(() => readPrivateKey(readFileSync(path(name)), `/in/${name}`, trying("wrong one")));
    expect([error.code, error.message]).toEqual([
      "issuer-unusable",
      expect.stringMatching(/no passphrase given opens the key in \/in\/.*LOTMINT_IMPORT_PASSPHRASE/),
    ]);
    expect(error.message).not.toContain("wrong one");
  });

  test("refuses a file without a key, with two keys, and with one that is broken", async () => {
    const cases: readonly (readonly [string | Buffer, RegExp])[] = [
      ["just text", /holds no private key/],
      [readFileSync(path("pkcs8.pem"), "utf8") + readFileSync(path("pkcs1.pem"), "utf8"), /more than one private key/],
      ["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", /no private key that can be read/],
      [Buffer.from("3003020101", "hex"), /no private key that can be read/],
      ["-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", /encryption is not one/],
    ];
    for (const [content, message] of cases) {
      const error = await errorOf(() => readPrivateKey(Buffer.from(content), "key.pem", trying("x")));
      expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(message)]);
    }
  });

  test("does not begin a derivation that would take minutes", async () => {
    const salt = derSequence(derOctetString(Buffer.alloc(8)), derInteger(2_000_001));
    const derivation = derSequence(derOid("1.2.840.113549.1.5.12"), salt);
    const pbes2 = derSequence(derOid("1.2.840.113549.1.5.13"), derSequence(derivation, derSequence()));
    const slow = derSequence(pbes2, derOctetString(Buffer.alloc(64)));
    const read = () => readPrivateKey(slow, "slow.der", trying("foreign secret"));
    expect((await errorOf(read)).message).toMatch(/2000001 rounds/);
  });
});
