import { appendFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readOpensslCa } from "../../../src/authority/foreign/read-openssl-ca.ts";
import { describeName } from "../../../src/x509/distinguished-name.ts";
import { followTutorial, opensslIn, type TutorialCa } from "../../fixtures/tutorial-ca.ts";
import { errorOf, noOpenssl, temporaryFolder } from "../authorities.ts";

const folder = temporaryFolder();
let made: TutorialCa;
/** A copy of the root's folder, which each test may spoil. */
let copy: { readonly path: string } & Disposable;
let root: string;
let intermediate: string;

beforeAll(() => {
  if (!noOpenssl) made = followTutorial(folder.path);
});
afterAll(() => folder[Symbol.dispose]());
beforeEach(() => {
  if (noOpenssl) return;
  copy = temporaryFolder();
  root = join(copy.path, "moved");
  intermediate = join(root, "intermediateCertificate");
  cpSync(made.root, root, { recursive: true });
  return () => copy[Symbol.dispose]();
});

function subjectsOf(certificates: ReturnType<typeof readOpensslCa>["certificates"]): readonly string[] {
  return certificates.map(({ subject }) => describeName(subject));
}

describe.skipIf(noOpenssl)("readOpensslCa (with openssl)", () => {
  test("reads the tutorial's folders where they are: certificate, key, what stands above, what was signed", () => {
    const found = readOpensslCa(made.intermediate);
    expect(subjectsOf(found.certificates)).toEqual(["C=DE,O=Acme,CN=Tutorial Line"]);
    expect(subjectsOf(found.above)).toEqual(["C=DE,O=Acme,CN=Tutorial Root"]);
    expect(found.keyFile).toBe(join(made.intermediate, "intermediateKey.pem"));
    expect(found.issued.map(({ serialNumber, revoked }) => [serialNumber, revoked?.reason ?? null])).toEqual([
      ["1000", null],
      ["1001", "keyCompromise"],
      ["1002", null],
    ]);
    expect(found.notes).toEqual([]);
    const above = readOpensslCa(made.root);
    expect(above.above).toEqual([]);
    expect(above.issued.map(({ subject }) => subject)).toEqual(["/C=DE/O=Acme/CN=Tutorial Line", "/CN=old"]);
  });

  test("matches the certificates that openssl kept, and takes no other for one of them", () => {
    const certificate = opensslIn(made.intermediate, "x509", "-in", "dev-1.pem", "-noout", "-fingerprint", "-sha256");
    const sha256 = certificate.trim().split("=")[1]?.replaceAll(":", "").toLowerCase();
    expect(readOpensslCa(made.intermediate).issued[0]?.sha256).toBe(sha256);
    rmSync(join(intermediate, "deviceCertificates", "1000.pem"));
    renameSync(
      join(intermediate, "deviceCertificates", "1002.pem"),
      join(intermediate, "deviceCertificates", "1001.pem"),
    );
    writeFileSync(join(intermediate, "deviceCertificates", "1002.pem"), readFileSync(join(root, "caCert.pem")));
    const { issued } = readOpensslCa(intermediate);
    expect(issued.map((one) => one.sha256)).toEqual([null, null, null]);
    expect(issued[1]?.revoked?.reason).toBe("keyCompromise");
  });

  test("goes by the folder that was named, not by the place that its configuration was written for", () => {
    appendFileSync(join(intermediate, "database.txt"), "V\t271123192126Z\t\t1003\tunknown\t/CN=later\n");
    const { keyFile, issued } = readOpensslCa(intermediate);
    expect(keyFile).toBe(join(intermediate, "intermediateKey.pem"));
    expect(issued.length).toBe(4);
  });

  test.each([
    ["the folder around it", "", ["openssl-easyrsa.cnf", "safessl-easyrsa.cnf"]],
    ["its pki folder, without a configuration", "pki", []],
    ["its pki folder, with two configurations", "pki", ["openssl-easyrsa.cnf", "safessl-easyrsa.cnf"]],
  ])("reads what easy-rsa 3 leaves, by %s", (_, named, configurations) => {
    const pki = join(copy.path, "easyrsa", "pki");
    mkdirSync(join(pki, "private"), { recursive: true });
    mkdirSync(join(pki, "certs_by_serial"));
    cpSync(join(root, "caCert.pem"), join(pki, "ca.crt"));
    cpSync(join(root, "caKey.pem"), join(pki, "private", "ca.key"));
    cpSync(join(root, "database.txt"), join(pki, "index.txt"));
    for (const name of configurations) {
      const dir = "[ ca ]\ndefault_ca = CA_default\n[ CA_default ]\ndir = $ENV::EASYRSA_PKI\n";
      writeFileSync(
        join(copy.path, "easyrsa", named, name),
        `${dir}database = $dir/index.txt\ncertificate = $dir/ca.crt\n`,
      );
    }
    const found = readOpensslCa(join(copy.path, "easyrsa", named));
    expect(found.keyFile).toBe(join(pki, "private", "ca.key"));
    expect(subjectsOf(found.certificates)).toEqual(["C=DE,O=Acme,CN=Tutorial Root"]);
    expect(found.issued.length).toBe(2);
  });

  test("refuses a folder whose key has a name of its own, and says how to import the two", async () => {
    mkdirSync(join(root, "private"));
    renameSync(join(root, "caKey.pem"), join(root, "private", "acme-ca.key"));
    rmSync(join(root, "caConfig.cnf"));
    const error = await errorOf(() => readOpensslCa(root));
    expect([error.code, error.message]).toEqual([
      "usage",
      expect.stringMatching(/acme-ca\.key holds a private key.*--certificate FILE --key FILE/),
    ]);
  });

  test("follows the configuration to another place, and to other names", () => {
    const elsewhere = join(copy.path, "elsewhere.txt");
    renameSync(join(root, "database.txt"), elsewhere);
    renameSync(join(root, "caCert.pem"), join(root, "own.crt"));
    const file = join(root, "caConfig.cnf");
    const text = readFileSync(file, "utf8")
      .replace("= $dir/database.txt", `= ${elsewhere}`)
      .replace("$dir/caCert.pem", "$dir/own.crt");
    writeFileSync(file, text);
    expect(subjectsOf(readOpensslCa(root).certificates)).toEqual(["C=DE,O=Acme,CN=Tutorial Root"]);
    expect(readOpensslCa(root).issued.length).toBe(2);
  });

  test("falls back to the usual names without a configuration", () => {
    rmSync(join(root, "caConfig.cnf"));
    const found = readOpensslCa(root);
    expect(found.keyFile).toBe(join(root, "caKey.pem"));
    expect(found.issued.length).toBe(2);
  });

  test("tells what is missing: database, lines of it, key", () => {
    writeFileSync(join(intermediate, "serial"), "1009\n");
    expect(readOpensslCa(intermediate).notes).toEqual([expect.stringMatching(/serial is at 1009.*ends at 1002/)]);
    // Without its configuration, which still leads to the place that it was copied from.
    for (const name of ["caConfig.cnf", "database.txt", "caKey.pem"]) rmSync(join(root, name));
    const found = readOpensslCa(root);
    expect(found.notes).toEqual([expect.stringMatching(/no database was found/)]);
    expect(found.issued).toEqual([]);
    expect(found.keyFile).toBeUndefined();
  });

  test("refuses a folder that is none, one without a certificate, and a database that cannot be read", async () => {
    expect((await errorOf(() => readOpensslCa(join(root, "caCert.pem")))).message).toMatch(/it is no folder/);
    expect((await errorOf(() => readOpensslCa(join(root, "nowhere")))).message).toMatch(/it is no folder/);
    writeFileSync(join(root, "database.txt"), "V\t1\n");
    const error = await errorOf(() => readOpensslCa(root));
    expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(/database\.txt.*line 1/)]);
    for (const name of ["caConfig.cnf", "caCert.pem"]) rmSync(join(root, name));
    expect((await errorOf(() => readOpensslCa(root))).message).toMatch(/leads to a certificate/);
  });
});
