import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { signVerificationCode } from "../../src/authority/sign-verification-code.ts";
import { noOpenssl, openssl, temporaryFolder } from "./authorities.ts";

const KEYS: readonly (readonly [string, () => KeyObject])[] = [
  ["P-256", () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey],
  ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey],
  ["RSA", () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey],
];

describe.skipIf(noOpenssl)("signVerificationCode (with openssl)", () => {
  test.each(KEYS)("openssl dgst -sha256 verifies it over the code's text, with a %s key", (_kind, newKey) => {
    using folder = temporaryFolder();
    const path = (name: string) => join(folder.path, name);
    const key = newKey();
    const code = "Zm9vYmFy+/==ünicode";
    const signed = signVerificationCode({ kind: "key", key }, code);
    expect(signed).toMatch(/^[A-Za-z0-9+/]+=*$/);
    writeFileSync(path("key.pem"), key.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(path("code.txt"), code);
    writeFileSync(path("signature"), Buffer.from(signed, "base64"));
    const verify = ["-prverify", path("key.pem"), "-signature", path("signature"), path("code.txt")];
    expect(openssl("dgst", "-sha256", ...verify)).toContain("Verified OK");
    expect(readFileSync(path("code.txt")).equals(Buffer.from(code, "utf8"))).toBe(true);
  });
});
