import { createPrivateKey, createPublicKey } from "node:crypto";
import { expect, test } from "vitest";
import { makeRsaPair } from "../../../src/keystore/pool/make-rsa-pair.ts";

test("a pair has the asked length, the exponent 65537, and halves that belong together", () => {
  const { pkcs8, spki } = makeRsaPair("rsa-2048");
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65_537n });
  expect(createPublicKey(key).export({ format: "der", type: "spki" })).toEqual(spki);
});
