import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { bmpPassword, openPkcs12Kdf, PURPOSE } from "../../src/keystore/pkcs12-kdf.ts";
import { hasOpenssl, openssl } from "../fixtures/other-readers.ts";

test("a password becomes big-endian UTF-16 with a terminator", () => {
  expect(bmpPassword("aé").toString("hex")).toBe("006100e90000");
});

test.skipIf(!hasOpenssl).each([
  { algorithm: "sha256", purpose: "mac", length: 32, salt: 20, iterations: 2048 },
  { algorithm: "sha256", purpose: "mac", length: 32, salt: 8, iterations: 1 },
  { algorithm: "sha1", purpose: "key", length: 24, salt: 8, iterations: 2048 },
  { algorithm: "sha1", purpose: "iv", length: 8, salt: 8, iterations: 100 },
  { algorithm: "sha1", purpose: "key", length: 70, salt: 65, iterations: 3 },
] as const)("openssl derives the same (needs openssl): %o", ({ algorithm, purpose, length, salt, iterations }) => {
  const kdf = openPkcs12Kdf(algorithm);
  // One that fits a block with its terminator, one that does not, and one that fills two.
  const requests = ["p", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "x".repeat(31), "y".repeat(32), "z".repeat(70)].map(
    (password) => ({
      purpose: PURPOSE[purpose],
      password: bmpPassword(password),
      salt: randomBytes(salt),
      length,
    }),
  );
  const expected = requests.map((request) => {
    const options = [
      `digest:${algorithm.toUpperCase()}`,
      `hexpass:${request.password.toString("hex")}`,
      `hexsalt:${request.salt.toString("hex")}`,
      `id:${request.purpose}`,
      `iter:${iterations}`,
    ];
    const args = options.flatMap((option) => ["-kdfopt", option]);
    return openssl(["kdf", "-keylen", String(length), ...args, "PKCS12KDF"])
      .trim()
      .replaceAll(":", "")
      .toLowerCase();
  });
  expect(kdf(requests, iterations).map((key) => key.toString("hex"))).toEqual(expected);
});
