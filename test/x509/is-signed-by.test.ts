import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DerError } from "../../src/asn1/read-der.ts";
import { isIssuedBy, isIssuedByOpened, isSignedBy, openIssuer } from "../../src/x509/is-signed-by.ts";
import { readCertificate } from "../../src/x509/read-certificate.ts";
import { type ForeignAuthority, hasOpenssl, makeAuthority, makeDevice } from "../fixtures/foreign-device.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-signed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasOpenssl)("who signed a certificate (skipped without openssl)", () => {
  let authority: ForeignAuthority;
  let other: ForeignAuthority;
  let leaf: Buffer;
  const [at, above] = [0, 1];
  const of = ({ chain }: ForeignAuthority, index: number): Buffer => {
    const found = chain[index];
    if (found === undefined) throw new Error("no chain");
    return found;
  };

  beforeAll(() => {
    authority = makeAuthority(join(folder, "authority"));
    other = makeAuthority(join(folder, "other"));
    makeDevice(authority, join(folder, "device"), "SN-1");
    leaf = new X509Certificate(readFileSync(join(folder, "device", "certificate.pem"))).raw;
  });

  test("an issuer that was opened once tells the same", () => {
    for (const issuer of [of(authority, at), of(authority, above), of(other, at)]) {
      const told = isIssuedByOpened(readCertificate(leaf), openIssuer(issuer));
      expect(told).toBe(issuer === of(authority, at));
      expect(told).toBe(isIssuedBy(leaf, issuer));
    }
    const changed = Buffer.from(leaf);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    expect(isIssuedByOpened(readCertificate(changed), openIssuer(of(authority, at)))).toBe(false);
  });

  test("a certificate whose two algorithms differ is signed by nobody", () => {
    const fields = readCertificate(leaf);
    const signedAlgorithm = Buffer.from("300a06082a8648ce3d040303", "hex");
    expect(signedAlgorithm).not.toEqual(fields.signedAlgorithm);
    expect(isIssuedByOpened({ ...fields, signedAlgorithm }, openIssuer(of(authority, at)))).toBe(false);
  });

  test("is the issuer, neither its own issuer nor another authority of the same name", () => {
    expect([isSignedBy(leaf, of(authority, at)), isIssuedBy(leaf, of(authority, at))]).toEqual([true, true]);
    for (const wrong of [of(authority, above), of(other, at)]) {
      expect([isSignedBy(leaf, wrong), isIssuedBy(leaf, wrong)]).toEqual([false, false]);
    }
  });

  test("is a question of the signature alone for isSignedBy, of names too for isIssuedBy", () => {
    // The same length, so that lengths still fit: the issuer's name in the leaf is no longer the issuer's.
    const renamed = Buffer.from(of(authority, at));
    const name = renamed.lastIndexOf("issuer");
    renamed.write("issuex", name, "latin1");
    expect(isSignedBy(leaf, renamed)).toBe(true);
    expect(isIssuedBy(leaf, renamed)).toBe(false);
  });

  test("is nobody where octets are no certificate", () => {
    const broken = Buffer.from("3003020101", "hex");
    expect(isSignedBy(leaf, broken)).toBe(false);
    expect(isSignedBy(broken, of(authority, at))).toBe(false);
    expect(() => isIssuedBy(leaf, broken)).toThrow(DerError);
  });
});
