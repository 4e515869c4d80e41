import { expect, test } from "vitest";
import { derInteger, derOctetString, derOid, derSequence } from "../../../src/asn1/der.ts";
import { checkDerivationCost } from "../../../src/authority/foreign/derivation-cost.ts";

const salt = derOctetString(Buffer.alloc(8));
const pbes2 = (rounds: number, kdf = "1.2.840.113549.1.5.12") =>
  derSequence(
    derOid("1.2.840.113549.1.5.13"),
    derSequence(derSequence(derOid(kdf), derSequence(salt, derInteger(rounds))), derSequence()),
  );
const tripleDes = (rounds: number) =>
  derSequence(derOid("1.2.840.113549.1.12.1.3"), derSequence(salt, derInteger(rounds)));

test("the rounds of PBES2 and of PKCS#12 are bounded", () => {
  for (const algorithm of [pbes2(600_000), pbes2(1), tripleDes(2048)]) {
    expect(() => checkDerivationCost(algorithm)).not.toThrow();
  }
  for (const algorithm of [pbes2(2_000_001), tripleDes(2 ** 40), pbes2(0)]) {
    expect(() => checkDerivationCost(algorithm)).toThrow(/password derivation of \d+ rounds/);
  }
});

test("scrypt, whose memory OpenSSL bounds, is let through", () => {
  expect(() => checkDerivationCost(pbes2(2 ** 40, "1.3.6.1.4.1.11591.4.11"))).not.toThrow();
});

test("what is no password-based encryption is refused", () => {
  for (const octets of [Buffer.alloc(0), derSequence(), derSequence(derOid("1.2.3")), pbes2(1).subarray(0, 20)]) {
    expect(() => checkDerivationCost(octets)).toThrow();
  }
});
