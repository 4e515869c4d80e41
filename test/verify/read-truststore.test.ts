import { beforeAll, expect, test } from "vitest";
import { writeLotTruststore } from "../../src/keystore/lot-truststore.ts";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { openPkcs12Writer } from "../../src/keystore/write-pkcs12.ts";
import { readTruststore } from "../../src/verify/read-truststore.ts";
import { makeDeviceKey } from "../fixtures/make-device-key.ts";
import { makeIssuer, type TestIssuer } from "../fixtures/make-issuer.ts";

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await makeIssuer();
});

test.each([
  ["truststore.p12", "pkcs12"],
  ["truststore.jks", "jks"],
  ["truststore.pem", "pem"],
] as const)("%s gives its certificates", (name, format) => {
  const options = { recipe: "modern", iterations: 2048, certificates: issuer.chain, createdAtMs: 0 } as const;
  const content = writeLotTruststore(format, options, openRandomPool());
  expect(readTruststore(name, content, "changeit")).toEqual(issuer.chain);
  if (format !== "pem") expect(() => readTruststore(name, content, "changed")).toThrow(/password does not open it/);
});

test("a keystore with a key in a truststore's place is told", () => {
  const options = { alias: "a", recipe: "modern", iterations: 2048, chain: issuer.chain } as const;
  const [keystore = Buffer.alloc(0)] = openPkcs12Writer(
    options,
    openRandomPool(),
  )([{ ...makeDeviceKey(issuer), password: "changeit" }]);
  expect(() => readTruststore("truststore.p12", keystore, "changeit")).toThrow("it holds a key");
});
