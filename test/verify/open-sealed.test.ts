import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { KeystoreError } from "../../src/verify/keystore-error.ts";
import { openSealed } from "../../src/verify/open-sealed.ts";
import { makeOfficer, strangersKey } from "../fixtures/make-officer.ts";
import { hasOpenssl, openssl } from "../fixtures/other-readers.ts";
import { sealContent } from "../fixtures/seal-content.ts";

const officer = makeOfficer();
const LIST = Buffer.from("id,password\nSN-1,secret\n");
const sealed = sealContent(LIST, officer.recipient);

function kindOf(text: string, key = officer.key): string {
  try {
    openSealed(text, key);
    return "opened";
  } catch (error) {
    return error instanceof KeystoreError ? error.kind : "something else";
  }
}

test("the officer's key opens what was sealed, another does not", () => {
  expect(openSealed(sealed, officer.key)).toEqual(LIST);
  expect(kindOf(sealed, strangersKey())).toBe("password");
});

test.skipIf(!hasOpenssl)(
  "what openssl sealed in the same way opens too, in another way is told (needs openssl)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "lotmint-cms-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "officer.pem"), officer.pem);
    const encrypt = ["cms", "-encrypt", "-binary", "-aes-256-cbc", "-outform", "PEM"];
    const recipient = ["-recip", join(folder, "officer.pem")];
    const oaep = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"];
    const byOpenssl = openssl([...encrypt, ...recipient, ...oaep], LIST);
    expect(openSealed(byOpenssl, officer.key)).toEqual(LIST);
    expect(kindOf(openssl([...encrypt, ...recipient], LIST))).toBe("unsupported");
  },
);

test("a file that was cut off or altered is damaged, and no octets make it throw anything else", () => {
  expect(kindOf(sealed.slice(0, -20))).toBe("damaged");
  expect(kindOf("hello")).toBe("damaged");
  const der = Buffer.from(sealed.replace(/-----.*-----/g, ""), "base64");
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const mutated = Buffer.from(der);
      mutated.writeUInt8(mutated.readUInt8(at) ^ bits, at);
      const lines = mutated.toString("base64").replace(/.{1,64}/g, "$&\n");
      return kindOf(`-----BEGIN CMS-----\n${lines}-----END CMS-----\n`) !== "something else";
    }),
    { numRuns: 150 },
  );
});
