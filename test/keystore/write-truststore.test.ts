import { beforeAll, expect, test } from "vitest";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { openTruststoreWriter, trustedAlias } from "../../src/keystore/write-truststore.ts";
import { makeIssuer, type TestIssuer } from "../fixtures/make-issuer.ts";
import { digestsOf, hasJava, hasOpenssl, openssl, readWithJava } from "../fixtures/other-readers.ts";

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await makeIssuer();
});

function write(recipe: "modern" | "legacy", passwords: readonly string[]): Buffer[] {
  const options = { recipe, iterations: 2048, certificates: issuer.chain };
  return openTruststoreWriter(options, openRandomPool())(passwords);
}

test("the first certificate has the tutorial's alias, the next ones a number", () => {
  expect([0, 1, 2].map(trustedAlias)).toEqual(["servercertificate", "servercertificate-2", "servercertificate-3"]);
});

test.skipIf(!hasJava)("Java takes every certificate for a trust anchor (needs java)", () => {
  const passwords = ["changeit", "K7QJ2WMXA4ZC3TNB5VYD6HPE2R"];
  const cases = (["modern", "legacy"] as const).flatMap((recipe) =>
    write(recipe, passwords).map((content, index) => ({
      type: "PKCS12" as const,
      content,
      password: passwords[index] ?? "",
    })),
  );
  const entries = issuer.chain.map((certificate, index) => `trusted ${trustedAlias(index)} ${digestsOf(certificate)}`);
  const [first] = cases;
  const wrong = first === undefined ? [] : [{ ...first, password: "wrong" }];
  const lines = readWithJava([...cases, ...wrong]);
  expect(lines.slice(0, 4)).toEqual(new Array(4).fill([...entries, "anchors 2"].join("; ")));
  expect(lines.at(4)).toContain("refused");
});

test.skipIf(!hasOpenssl)("openssl finds the certificates and no key (needs openssl)", () => {
  const [file] = write("modern", ["changeit"]);
  const text = openssl(["pkcs12", "-nodes", "-passin", "pass:changeit"], file);
  expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(text).not.toContain("PRIVATE KEY");
});
