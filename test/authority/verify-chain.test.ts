import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { derBoolean, derContext, derInteger, derSequence } from "../../src/asn1/der.ts";
import { openSigner } from "../../src/authority/signer.ts";
import { verifyChain } from "../../src/authority/verify-chain.ts";
import type { KeyUsage } from "../../src/domain/certificate.ts";
import { parseSubject } from "../../src/x509/distinguished-name.ts";
import {
  encodeAuthorityKeyId,
  encodeExtension,
  encodeKeyUsage,
  encodeSignatureAlgorithm,
  encodeSigned,
  encodeSubjectKeyId,
  encodeValidity,
} from "../../src/x509/encode-certificate.ts";
import { encodeSubject } from "../../src/x509/name-der.ts";
import { type CertificateFields, EXTENSION, readCertificate } from "../../src/x509/read-certificate.ts";
import { keyIdOf } from "../../src/x509/subject-public-key.ts";
import { DAY_MS, errorOf, NOW_MS } from "./authorities.ts";

const ALGORITHM = encodeSignatureAlgorithm("ecdsa-with-SHA256");
const keys = Array.from({ length: 3 }, () => generateKeyPairSync("ec", { namedCurve: "P-256" }));

interface Link {
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly usages?: readonly KeyUsage[] | undefined;
  readonly authorityKeyId?: Buffer;
  readonly signedBy?: KeyObject;
  readonly subject?: string;
  readonly notAfterMs?: number;
  readonly twice?: boolean;
}

/** Certificate `index` of a chain of three, 2 being the anchor, with whatever is wrong about it. */
function certificate(index: 0 | 1 | 2, link: Link = {}): CertificateFields {
  const above = Math.min(index + 1, 2);
  const [own, issuer] = [keys[index], keys[above]];
  if (own === undefined || issuer === undefined) throw new Error("no keys");
  const spki = (key: KeyObject) => key.export({ type: "spki", format: "der" });
  const usages = "usages" in link ? link.usages : (["keyCertSign"] as const);
  const constraints = [
    derBoolean(link.ca ?? true),
    ...(link.pathLength === undefined ? [] : [derInteger(link.pathLength)]),
  ];
  const extensions = [
    encodeSubjectKeyId(keyIdOf(spki(own.publicKey))),
    encodeAuthorityKeyId(link.authorityKeyId ?? keyIdOf(spki(issuer.publicKey))),
    encodeExtension(EXTENSION.basicConstraints, true, link.ca === false ? derSequence() : derSequence(...constraints)),
    ...(usages === undefined ? [] : [encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(usages))]),
  ];
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derInteger(index + 1),
    ALGORITHM,
    encodeSubject(parseSubject(`CN=${above}`)),
    encodeValidity({ notBeforeMs: NOW_MS - DAY_MS, notAfterMs: link.notAfterMs ?? NOW_MS + DAY_MS }),
    encodeSubject(parseSubject(`CN=${link.subject ?? index}`)),
    spki(own.publicKey),
    derContext(3, derSequence(...extensions, ...(link.twice ? extensions.slice(0, 1) : []))),
  );
  const signer = openSigner({ kind: "key", key: link.signedBy ?? issuer.privateKey });
  return readCertificate(encodeSigned(tbs, ALGORITHM, signer.sign(tbs)));
}

const GOOD = [certificate(0), certificate(1), certificate(2)] as const;

function withLink(index: 0 | 1 | 2, link: Link): readonly CertificateFields[] {
  return GOOD.map((good, at) => (at === index ? certificate(index, link) : good));
}

describe("verifyChain", () => {
  test("accepts a chain to a self-signed anchor, and an anchor alone", () => {
    expect(verifyChain("line", GOOD, NOW_MS)).toBeUndefined();
    expect(verifyChain("line", GOOD.slice(2), NOW_MS)).toBeUndefined();
  });

  test("accepts links without key usage, which restricts nothing", () => {
    expect(verifyChain("line", withLink(0, { usages: undefined }), NOW_MS)).toBeUndefined();
    expect(verifyChain("line", withLink(2, { usages: undefined }), NOW_MS)).toBeUndefined();
  });

  test("accepts path lengths that just suffice", () => {
    const chain = [
      certificate(0, { pathLength: 0 }),
      certificate(1, { pathLength: 1 }),
      certificate(2, { pathLength: 2 }),
    ];
    expect(verifyChain("line", chain, NOW_MS)).toBeUndefined();
  });

  test.each<readonly [string, readonly CertificateFields[], RegExp]>([
    ["no certificate at all", [], /its chain is empty/],
    ["no anchor", GOOD.slice(0, 2), /ends at CN=1, which is not self-signed/],
    [
      "links in the wrong order",
      [GOOD[0], GOOD[2], GOOD[1]],
      /CN=0 was issued by CN=1, but the chain goes on with CN=2/,
    ],
    ["a link that is no CA", withLink(1, { ca: false }), /CN=1 is not a CA/],
    [
      "a link that may not sign",
      withLink(0, { usages: ["digitalSignature", "cRLSign"] }),
      /CN=0 may not sign certificates/,
    ],
    [
      "a path length that is too short by one",
      withLink(2, { pathLength: 1 }),
      /CN=2 allows 1 authority below it, but there are 2/,
    ],
    [
      "another authority key identifier",
      withLink(1, { authorityKeyId: Buffer.alloc(20) }),
      /CN=1 names another key of its issuer/,
    ],
    [
      "a signature by another key",
      withLink(0, { signedBy: keys[2]?.privateKey ?? neverKey() }),
      /the signature on CN=0 is not by CN=1/,
    ],
    [
      "an anchor that did not sign itself",
      withLink(2, { signedBy: keys[0]?.privateKey ?? neverKey() }),
      /the signature on CN=2 is not by CN=2/,
    ],
    ["an expired link", withLink(1, { notAfterMs: NOW_MS - 1000 }), /CN=1 expired at/],
    ["an extension twice", withLink(1, { twice: true }), /CN=1 holds an extension twice/],
    ["a certificate twice", [GOOD[0], GOOD[1], GOOD[2], GOOD[2]], /CN=2 stands in its chain twice/],
  ])("refuses %s", async (_what, chain, message) => {
    const error = await errorOf(() => verifyChain("line", chain, NOW_MS));
    expect([error.code, error.message]).toEqual(["issuer-unusable", expect.stringMatching(message)]);
    expect(error.message).toContain("authority line");
  });
});

function neverKey(): never {
  throw new Error("no key");
}
