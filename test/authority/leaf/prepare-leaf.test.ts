import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signLeaf } from "../../../src/authority/leaf/leaf-template.ts";
import { type PrepareLeafRequest, prepareLeaf } from "../../../src/authority/leaf/prepare-leaf.ts";
import type { LoadedIssuer } from "../../../src/authority/load-authority.ts";
import { openSigner } from "../../../src/authority/signer.ts";
import { KEY_ALGORITHMS, NEVER_MS } from "../../../src/domain/certificate.ts";
import { BUILT_IN_PROFILES } from "../../../src/domain/profiles.ts";
import { newSerialNumber } from "../../../src/x509/serial-number.ts";
import { DAY_MS, DEVICE, errorOf, makeIssuer, NOW_MS, subjectOf, temporaryHome } from "../authorities.ts";

const home = temporaryHome();
let issuers: readonly LoadedIssuer[];
beforeAll(async () => {
  issuers = await Promise.all(
    (["ec-p256", "ec-p384", "rsa-2048"] as const).map((key) => makeIssuer(home, key, { key })),
  );
});
afterAll(() => home[Symbol.dispose]());

function request(changed: Partial<PrepareLeafRequest> = {}, issuer = issuers[0]): PrepareLeafRequest {
  if (issuer === undefined) throw new Error("no issuer");
  return {
    issuerCertificate: issuer.certificateDer,
    signatureAlgorithm: issuer.signatureAlgorithm,
    profile: DEVICE,
    key: "ec-p256",
    validity: { notBeforeMs: issuer.notBeforeMs, notAfterMs: NOW_MS + 365 * DAY_MS },
    sample: { externalId: "dev-1", subject: subjectOf("dev-1") },
    mayOutliveIssuer: false,
    ...changed,
  };
}

describe("prepareLeaf", () => {
  test("hands out a template that the issuer's own key can sign with", () => {
    const [issuer] = issuers;
    if (issuer === undefined) throw new Error("no issuer");
    const spki = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "der" });
    const leaf = { serialNumber: newSerialNumber(), subject: subjectOf("dev-7"), spki };
    const signed = new X509Certificate(signLeaf(prepareLeaf(request()), openSigner(issuer.signer), leaf));
    expect(signed.subject).toBe("CN=dev-7");
    expect(signed.verify(new X509Certificate(issuer.certificateDer).publicKey)).toBe(true);
  });

  test("finds nothing wrong with the built-in profiles, for every issuer and device key", () => {
    for (const issuer of issuers) {
      for (const key of KEY_ALGORITHMS) {
        expect(prepareLeaf(request({ key }, issuer)).signatureAlgorithm).toBe(issuer.signatureAlgorithm);
        const subject = subjectOf("dev-1", { attribute: "serialNumber", value: "0815" });
        const validity = { notBeforeMs: issuer.notBeforeMs, notAfterMs: NEVER_MS };
        const idevid = { profile: BUILT_IN_PROFILES.idevid, sample: { externalId: "dev-1", subject }, validity };
        expect(prepareLeaf(request({ key, ...idevid, mayOutliveIssuer: true }, issuer)).notAfterMs).toBe(NEVER_MS);
      }
    }
  });

  test.each<readonly [string, Partial<PrepareLeafRequest>, RegExp]>([
    [
      "a usage for authorities",
      { profile: { ...DEVICE, name: "odd", keyUsage: ["keyCertSign"] } },
      /profile odd cannot be issued: .*keyCertSign.*\(RFC 5280, 4\.2\.1\.3\)/,
    ],
    [
      "nothing but keyEncipherment with EC",
      { profile: { ...DEVICE, keyUsage: ["keyEncipherment"] } },
      /allows nothing/,
    ],
    ["an identity without its serial number", { profile: BUILT_IN_PROFILES.idevid }, /no serialNumber/],
    [
      "an ill-formed purpose",
      { profile: { ...DEVICE, extendedKeyUsage: ["1.3.x"] } },
      /not an object identifier: 1\.3\.x/,
    ],
    [
      "a subject whose CN is another",
      { sample: { externalId: "dev-2", subject: subjectOf("dev-1") } },
      /CN is not the device's id/,
    ],
    [
      "a serialNumber outside PrintableString",
      { sample: { externalId: "d", subject: subjectOf("d", { attribute: "serialNumber", value: "ä" }) } },
      /serialNumber does not fit/,
    ],
    ["an end after the issuer's", { validity: { notBeforeMs: NOW_MS, notAfterMs: NEVER_MS } }, /ends after its issuer/],
  ])("refuses %s as usage", async (_what, changed, message) => {
    const error = await errorOf(() => prepareLeaf(request(changed)));
    expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(message)]);
  });
});
