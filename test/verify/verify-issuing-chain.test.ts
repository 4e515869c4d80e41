import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { derContext, derSequence } from "../../src/asn1/der.ts";
import { verifyIssuingChain } from "../../src/verify/verify-issuing-chain.ts";
import { type ForeignAuthority, hasOpenssl, makeAuthority, makeDevice } from "../fixtures/foreign-device.ts";
import { type CertificateWish, makeChain } from "../fixtures/make-chain.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-chain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasOpenssl)("an issuing chain (skipped without openssl)", () => {
  let authority: ForeignAuthority;
  let leaf: Buffer;

  beforeAll(() => {
    authority = makeAuthority(join(folder, "authority"));
    makeDevice(authority, join(folder, "device"), "SN-1");
    leaf = new X509Certificate(readFileSync(join(folder, "device", "certificate.pem"))).raw;
  });

  const told = (chain: readonly Buffer[], nowMs = Date.now()) =>
    verifyIssuingChain(chain, nowMs).map(({ what }) => what);

  test("that holds together has no difference", () => {
    expect(told(authority.chain)).toEqual([]);
  });

  test("in the wrong order, or of another authority, is told", () => {
    const other = makeAuthority(join(folder, "other"));
    const [issuer, root] = authority.chain;
    if (issuer === undefined || root === undefined) throw new Error("no chain");
    expect(told([root, issuer])).toEqual(["certificate 1 of the issuing chain (root) is not signed by the next one"]);
    // The same name, but not the same key.
    expect(told([issuer, other.chain[1] ?? issuer])).toEqual([
      "certificate 1 of the issuing chain (issuer) is not signed by the next one",
    ]);
  });

  test("with a certificate that may not sign, or has expired, or is not valid yet, is told", () => {
    expect(told([leaf, ...authority.chain])).toEqual([
      expect.stringMatching(
        /^relying parties refuse certificate 1 of the issuing chain \(SN-1\): .*not a CA certificate/,
      ),
    ]);
    expect(told(authority.chain, Date.now() + 4000 * 86_400_000)).toHaveLength(2);
    expect(told(authority.chain, 0)).toEqual([
      "certificate 1 of the issuing chain (issuer) is not valid yet",
      "certificate 2 of the issuing chain (root) is not valid yet",
    ]);
    expect(told([])).toEqual(["the issuer has no chain"]);
  });
});

test("an issuing chain that relying parties refuse is told, with the extension", () => {
  const nowMs = Date.now();
  const chainOf = (issuer: CertificateWish, root: CertificateWish = {}) =>
    makeChain([{}, { subject: "CN=line", ...issuer }, { subject: "CN=root", ...root }], nowMs)
      .slice(1)
      .map(({ raw }) => raw);
  const told = (chain: readonly Buffer[]) => verifyIssuingChain(chain, nowMs).map(({ what }) => what);
  expect(told(chainOf({}))).toEqual([]);
  expect(told(chainOf({}, { usages: null }))).toEqual([]);
  expect(told(chainOf({ purposes: ["1.3.6.1.5.5.7.3.1"] }))).toEqual([
    expect.stringMatching(
      /^relying parties refuse certificate 1 of the issuing chain \(line\): .*extendedKeyUsage \(extension 2\.5\.29\.37\)/,
    ),
  ]);
  expect(told(chainOf({ digest: "sha1" }))).toEqual([expect.stringMatching(/SHA-1/)]);
  expect(told(chainOf({ authorityKeyId: derSequence(derContext(2, Buffer.from([9]), false)) }))).toEqual([
    expect.stringMatching(/authorityKeyIdentifier, extension 2\.5\.29\.35/),
  ]);
});
