import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startSeal } from "../../src/keystore/seal-passwords.ts";
import { openSealed } from "../../src/verify/open-sealed.ts";
import { makeOfficer } from "../fixtures/make-officer.ts";
import { hasOpenssl, openssl } from "../fixtures/other-readers.ts";
import { sealContent } from "../fixtures/seal-content.ts";

const LIST = Buffer.from(`id,password\n${"SN-1,K7QJ2WMXA4ZC3TNB5VYD6HPE2R\n".repeat(3000)}`);
const officer = makeOfficer();

test("what is sealed shows nothing of its content, and is different each time", () => {
  const [one, other] = [sealContent(LIST, officer.recipient), sealContent(LIST, officer.recipient)];
  const octets = Buffer.from(one.replace(/-----.*-----/g, ""), "base64");
  expect(one).toMatch(/^-----BEGIN CMS-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END CMS-----\n$/);
  expect(octets.includes("K7QJ2WMXA4ZC3TNB5VYD6HPE2R")).toBe(false);
  expect(one).not.toBe(other);
});

test.each([0, 1, 15, 16, 17, 47, 48, 49, 127, 128, 70_000])(
  "content of %i octets in pieces opens as it was",
  (length) => {
    const content = LIST.subarray(0, length);
    const seal = startSeal(length, officer.recipient);
    let sealed = seal.head;
    for (let start = 0; start < length; start += 37) sealed += seal.add(content.subarray(start, start + 37));
    sealed += seal.end();
    expect(sealed).toMatch(/^-----BEGIN CMS-----\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/=]{1,64}\n-----END CMS-----\n$/);
    expect(openSealed(sealed, officer.key).equals(content)).toBe(true);
  },
);

test("content of another length than was said is not sealed", () => {
  const seal = startSeal(10, officer.recipient);
  seal.add(Buffer.alloc(9));
  expect(() => seal.end()).toThrow(RangeError);
});

test.skipIf(!hasOpenssl)("openssl cms opens it with the officer's key (needs openssl)", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-seal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const sealed = file("sealed.cms", sealContent(LIST, officer.recipient));
  const key = file("officer.key", officer.keyPem);
  const opened = openssl(["cms", "-decrypt", "-binary", "-inform", "PEM", "-in", sealed, "-inkey", key]);
  expect(opened).toBe(LIST.toString());
  const recipient = file("officer.pem", officer.pem);
  const named = ["cms", "-decrypt", "-binary", "-inform", "PEM", "-in", sealed, "-inkey", key, "-recip", recipient];
  expect(openssl(named)).toBe(LIST.toString());
  const told = openssl(["cms", "-cmsout", "-print", "-inform", "PEM", "-in", sealed]);
  expect(told).toContain("rsaesOaep");
  expect(told).toContain("aes-256-cbc");
});
