import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CreateAuthorityOptions, createAuthority } from "../../src/authority/create-authority.ts";
import { type LoadedIssuer, loadIssuer } from "../../src/authority/load-authority.ts";
import { resolveValidity } from "../../src/authority/resolve-validity.ts";
import { authorityLayout } from "../../src/disk/layout.ts";
import { OnboardingError } from "../../src/domain/error.ts";
import { readCertificate } from "../../src/x509/read-certificate.ts";
import {
  DAY_MS,
  errorOf,
  makeIssuer,
  NOW_MS,
  noOpenssl,
  openssl,
  PASSPHRASE,
  serialRecorder,
  temporaryHome,
} from "./authorities.ts";

const home = temporaryHome();
let root: LoadedIssuer;
beforeAll(async () => {
  root = await makeIssuer(home, "root", { pathLength: 1 });
});
afterAll(() => home[Symbol.dispose]());

function options(name: string, changed: Partial<CreateAuthorityOptions> = {}): CreateAuthorityOptions {
  return { name, passphrase: PASSPHRASE, maxChain: 10, nowMs: NOW_MS, ...changed };
}

function certificateOf(name: string): X509Certificate {
  return new X509Certificate(readFileSync(authorityLayout(home, name).certificate));
}

describe("createAuthority", () => {
  test.skipIf(noOpenssl)("makes a root with the tutorial's extensions, valid for 10950 days", async () => {
    const description = await createAuthority(home, serialRecorder(), options("plain"));
    expect(description).toMatchObject({
      name: "plain",
      subject: "CN=plain",
      issuer: "CN=plain",
      key: "ec-p256",
      pathLength: null,
    });
    expect(Date.parse(description.notAfter)).toBe(NOW_MS + 10_950 * DAY_MS - 1000);
    const { certificate } = authorityLayout(home, "plain");
    const text = openssl("x509", "-in", certificate, "-noout", "-text");
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE\s*\n/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Certificate Sign, CRL Sign/);
    const { subjectKeyId, authorityKeyId } = readCertificate(certificateOf("plain").raw);
    expect(authorityKeyId).toEqual(subjectKeyId);
    expect(openssl("verify", "-x509_strict", "-CAfile", certificate, certificate)).toContain("OK");
  });

  test("takes the subject, key type, validity and path length that are asked for", async () => {
    const subject = [
      { attribute: "CN", value: "Wurzel Süd" },
      { attribute: "O", value: "Acme, GmbH" },
      { attribute: "C", value: "DE" },
    ] as const;
    const validity = { kind: "until", notAfterMs: Date.UTC(2055, 0, 1), asked: true } as const;
    const description = await createAuthority(
      home,
      serialRecorder(),
      options("south", { subject, key: "ec-p384", validity, pathLength: 3 }),
    );
    expect(description).toMatchObject({
      subject: String.raw`CN=Wurzel Süd,O=Acme\, GmbH,C=DE`,
      key: "ec-p384",
      notAfter: "2055-01-01T00:00:00Z",
      pathLength: 3,
    });
  });

  test("writes a private folder: key encrypted and 0600, chain up to the anchor, a description", async () => {
    await createAuthority(home, serialRecorder(), options("line", { issuer: root }));
    const layout = authorityLayout(home, "line");
    expect(readdirSync(layout.folder).sort()).toEqual(["authority.yaml", "certificate.pem", "chain.pem", "key.pem"]);
    expect(statSync(layout.folder).mode & 0o777).toBe(0o700);
    expect(statSync(layout.key).mode & 0o777).toBe(0o600);
    expect(readFileSync(layout.key, "utf8")).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    const rootPem = readFileSync(authorityLayout(home, "root").certificate, "utf8");
    expect(readFileSync(layout.chain, "utf8")).toBe(readFileSync(layout.certificate, "utf8") + rootPem);
    const certificate = certificateOf("line");
    expect(readFileSync(layout.description, "utf8").split("\n")).toEqual([
      'name: "line"',
      'issuer: "root"',
      'subject: "CN=line"',
      'key: "ec-p256"',
      `serialNumber: "${certificate.serialNumber.toLowerCase()}"`,
      `sha256: "${certificate.fingerprint256.replaceAll(":", "").toLowerCase()}"`,
      `created: "${new Date(NOW_MS).toISOString()}"`,
      "",
    ]);
  });

  test("reserves the serial number before anything is written, and records the certificate when it is in place", async () => {
    const recorder = serialRecorder();
    const seen: boolean[] = [];
    const { folder } = authorityLayout(home, "order");
    await createAuthority(
      home,
      {
        ...recorder,
        reserveSerial: async (reservation) => {
          seen.push(existsSync(folder));
          await recorder.reserveSerial(reservation);
        },
        recordCertificate: async (certificate) => {
          seen.push(existsSync(folder));
          await recorder.recordCertificate(certificate);
        },
      },
      options("order", { issuer: root }),
    );
    const certificate = certificateOf("order");
    const serialNumber = certificate.serialNumber.toLowerCase();
    const sha256 = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
    expect(recorder.calls).toEqual([`reserve ${serialNumber} root CN=order`, `record ${serialNumber} ${sha256}`]);
    expect(seen).toEqual([false, true]);
  });

  test("signs nothing when the ledger does not take the reservation", async () => {
    const recorder = serialRecorder();
    const refusing = {
      ...recorder,
      reserveSerial: async () => {
        throw new OnboardingError("taken", { code: "state-damaged" });
      },
    };
    expect((await errorOf(() => createAuthority(home, refusing, options("never")))).code).toBe("state-damaged");
    expect(existsSync(authorityLayout(home, "never").folder)).toBe(false);
    expect(recorder.calls).toEqual([]);
  });

  test("abandons the serial number and leaves nothing behind when the folder cannot be put in place", async () => {
    const recorder = serialRecorder();
    const { folder } = authorityLayout(home, "rival");
    const racing = {
      ...recorder,
      reserveSerial: async (reservation: Parameters<typeof recorder.reserveSerial>[0]) => {
        await recorder.reserveSerial(reservation);
        mkdirSync(folder);
        writeFileSync(join(folder, "mine"), "");
      },
    };
    const error = await errorOf(() => createAuthority(home, racing, options("rival")));
    expect([error.code, error.message]).toEqual([
      "usage",
      expect.stringContaining("there is an authority rival already"),
    ]);
    expect(recorder.calls.map((call) => call.split(" ")[0])).toEqual(["reserve", "abandon"]);
    expect(readdirSync(folder)).toEqual(["mine"]);
    expect(readdirSync(home.authorities).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("is not hindered by what a killed creation left aside", async () => {
    const asides = [".again.new", ".again.0123abcd.new"].map((name) => join(home.authorities, name));
    const [killed = "", atWork = ""] = asides;
    for (const aside of asides) {
      mkdirSync(aside, { recursive: true });
      writeFileSync(join(aside, "certificate.pem"), "half");
    }
    const longAgo = Date.now() / 1000 - 3600;
    utimesSync(killed, longAgo, longAgo);
    await createAuthority(home, serialRecorder(), options("again"));
    expect(loadIssuer(home, "again", PASSPHRASE, NOW_MS, 10).name).toBe("again");
    // What another creation of that name is writing stays whole, and fails by itself.
    expect([existsSync(killed), readFileSync(join(atWork, "certificate.pem"), "utf8")]).toEqual([false, "half"]);
    rmSync(atWork, { recursive: true });
  });

  test("of two creations of one name at once makes one, and refuses the other", async () => {
    const made = await Promise.allSettled([1, 2].map(() => createAuthority(home, serialRecorder(), options("twin"))));
    const errors = made.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(errors).toEqual([expect.objectContaining({ code: "usage" })]);
    expect(loadIssuer(home, "twin", PASSPHRASE, NOW_MS, 10).name).toBe("twin");
    expect(readdirSync(home.authorities).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("cuts the default validity to the issuer's end, and refuses one that was asked for beyond it", async () => {
    const validity = { kind: "days", days: 100, asked: true } as const;
    const short = await makeIssuer(home, "short", { validity });
    const below = await createAuthority(home, serialRecorder(), options("below-short", { issuer: short }));
    expect(Date.parse(below.notAfter)).toBe(short.notAfterMs);
    const asked = options("refused", { issuer: short, validity: { kind: "days", days: 101, asked: true } });
    expect((await errorOf(() => createAuthority(home, serialRecorder(), asked))).code).toBe("issuer-unusable");
    const within = options("within", { issuer: short, validity: { kind: "days", days: 99, asked: true } });
    expect(Date.parse((await createAuthority(home, serialRecorder(), within)).notAfter)).toBe(
      NOW_MS + 99 * DAY_MS - 1000,
    );
  });

  test("a new intermediate outlives what it signs in its first ten years, with the default validity", async () => {
    const { notAfter } = await createAuthority(home, serialRecorder(), options("line-default", { issuer: root }));
    const line = { notBeforeMs: NOW_MS, notAfterMs: Date.parse(notAfter) };
    const device = { kind: "days", days: 3650, asked: false } as const;
    const cutAfter = (days: number) => resolveValidity(device, "reject", line, NOW_MS + days * DAY_MS).cut;
    expect([cutAfter(0), cutAfter(3650), cutAfter(3651)]).toEqual([false, false, true]);
  });

  test("leaves an intermediate 7300 days below a root that lasts longer", async () => {
    const { notAfter } = await createAuthority(home, serialRecorder(), options("decade", { issuer: root }));
    expect(Date.parse(notAfter)).toBe(NOW_MS + 7300 * DAY_MS - 1000);
  });

  test.each<readonly [string, string, () => Partial<CreateAuthorityOptions>, string, RegExp]>([
    ["a name that is taken", "root", () => ({}), "usage", /there is an authority root already/],
    ["a bad name", "Root", () => ({}), "usage", /cannot be an authority's name/],
    ["a short passphrase", "x", () => ({ passphrase: "eleven char" }), "usage", /at least 12 characters/],
    ["a bad subject", "x", () => ({ subject: [{ attribute: "C", value: "DEU" }] }), "usage", /two letters/],
    ["an empty subject", "x", () => ({ subject: [] }), "usage", /it is empty/],
    [
      "its issuer's subject",
      "x",
      () => ({ issuer: root, subject: [{ attribute: "CN", value: "root" }] }),
      "usage",
      /same subject as its issuer root/,
    ],
    ["a broken path length", "x", () => ({ pathLength: 1.5 }), "usage", /whole number from 0 to 255/],
    ["a negative path length", "x", () => ({ pathLength: -1 }), "usage", /whole number from 0 to 255/],
    [
      "a path length as long as its issuer's",
      "x",
      () => ({ issuer: root, pathLength: 1 }),
      "issuer-unusable",
      /at most 0 is possible, not 1/,
    ],
    [
      "an issuer with path length 0",
      "x",
      () => ({ issuer: { ...root, pathLength: 0 } }),
      "issuer-unusable",
      /path length 0/,
    ],
    [
      "a chain that is too long",
      "x",
      () => ({ issuer: root, maxChain: 2 }),
      "issuer-unusable",
      /3 certificates long, but maxChain allows 2/,
    ],
    [
      "a root with no room for a device",
      "x",
      () => ({ maxChain: 1 }),
      "issuer-unusable",
      /2 certificates long, but maxChain allows 1/,
    ],
  ])("refuses %s before anything is reserved", async (_what, name, changed, code, message) => {
    const recorder = serialRecorder();
    const error = await errorOf(() => createAuthority(home, recorder, options(name, changed())));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(recorder.calls).toEqual([]);
    expect(existsSync(authorityLayout(home, "x").folder)).toBe(false);
  });
});
