import { beforeAll, expect, test } from "vitest";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { writeJksKeystore, writeJksTruststore } from "../../src/keystore/write-jks.ts";
import { makeDeviceKey } from "../fixtures/make-device-key.ts";
import { makeIssuer, type TestIssuer } from "../fixtures/make-issuer.ts";
import { digestsOf, hasJava, readWithJava } from "../fixtures/other-readers.ts";

const random = openRandomPool();
const CREATED_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await makeIssuer();
});

function keystore(alias: string, password: string, algorithm: "ec-p256" | "ec-p384" | "rsa-2048" = "ec-p256") {
  const { pkcs8, certificate } = makeDeviceKey(issuer, algorithm, "Gerät-3");
  const chain = [certificate, ...issuer.chain];
  const content = writeJksKeystore({ alias, pkcs8, chain, password, createdAtMs: CREATED_MS }, random);
  return { content, password, type: "JKS" as const, chain, pkcs8 };
}

test.skipIf(!hasJava)("Java opens keystores and truststores with their password and no other (needs java)", () => {
  const keystores = [
    keystore("DeviceKeyEntry", "p"),
    keystore("gerät\u{1f511}\u0000x", "x".repeat(70), "ec-p384"),
    keystore("devicekeyentry", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "rsa-2048"),
  ];
  const certificates = issuer.chain.map((certificate, index) => ({ alias: `Server-${index}`, certificate }));
  const truststore = writeJksTruststore({ certificates, password: "changeit", createdAtMs: CREATED_MS });
  const lines = readWithJava([
    ...keystores,
    { ...keystore("a", "right"), password: "wrong" },
    { type: "JKS", content: truststore, password: "changeit" },
    { type: "JKS", content: truststore, password: "wrong" },
  ]);
  const aliases = ["devicekeyentry", "gerät\u{1f511}\u0000x", "devicekeyentry"];
  const expected = keystores.map(({ chain }, index) => `key ${aliases[index]} true ${digestsOf(...chain)}; anchors 1`);
  const trusted = issuer.chain.map((certificate, index) => `trusted server-${index} ${digestsOf(certificate)}`);
  const refused = "refused: Keystore was tampered with, or password was incorrect";
  expect(lines).toEqual([...expected, refused, [...trusted, "anchors 2"].join("; "), refused]);
});

test("the alias stands in lower case, since Java looks it up that way", () => {
  const { content } = keystore("DeviceKeyEntry", "p");
  expect(content.includes("devicekeyentry")).toBe(true);
});

test("the file carries the date that it was given", () => {
  const { content } = keystore("a", "p");
  // Magic, version, count, kind; then the alias with its length.
  expect(content.readBigUInt64BE(16 + 3)).toBe(BigInt(CREATED_MS));
});

test("the key is not in the file in the clear, nor the same twice, and stays as it is", () => {
  const { pkcs8, chain } = keystore("a", "p");
  const before = Buffer.from(pkcs8);
  const write = () => writeJksKeystore({ alias: "a", pkcs8, chain, password: "p", createdAtMs: 0 }, random);
  const [first, second] = [write(), write()];
  expect(first.includes(pkcs8.subarray(36, 68))).toBe(false);
  expect(first.equals(second)).toBe(false);
  expect(pkcs8).toEqual(before);
});
