import { createPublicKey } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readForeignCertificates } from "../../../src/authority/foreign/foreign-file.ts";
import { importAuthority } from "../../../src/authority/foreign/import-authority.ts";
import { type LoadedIssuer, listAuthorities, loadIssuer } from "../../../src/authority/load-authority.ts";
import { readPkcs10 } from "../../../src/authority/request/read-pkcs10.ts";
import { requestAuthority } from "../../../src/authority/request/request-authority.ts";
import { signRequest } from "../../../src/authority/request/sign-request.ts";
import { authorityLayout, type Home } from "../../../src/disk/layout.ts";
import {
  adoptionRecorder,
  errorOf,
  keyOf,
  makeIssuer,
  NOW_MS,
  noOpenssl,
  openssl,
  PASSPHRASE,
  serialRecorder,
  temporaryHome,
} from "../authorities.ts";

const headquarters = temporaryHome();
const SUBJECT = [
  { attribute: "CN", value: "Line Süd" },
  { attribute: "O", value: "Acme GmbH" },
] as const;
let issuer: LoadedIssuer;

beforeAll(async () => {
  issuer = await makeIssuer(headquarters, "hq", { pathLength: 1 });
});
afterAll(() => headquarters[Symbol.dispose]());

const requested = (home: Home, name = "line", passphrase = PASSPHRASE) =>
  requestAuthority(home, adoptionRecorder(), { name, subject: SUBJECT, passphrase, nowMs: NOW_MS });

/** Has a request signed at headquarters, and gives what is handed back as a file's certificates. */
async function signed(home: Home, name = "line") {
  const request = readPkcs10(readFileSync(authorityLayout(home, name).request));
  if ("problem" in request) throw new Error(request.problem);
  const { pem } = await signRequest(headquarters, serialRecorder(), { request, issuer, maxChain: 10, nowMs: NOW_MS });
  const file = `${home.root}/signed.pem`;
  writeFileSync(file, pem);
  return { certificates: readForeignCertificates(file), above: [] };
}

const limits = { maxChain: 10, nowMs: NOW_MS };

describe("requestAuthority", () => {
  test("keeps the key here, and asks for what an authority needs", async () => {
    using home = temporaryHome();
    const recorder = adoptionRecorder();
    const options = { name: "line", subject: SUBJECT, key: "ec-p384", passphrase: PASSPHRASE, nowMs: NOW_MS } as const;
    const { pem, path, subject } = await requestAuthority(home, recorder, options);
    expect([subject, readFileSync(path, "utf8")]).toEqual(["CN=Line Süd,O=Acme GmbH", pem]);
    expect(readdirSync(authorityLayout(home, "line").folder).sort()).toEqual([
      "authority.yaml",
      "key.pem",
      "request.pem",
    ]);
    expect(readFileSync(authorityLayout(home, "line").key, "utf8")).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    expect(recorder.calls).toEqual(["authority-requested line"]);
    const request = readPkcs10(pem);
    if ("problem" in request) throw new Error(request.problem);
    expect(createPublicKey({ key: request.spki, format: "der", type: "spki" }).asymmetricKeyDetails).toEqual({
      namedCurve: "secp384r1",
    });
    expect(listAuthorities(home)).toEqual([
      { state: "requested", name: "line", problem: expect.stringMatching(/waits for its certificate/) },
    ]);
    const error = await errorOf(() => loadIssuer(home, "line", PASSPHRASE, NOW_MS, 10));
    expect([error.code, error.message]).toEqual(["issuer-unusable", expect.stringMatching(/authority import line/)]);
  });

  test.skipIf(noOpenssl)("writes a request that openssl verifies", async () => {
    using home = temporaryHome();
    const { path } = await requested(home);
    const text = openssl("req", "-in", path, "-noout", "-verify", "-text", "-nameopt", "utf8");
    expect(text).toMatch(/Subject: CN *= *Line Süd/);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Certificate Sign, CRL Sign/);
  });

  test("is completed by its certificate, whose chain may come in the same file", async () => {
    using home = temporaryHome();
    await requested(home);
    const description = await importAuthority(home, adoptionRecorder(), {
      name: "line",
      foreign: await signed(home),
      ...limits,
    });
    expect(description).toMatchObject({
      subject: "CN=Line Süd,O=Acme GmbH",
      chain: ["CN=Line Süd,O=Acme GmbH", "CN=hq"],
    });
    const loaded = loadIssuer(home, "line", PASSPHRASE, NOW_MS, 10);
    expect([loaded.pathLength, loaded.keyAlgorithm]).toEqual([0, "ec-p256"]);
  });

  test("is not completed by a certificate for another key, nor with a key", async () => {
    using home = temporaryHome();
    await requested(home);
    await requested(home, "other");
    const foreign = await signed(home, "other");
    const wrong = await errorOf(() => importAuthority(home, adoptionRecorder(), { name: "line", foreign, ...limits }));
    expect([wrong.code, wrong.message]).toEqual([
      "issuer-unusable",
      expect.stringMatching(/not for the key that was requested/),
    ]);
    const withKey = { ...(await signed(home)), key: keyOf(issuer) };
    const keyed = await errorOf(() =>
      importAuthority(home, adoptionRecorder(), { name: "line", foreign: withKey, passphrase: PASSPHRASE, ...limits }),
    );
    expect([keyed.code, keyed.message]).toEqual(["usage", expect.stringMatching(/key never left/)]);
    expect(listAuthorities(home).map(({ state }) => state)).toEqual(["requested", "requested"]);
  });

  test("refuses a name that is taken, a short passphrase and a subject that no certificate can hold", async () => {
    using home = temporaryHome();
    await requested(home);
    expect((await errorOf(() => requested(home))).message).toMatch(/there is an authority line already/);
    expect((await errorOf(() => requested(home, "x", "eleven char"))).message).toMatch(/at least 12 characters/);
    const subject = [{ attribute: "C", value: "DEU" }] as const;
    const bad = { name: "x", subject, passphrase: PASSPHRASE, nowMs: NOW_MS };
    expect((await errorOf(() => requestAuthority(home, adoptionRecorder(), bad))).code).toBe("usage");
    expect(readdirSync(home.authorities)).toEqual(["line"]);
  });
});
