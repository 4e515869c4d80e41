import { beforeAll, expect, test } from "vitest";
import { writeLotTruststore } from "../../src/keystore/lot-truststore.ts";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { makeIssuer, pemOf, type TestIssuer } from "../fixtures/make-issuer.ts";
import { digestsOf, hasJava, readWithJava } from "../fixtures/other-readers.ts";

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await makeIssuer();
});

function write(format: "pkcs12" | "jks" | "pem"): Buffer {
  const options = { recipe: "modern", iterations: 2048, certificates: issuer.chain, createdAtMs: Date.now() } as const;
  return writeLotTruststore(format, options, openRandomPool());
}

test("in PEM it is the certificates one after the other", () => {
  expect(write("pem").toString()).toBe(pemOf(...issuer.chain));
});

test.skipIf(!hasJava)("Java opens PKCS#12 and JKS with changeit and trusts what is in them (needs java)", () => {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = issuer.chain;
  const entries = `trusted servercertificate ${digestsOf(first)}; trusted servercertificate-2 ${digestsOf(second)}; anchors 2`;
  expect(
    readWithJava([
      { type: "PKCS12", content: write("pkcs12"), password: "changeit" },
      { type: "JKS", content: write("jks"), password: "changeit" },
    ]),
  ).toEqual([entries, entries]);
});
