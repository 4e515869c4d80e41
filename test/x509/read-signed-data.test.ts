import { expect, test } from "vitest";
import { DerError } from "../../src/asn1/read-der.ts";
import { signDetached } from "../../src/authority/sign-detached.ts";
import { openSigner } from "../../src/authority/signer.ts";
import { chainOfSigner, readSignedData, verifySignedData } from "../../src/x509/read-signed-data.ts";
import { type CertificateWish, chainKey, makeChain } from "../fixtures/make-chain.ts";

const NOW_MS = Date.UTC(2026, 10, 23);
const CA: CertificateWish = { ca: true, usages: ["digitalSignature", "keyCertSign"] };
const CHAIN = makeChain([CA, CA, CA], NOW_MS);
const [SIGNER, MIDDLE, ROOT] = CHAIN;
const CONTENT = Buffer.from("what was completed\n");
const SIGNATURE = signDetached({
  content: CONTENT,
  signer: openSigner({ kind: "key", key: chainKey(0) }),
  chain: CHAIN.map(({ raw }) => raw),
  signedAtMs: NOW_MS,
});

/** Whether the signature, its content and the chain to the root hold. */
function holds(signature: Buffer, content = CONTENT): boolean {
  try {
    const signed = readSignedData(signature);
    const verified = verifySignedData(signed, content);
    return verified.content && verified.signature && chainOfSigner(signed, ROOT ? [ROOT] : []) !== undefined;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return false;
  }
}

test("what was signed holds, and leads to the root", () => {
  expect(holds(SIGNATURE)).toBe(true);
  const signed = readSignedData(SIGNATURE);
  expect(signed.signer.raw.equals(SIGNER?.raw ?? Buffer.alloc(0))).toBe(true);
  expect(chainOfSigner(signed, CHAIN.slice(2))?.map(({ serialNumber }) => serialNumber)).toEqual(
    CHAIN.map(({ serialNumber }) => serialNumber),
  );
});

test("no octet of a signature can be another one", () => {
  const unnoticed: number[] = [];
  for (let at = 0; at < SIGNATURE.length; at++) {
    const changed = Buffer.from(SIGNATURE);
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    if (holds(changed)) unnoticed.push(at);
  }
  expect(unnoticed).toEqual([]);
});

test("a signature that is cut or has something behind it is none", () => {
  for (let length = 0; length < SIGNATURE.length; length += 7) {
    expect(() => readSignedData(SIGNATURE.subarray(0, length))).toThrow(DerError);
  }
  expect(() => readSignedData(Buffer.concat([SIGNATURE, Buffer.from([0])]))).toThrow(DerError);
  expect(() => readSignedData(Buffer.alloc(2 << 20))).toThrow(DerError);
});

test("other content is told from another signature", () => {
  const signed = readSignedData(SIGNATURE);
  expect(verifySignedData(signed, Buffer.from("something else\n"))).toEqual({ content: false, signature: true });
  const broken = { ...signed, signature: Buffer.from(signed.signature).fill(1, 8, 12) };
  expect(verifySignedData(broken, CONTENT)).toEqual({ content: true, signature: false });
});

test("without the anchor, or with another one of the same name, the signer leads nowhere", () => {
  const signed = readSignedData(SIGNATURE);
  expect(chainOfSigner(signed, [])).toBeUndefined();
  const [, , other] = makeChain([CA, CA, { ...CA, key: chainKey(5) }], NOW_MS);
  expect(chainOfSigner(signed, other === undefined ? [] : [other])).toBeUndefined();
});

test("an intermediate may be trusted as it is, and so may the signer itself", () => {
  const signed = readSignedData(SIGNATURE);
  for (const anchor of [SIGNER, MIDDLE]) {
    expect(chainOfSigner(signed, anchor === undefined ? [] : [anchor])?.at(-1)?.raw).toEqual(anchor?.raw);
  }
});
