import { execFileSync } from "node:child_process";
import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readForeignPkcs12 } from "../../../src/authority/foreign/read-foreign-pkcs12.ts";
import { OnboardingError } from "../../../src/domain/error.ts";
import { hasCerttool } from "../../fixtures/other-readers.ts";
import { CA_EXTENSIONS, errorOf, noOpenssl, openssl, temporaryFolder, trying } from "../authorities.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder.path, name);
const keys: Record<string, KeyObject> = {};

function exported(name: string, of: "ec" | "rsa", passphrase: string, ...options: string[]): void {
  const key = ["-inkey", path(`${of}.key`), "-in", path(`${of}.pem`)];
  openssl("pkcs12", "-export", ...key, "-passout", `pass:${passphrase}`, "-out", path(name), ...options);
}

beforeAll(() => {
  if (noOpenssl) return;
  for (const [kind, options] of [
    ["ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]],
    ["rsa", ["rsa:2048"]],
  ] as const) {
    const files = ["-keyout", path(`${kind}.key`), "-out", path(`${kind}.pem`)];
    openssl("req", "-x509", "-noenc", "-newkey", ...options, ...files, "-subj", `/CN=${kind}`, ...CA_EXTENSIONS);
    keys[kind] = createPrivateKey(readFileSync(path(`${kind}.key`)));
  }
  exported("ec.p12", "ec", "secret of the file");
  exported("rsa.p12", "rsa", "secret of the file", "-certfile", path("ec.pem"));
  exported("unicode.p12", "ec", "hällo wörld ☃");
  exported(
    "triple-des.p12",
    "rsa",
    "secret of the file",
    "-keypbe",
    "PBE-SHA1-3DES",
    "-certpbe",
    "PBE-SHA1-3DES",
    "-macalg",
    "sha1",
  );
  exported("no-passphrase.p12", "ec", "");
  exported("clear.p12", "ec", "x", "-nomac", "-keypbe", "NONE", "-certpbe", "NONE");
  exported("no-mac.p12", "ec", "secret of the file", "-nomac");
  exported("no-key.p12", "ec", "secret of the file", "-nokeys");
  exported("many-rounds.p12", "ec", "secret of the file", "-iter", "70000");
  exported("sha512.p12", "ec", "secret of the file", "-macalg", "sha512");
});
afterAll(() => folder[Symbol.dispose]());

function read(name: string, ...passphrases: string[]) {
  return readForeignPkcs12(readFileSync(path(name)), `/in/${name}`, trying(...passphrases));
}

describe.skipIf(noOpenssl)("readPkcs12Authority (with openssl)", () => {
  test.each([
    ["ec.p12", "secret of the file", "ec", 1],
    ["rsa.p12", "secret of the file", "rsa", 2],
    ["unicode.p12", "hällo wörld ☃", "ec", 1],
    ["triple-des.p12", "secret of the file", "rsa", 1],
    ["no-passphrase.p12", "any", "ec", 1],
    ["clear.p12", "any", "ec", 1],
    ["no-mac.p12", "secret of the file", "ec", 1],
    ["sha512.p12", "secret of the file", "ec", 1],
  ])("reads %s, the certificates octet by octet", async (name, passphrase, kind, count) => {
    const { certificates, key } = await read(name, "not this one", passphrase);
    expect(key?.equals(keys[kind] as KeyObject)).toBe(true);
    expect(certificates.length).toBe(count);
    const own = openssl("x509", "-in", path(`${kind}.pem`), "-outform", "DER", "-out", path("own.der"));
    expect(own).toBe("");
    expect(certificates.some(({ raw }) => raw.equals(readFileSync(path("own.der"))))).toBe(true);
  });

  test("tells whether a passphrase protects the file, and asks for none where none does", async () => {
    const asked = async function* (): AsyncGenerator<string> {
      yield Promise.reject(new Error("asked for a passphrase"));
    };
    for (const name of ["no-passphrase.p12", "clear.p12"]) {
      const { isOpen } = await readForeignPkcs12(readFileSync(path(name)), name, asked);
      expect([name, isOpen]).toEqual([name, true]);
    }
    expect((await read("ec.p12", "secret of the file")).isOpen).toBe(false);
    expect((await read("no-mac.p12", "secret of the file")).isOpen).toBe(false);
  });

  test.skipIf(!hasCerttool).each(["--null-password", "--empty-password"])(
    "reads what GnuTLS writes with %s, in its older encryption too (skipped without certtool)",
    async (option) => {
      for (const cipher of [[], ["--pkcs-cipher=3des-pkcs12"]]) {
        const files = ["--load-privkey", path("ec.key"), "--load-certificate", path("ec.pem")];
        const args = [
          "--to-p12",
          "--p12-name=line",
          option,
          ...cipher,
          ...files,
          "--outder",
          "--outfile",
          path("g.p12"),
        ];
        execFileSync("certtool", args, { stdio: "pipe", input: "" });
        const { key, isOpen, certificates } = await read("g.p12", "any");
        expect([isOpen, certificates.length, key?.equals(keys["ec"] as KeyObject)]).toEqual([true, 1, true]);
      }
    },
  );

  test("says what else it is: a Java keystore or a PEM file", async () => {
    for (const [content, words] of [
      [Buffer.from("feedfeed0000000200000000", "hex"), /Java keystore \(JKS\).*keytool -importkeystore/],
      [Buffer.from("cececece0000000200000000", "hex"), /Java keystore \(JCEKS\)/],
      [readFileSync(path("ec.pem")), /PEM file.*--certificate/],
    ] as const) {
      const error = await errorOf(() => readForeignPkcs12(content, "/in/x.p12", trying("x")));
      expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(words)]);
    }
  });

  test("tells that there is no key", async () => {
    expect((await read("no-key.p12", "secret of the file")).key).toBeUndefined();
  });

  test.each(["ec.p12", "triple-des.p12", "no-mac.p12"])("refuses %s when no passphrase fits", async (name) => {
    const error = await errorOf(() => read(name, "wrong one"));
    expect([error.code, error.message]).toEqual([
      "issuer-unusable",
      expect.stringMatching(/no passphrase given opens the key in \/in\//),
    ]);
    expect(error.message).not.toContain("wrong one");
  });

  test("does not begin a derivation that would take minutes", async () => {
    const slow = readFileSync(path("many-rounds.p12"));
    // INTEGER 70000, then INTEGER 8388607, in all three places.
    const rounds = Buffer.from("0203011170", "hex");
    for (let at = slow.indexOf(rounds); at >= 0; at = slow.indexOf(rounds, at + 1)) slow.write("02037fffff", at, "hex");
    const error = await errorOf(() => readForeignPkcs12(slow, "/in/x.p12", trying("secret of the file")));
    expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(/8388607 rounds/)]);
  });

  test("refuses what is no PKCS#12 file, and one that was cut short", async () => {
    const whole = readFileSync(path("ec.p12"));
    for (const content of [
      Buffer.from("text"),
      Buffer.alloc(0),
      whole.subarray(0, 400),
      Buffer.from("3003020103", "hex"),
    ]) {
      const error = await errorOf(() => readForeignPkcs12(content, "/in/x.p12", trying("x")));
      expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(/no PKCS#12 file that can be read/)]);
    }
  });

  test("whatever octets are changed, the answer is an authority or an error of its own, in bounded time", async () => {
    const whole = readFileSync(path("ec.p12"));
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const altered = Buffer.from(whole);
        for (const [at, bits] of changes) altered.writeUInt8(altered.readUInt8(at) ^ bits, at);
        const outcome = await readForeignPkcs12(altered, "/in/x.p12", trying("secret of the file")).catch(
          (error: unknown) => error,
        );
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(OnboardingError);
        else expect(outcome).toHaveProperty("certificates");
      }),
      { numRuns: 200 },
    );
  });

  test("refuses a file that was altered", async () => {
    const altered = Buffer.from(readFileSync(path("ec.p12")));
    altered.writeUInt8(altered.readUInt8(300) ^ 1, 300);
    const error = await errorOf(() => readForeignPkcs12(altered, "/in/x.p12", trying("secret of the file")));
    expect(["usage", "issuer-unusable"]).toContain(error.code);
  });
});
