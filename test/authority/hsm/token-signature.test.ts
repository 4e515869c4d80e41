import { generateKeyPairSync, hash, sign, verify } from "node:crypto";
import { expect, test } from "vitest";
import type { Pkcs11 } from "../../../src/authority/hsm/pkcs11.ts";
import { signInToken } from "../../../src/authority/hsm/token-signature.ts";

/** A token whose signature is what it is told, and keeps what it was asked for. */
function tokenThatSigns(answer: Buffer): Pkcs11 & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const signing = {
    asked,
    C_SignInit: (_session: Buffer, { mechanism }: { mechanism: number }) => void asked.push(mechanism),
    C_Sign: (_session: Buffer, data: Buffer) => {
      asked.push(data);
      return answer;
    },
  };
  return signing as unknown as Pkcs11 & { readonly asked: unknown[] };
}

const HANDLE = Buffer.alloc(8);

test.each(["P-256", "P-384"])(
  "a raw ECDSA signature on %s becomes the DER that OpenSSL verifies, whatever its leading octets",
  (curve) => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
    const seen = new Set<string>();
    // Leading zeros of r and s come once in 256 signatures; highest bits in every second one.
    for (let count = 0; count < 20_000 && seen.size < 3; count++) {
      const message = Buffer.from(String(count));
      const raw = sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });
      for (const half of [raw, raw.subarray(raw.length / 2)]) {
        seen.add(half[0] === 0 ? "zero" : (half[0] ?? 0) & 0x80 ? "highest bit" : "plain");
      }
      const digest = { name: "sha256", octets: hash("sha256", message, "buffer") } as const;
      const der = signInToken(tokenThatSigns(raw), HANDLE, { kind: "ec", handle: HANDLE }, digest);
      expect(verify("sha256", message, { key: publicKey, dsaEncoding: "der" }, der)).toBe(true);
    }
    expect([...seen].sort()).toEqual(["highest bit", "plain", "zero"]);
  },
);

test("a signature that cannot be r and s is refused", () => {
  const digest = { name: "sha256", octets: Buffer.alloc(32) } as const;
  for (const raw of [Buffer.alloc(0), Buffer.alloc(63)]) {
    expect(() => signInToken(tokenThatSigns(raw), HANDLE, { kind: "ec", handle: HANDLE }, digest)).toThrow(RangeError);
  }
});

test("an RSA key is given the digest in its DigestInfo (RFC 8017, 9.2)", () => {
  const octets = hash("sha256", "x", "buffer");
  const token = tokenThatSigns(Buffer.alloc(256));
  signInToken(token, HANDLE, { kind: "rsa", handle: HANDLE }, { name: "sha256", octets });
  const head = Buffer.from("3031300d060960864801650304020105000420", "hex");
  expect(token.asked).toEqual([1, Buffer.concat([head, octets])]);
});
