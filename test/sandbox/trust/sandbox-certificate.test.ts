import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeServerIdentity } from "../../../src/sandbox/trust/sandbox-certificate.ts";

test("the certificate is for localhost and both loopback addresses, and every sandbox has its own authority", () => {
  const identity = makeServerIdentity(Date.now());
  const certificate = new X509Certificate(identity.certificatePem);
  const ca = new X509Certificate(identity.caPem);
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect([certificate.checkIP("127.0.0.1"), certificate.checkIP("::1")]).toEqual(["127.0.0.1", "::1"]);
  expect(certificate.checkHost("example.com")).toBeUndefined();
  expect([ca.ca, certificate.ca, certificate.verify(ca.publicKey)]).toEqual([true, false, true]);
  expect(certificate.verify(new X509Certificate(makeServerIdentity(Date.now()).caPem).publicKey)).toBe(false);
});

const noOpenssl = spawnSync("openssl", ["version"]).status !== 0 && !process.env["CI"];

test.skipIf(noOpenssl)("OpenSSL finds it strictly right for a server (needs openssl)", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-sandbox-"));
  try {
    const identity = makeServerIdentity(Date.now());
    writeFileSync(join(folder, "ca.pem"), identity.caPem);
    writeFileSync(join(folder, "server.pem"), identity.certificatePem);
    const verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem", "server.pem"];
    expect(execFileSync("openssl", verify, { cwd: folder }).toString()).toBe("server.pem: OK\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
