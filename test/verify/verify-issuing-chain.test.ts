import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyIssuingChain } from "../../src/verify/verify-issuing-chain.ts";
import { type ForeignAuthority, hasOpenssl, makeAuthority, makeDevice } from "../fixtures/foreign-device.ts";

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
      "certificate 1 of the issuing chain (SN-1) may not sign certificates",
    ]);
    expect(told(authority.chain, Date.now() + 4000 * 86_400_000)).toHaveLength(2);
    expect(told(authority.chain, 0)).toEqual([
      "certificate 1 of the issuing chain (issuer) is not valid yet",
      "certificate 2 of the issuing chain (root) is not valid yet",
    ]);
    expect(told([])).toEqual(["the issuer has no chain"]);
  });
});
