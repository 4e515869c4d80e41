import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issuedCertificates } from "../../../src/authority/issued-certificates.ts";
import type { LoadedIssuer } from "../../../src/authority/load-authority.ts";
import { encodeAuthorityRequest } from "../../../src/authority/request/encode-request.ts";
import { type CertificateRequest, readPkcs10 } from "../../../src/authority/request/read-pkcs10.ts";
import { type SignRequestOptions, signRequest } from "../../../src/authority/request/sign-request.ts";
import { openSigner } from "../../../src/authority/signer.ts";
import { authorityLayout } from "../../../src/disk/layout.ts";
import { OnboardingError } from "../../../src/domain/error.ts";
import { parseSubject } from "../../../src/x509/distinguished-name.ts";
import { encodeSubject } from "../../../src/x509/name-der.ts";
import {
  DAY_MS,
  errorOf,
  keyOf,
  makeIssuer,
  NOW_MS,
  noOpenssl,
  openssl,
  serialRecorder,
  temporaryHome,
} from "../authorities.ts";

const home = temporaryHome();
let issuer: LoadedIssuer;
beforeAll(async () => {
  issuer = await makeIssuer(home, "hq", { pathLength: 2 });
});
afterAll(() => home[Symbol.dispose]());

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function requestOf(subject: string, key = newKey()): CertificateRequest {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const signer = openSigner({ kind: "key", key });
  const request = readPkcs10(encodeAuthorityRequest({ subject: encodeSubject(parseSubject(subject)), spki }, signer));
  if ("problem" in request) throw new Error(request.problem);
  return request;
}

function options(changed: Partial<SignRequestOptions> = {}): SignRequestOptions {
  return { request: requestOf("CN=Their Line,O=Acme"), issuer, maxChain: 10, nowMs: NOW_MS, ...changed };
}

describe("signRequest", () => {
  test.skipIf(noOpenssl)(
    "signs an intermediate with the limits of its issuer, and hands over the whole chain",
    async () => {
      const recorder = serialRecorder();
      const { certificate, pem, path } = await signRequest(home, recorder, options());
      expect(certificate.basicConstraints).toEqual({ ca: true, pathLength: 1 });
      expect(certificate.notAfterMs).toBe(NOW_MS + 7300 * DAY_MS - 1000);
      const words = `${certificate.serialNumber} `;
      expect(recorder.calls).toEqual([
        `reserve ${words}hq CN=Their Line,O=Acme`,
        `record ${words}${new X509Certificate(certificate.raw).fingerprint256.replaceAll(":", "").toLowerCase()}`,
      ]);
      const own = readFileSync(path, "utf8");
      expect(pem).toBe(own + readFileSync(authorityLayout(home, "hq").chain, "utf8"));
      const verified = openssl("verify", "-x509_strict", "-CAfile", authorityLayout(home, "hq").certificate, path);
      expect(verified).toContain("OK");
    },
  );

  test("takes the validity and the path length that are asked for", async () => {
    const validity = { kind: "days", days: 100, asked: true } as const;
    const { certificate } = await signRequest(home, serialRecorder(), options({ validity, pathLength: 0 }));
    expect(certificate.basicConstraints).toEqual({ ca: true, pathLength: 0 });
    expect(certificate.notAfterMs).toBe(NOW_MS + 100 * DAY_MS - 1000);
  });

  test("takes the subject over octet by octet", async () => {
    const request = requestOf("CN=Zwei,C=DE,O=Wörter");
    expect((await signRequest(home, serialRecorder(), options({ request }))).certificate.subject).toEqual(
      request.subject,
    );
  });

  test("reserves the number before there is a certificate, and keeps a copy before it is recorded", async () => {
    const recorder = serialRecorder();
    const kept = () => issuedCertificates(home).map(({ serialNumber }) => serialNumber);
    const before = kept().length;
    const seen: number[] = [];
    await signRequest(
      home,
      {
        ...recorder,
        reserveSerial: async (reservation) => {
          seen.push(kept().length - before);
          await recorder.reserveSerial(reservation);
        },
        recordCertificate: async (certificate) => {
          seen.push(kept().length - before);
          expect(kept()).toContain(certificate.serialNumber);
          await recorder.recordCertificate(certificate);
        },
      },
      options(),
    );
    expect(seen).toEqual([0, 1]);
  });

  test("signs nothing when the ledger does not take the reservation, and abandons a number when no copy can be kept", async () => {
    const recorder = serialRecorder();
    const refusing = {
      ...recorder,
      reserveSerial: async () => {
        throw new OnboardingError("taken", { code: "state-damaged" });
      },
    };
    const before = issuedCertificates(home).length;
    expect((await errorOf(() => signRequest(home, refusing, options()))).code).toBe("state-damaged");
    expect(issuedCertificates(home).length).toBe(before);

    using other = temporaryHome();
    mkdirSync(authorityLayout(other, "hq").folder, { recursive: true });
    writeFileSync(authorityLayout(other, "hq").issued, "a file where a folder belongs");
    expect((await errorOf(() => signRequest(other, recorder, options()))).code).toBe("disk-unwritable");
    expect(recorder.calls.map((call) => call.split(" ")[0])).toEqual(["reserve", "abandon"]);
  });

  test.each<readonly [string, () => Partial<SignRequestOptions>, string, RegExp]>([
    ["its issuer's subject", () => ({ request: requestOf("CN=hq") }), "usage", /same subject as its issuer hq/],
    ["its issuer's key", () => ({ request: requestOf("CN=x", keyOf(issuer)) }), "usage", /key is the issuer's own/],
    [
      "a key that lotmint does not sign with",
      () => ({ request: requestOf("CN=x", generateKeyPairSync("rsa", { modulusLength: 2056 }).privateKey) }),
      "usage",
      /its key is rsa 2056/,
    ],
    ["too much path length", () => ({ pathLength: 2 }), "issuer-unusable", /at most 1 is possible, not 2/],
    [
      "an issuer with path length 0",
      () => ({ issuer: { ...issuer, pathLength: 0 } }),
      "issuer-unusable",
      /path length 0/,
    ],
    [
      "a chain that gets too long",
      () => ({ maxChain: 2 }),
      "issuer-unusable",
      /3 certificates long, but maxChain allows 2/,
    ],
    [
      "an end after its issuer's",
      () => ({ validity: { kind: "days", days: 10_951, asked: true } }),
      "issuer-unusable",
      /after the issuer's own end/,
    ],
  ])("refuses %s before anything is reserved", async (_what, changed, code, message) => {
    const recorder = serialRecorder();
    const error = await errorOf(() => signRequest(home, recorder, options(changed())));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(recorder.calls).toEqual([]);
  });
});

test("a copy that cannot be read hides none of the others", async () => {
  const { path } = await signRequest(home, serialRecorder(), options());
  const before = issuedCertificates(home).length;
  writeFileSync(path, "spoilt");
  expect(existsSync(path)).toBe(true);
  expect(issuedCertificates(home).length).toBe(before - 1);
});
