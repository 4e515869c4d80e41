import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { homeLayout } from "../../../src/disk/layout.ts";
import { loadTruststore } from "../../../src/run/lot/load-truststore.ts";
import { makeCa } from "../../sandbox/make-ca.ts";

test("the platform's certificates have to be pinned, and then stand where the job names them", () => {
  const root = mkdtempSync(join(tmpdir(), "lotmint-pinned-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const home = homeLayout(root);
  const [pinned, own] = [makeCa({ commonName: "Platform" }), makeCa({ commonName: "Own" })];
  writeFileSync(join(root, "own.pem"), own.pem);
  const truststore = { formats: ["pem"], certificates: [join(root, "own.pem"), "platform"], per: "device" } as const;
  expect(() => loadTruststore(home, truststore, Date.now())).toThrow(
    expect.objectContaining({ code: "usage", message: expect.stringContaining("lotmint truststore fetch HOST:PORT") }),
  );
  mkdirSync(dirname(home.pinnedCertificates), { recursive: true });
  writeFileSync(home.pinnedCertificates, pinned.pem);
  expect(loadTruststore(home, truststore, Date.now()).certificates).toEqual([own.der, pinned.der]);
});
