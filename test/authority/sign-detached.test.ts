import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { signDetached } from "../../src/authority/sign-detached.ts";
import { openSigner } from "../../src/authority/signer.ts";
import { writePem } from "../../src/x509/pem.ts";
import type { CertificateFields } from "../../src/x509/read-certificate.ts";
import { readSignedData } from "../../src/x509/read-signed-data.ts";
import { type CertificateWish, chainKey, makeChain } from "../fixtures/make-chain.ts";
import { hasOpenssl, openssl } from "../fixtures/other-readers.ts";

const NOW_MS = Date.now();
const CONTENT = Buffer.from('{"lot":"L1"}\n');
const CA: CertificateWish = { ca: true, usages: ["digitalSignature", "keyCertSign", "cRLSign"] };
const KEYS = {
  "EC P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "EC P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
};

/** A chain of so many authorities, the signer first, its root last. */
function authorities(levels: number, key = chainKey(0)): readonly CertificateFields[] {
  return makeChain(
    Array.from({ length: levels }, (_, place) => (place === 0 ? { ...CA, key } : CA)),
    NOW_MS,
  );
}

function sign(chain: readonly CertificateFields[], key = chainKey(0), signedAtMs = NOW_MS): Buffer {
  const signer = openSigner({ kind: "key", key });
  return signDetached({ content: CONTENT, signer, chain: chain.map(({ raw }) => raw), signedAtMs });
}

/** What the contract says that has to accept it. */
function verifyByOpenssl(signature: Buffer, content: Buffer, root: CertificateFields, ...more: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-cms-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string, octets: Uint8Array | string) => {
    writeFileSync(join(folder, name), octets);
    return join(folder, name);
  };
  return openssl([
    ...["cms", "-verify", "-binary", "-inform", "DER", "-in", path("receipt.p7s", signature)],
    ...["-content", path("receipt.json", content), "-CAfile", path("root.pem", writePem("CERTIFICATE", root.raw))],
    ...["-purpose", "any", ...more],
  ]);
}

const CASES = Object.entries(KEYS).flatMap(([name, key]) => [1, 2, 3].map((levels) => [name, levels, key] as const));

test.skipIf(!hasOpenssl).each(CASES)(
  "openssl verifies a signature by %s, %i authorities up to the root, by its root alone",
  (_name, levels, key) => {
    const chain = authorities(levels, key);
    const [root] = chain.slice(-1);
    if (root === undefined) throw new Error("no root");
    const signature = sign(chain, key);
    expect(verifyByOpenssl(signature, CONTENT, root)).toBe(CONTENT.toString());
    // The certificate that is named among the signed attributes is held against the signer's, too.
    expect(verifyByOpenssl(signature, CONTENT, root, "-cades")).toBe(CONTENT.toString());
    expect(() => verifyByOpenssl(signature, Buffer.from('{"lot":"L2"}\n'), root)).toThrow(/digest|verif/i);
    const [stranger] = makeChain([{ ...CA, key: chainKey(7) }], NOW_MS);
    if (stranger === undefined) throw new Error("no stranger");
    expect(() => verifyByOpenssl(signature, CONTENT, stranger)).toThrow(/certificate/i);
  },
);

test.each([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 3],
])(
  "of %i authorities the root is left out, so that %i are inside; a root that signs itself stays",
  (levels, inside) => {
    const chain = authorities(levels);
    const { certificates, signer } = readSignedData(sign(chain));
    expect(certificates).toHaveLength(inside);
    expect(signer.raw.equals(chain[0]?.raw ?? Buffer.alloc(0))).toBe(true);
  },
);

test("the time of the signature stands in whole seconds, in either form of a time", () => {
  const chain = authorities(2);
  for (const atMs of [Date.UTC(2026, 10, 23, 4, 5, 6, 789), Date.UTC(2051, 0, 1)]) {
    expect(readSignedData(sign(chain, chainKey(0), atMs)).signedAtMs).toBe(Math.floor(atMs / 1000) * 1000);
  }
});

test("without a certificate nothing is signed", () => {
  expect(() => sign([])).toThrow("certificate");
});
