import { X509Certificate } from "node:crypto";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysOfRun } from "../../src/authority/authority-key.ts";
import { createAuthority } from "../../src/authority/create-authority.ts";
import {
  describeAuthority,
  listAuthorities,
  loadIssuer,
  proveIssuerKey,
  readAuthority,
  readableAuthorities,
} from "../../src/authority/load-authority.ts";
import { authorityLayout, homeLayout } from "../../src/disk/layout.ts";
import { writePem } from "../../src/x509/pem.ts";
import {
  DAY_MS,
  errorOf,
  keyOf,
  makeIssuer,
  NOW_MS,
  noOpenssl,
  openssl,
  PASSPHRASE,
  serialRecorder,
  temporaryHome,
} from "./authorities.ts";

const home = temporaryHome();
const line = authorityLayout(home, "line");

beforeAll(async () => {
  const root = await makeIssuer(home, "root", { pathLength: 2 });
  const site = await makeIssuer(home, "site", { issuer: root, key: "ec-p384" });
  await makeIssuer(home, "line", { issuer: site });
  await makeIssuer(home, "other");
});
afterAll(() => home[Symbol.dispose]());

/** Loads "line" from a copy of the home in which `spoil` has changed something. */
async function faultAfter(spoil: (copy: typeof line) => void, nowMs = NOW_MS, maxChain = 10) {
  using copy = temporaryHome();
  cpSync(home.root, copy.root, { recursive: true });
  spoil(authorityLayout(homeLayout(copy.root), "line"));
  return await errorOf(() => loadIssuer(copy, "line", PASSPHRASE, nowMs, maxChain));
}

function pemsOf(name: string): readonly string[] {
  return readAuthority(home, name).chainDer.map((der) => writePem("CERTIFICATE", der));
}

describe("loadIssuer", () => {
  test("signs with the key that the run has proven before, and opens it anew for another run", () => {
    const keys = keysOfRun();
    const proven: unknown[] = [];
    const prove: typeof keys.prove = (...of) => {
      const key = keys.prove(...of);
      proven.push(key);
      return key;
    };
    proveIssuerKey(home, "line", PASSPHRASE, { ...keys, prove });
    const keyOf = (of: typeof keys) => loadIssuer(home, "line", PASSPHRASE, NOW_MS, 10, of).signer.key;
    expect(proven).toHaveLength(1);
    expect(keyOf(keysOfRun())).not.toBe(proven[0]);
    expect(keyOf(keys)).toBe(proven[0]);
  });

  test("hands out what a lot needs, the chain from itself to the anchor", () => {
    const issuer = loadIssuer(home, "line", PASSPHRASE, NOW_MS, 10);
    const certificate = new X509Certificate(readFileSync(line.certificate));
    expect(issuer).toMatchObject({
      name: "line",
      subject: "CN=line",
      sha1: certificate.fingerprint.replaceAll(":", "").toLowerCase(),
      sha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
      signatureAlgorithm: "ecdsa-with-SHA256",
      keyAlgorithm: "ec-p256",
      pathLength: 0,
      notBeforeMs: certificate.validFromDate.getTime(),
      notAfterMs: certificate.validToDate.getTime(),
    });
    expect(issuer.chainDer.map((der) => new X509Certificate(der).subject)).toEqual(["CN=line", "CN=site", "CN=root"]);
    expect(issuer.chainPem).toBe(readFileSync(line.chain, "utf8"));
    expect(certificate.checkPrivateKey(keyOf(issuer))).toBe(true);
  });

  test("names the authorities there are when asked for one that is not", async () => {
    for (const name of ["nowhere", "../root", ""]) {
      const error = await errorOf(() => loadIssuer(home, name, PASSPHRASE, NOW_MS, 10));
      expect([error.code, error.message]).toEqual([
        "usage",
        expect.stringContaining("there are line, other, root, site"),
      ]);
    }
    using empty = temporaryHome();
    const none = await errorOf(() => loadIssuer(empty, "line", PASSPHRASE, NOW_MS, 10));
    expect([none.code, none.message]).toEqual(["usage", expect.stringContaining("there is none yet")]);
  });

  test("refuses a wrong passphrase without repeating it", async () => {
    const error = await errorOf(() => loadIssuer(home, "line", "open sesame 42", NOW_MS, 10));
    expect([error.code, error.message]).toEqual([
      "issuer-unusable",
      expect.stringContaining("LOTMINT_PASSPHRASE_LINE"),
    ]);
    expect(error.message).not.toContain("open sesame 42");
  });

  test("works at the first and the last second of its validity, and not a second around them", async () => {
    const { notBeforeMs, notAfterMs } = loadIssuer(home, "line", PASSPHRASE, NOW_MS, 10);
    expect(loadIssuer(home, "line", PASSPHRASE, notBeforeMs, 10).name).toBe("line");
    expect(loadIssuer(home, "line", PASSPHRASE, notAfterMs + 999, 10).name).toBe("line");
    expect((await faultAfter(() => {}, notBeforeMs - 1)).message).toContain("is not valid before");
    expect((await faultAfter(() => {}, notAfterMs + 1000)).message).toContain("CN=line expired at");
  });

  test("counts the device into maxChain", async () => {
    expect(loadIssuer(home, "line", PASSPHRASE, NOW_MS, 4).chainDer).toHaveLength(3);
    expect((await faultAfter(() => {}, NOW_MS, 3)).message).toContain("4 certificates, but maxChain allows 3");
  });

  test.each<readonly [string, (copy: typeof line) => void, RegExp]>([
    ["its key is gone", ({ key }) => rmSync(key), /imported without a key/],
    ["its key is another's", ({ key }) => cpSync(authorityLayout(home, "other").key, key), /key\.pem does not belong/],
    [
      "its certificate is garbage",
      ({ certificate }) => writeFileSync(certificate, writePem("CERTIFICATE", Buffer.from("hello"))),
      /not a certificate/,
    ],
    [
      "its certificate file holds two",
      ({ certificate, chain }) => cpSync(chain, certificate),
      /exactly one certificate/,
    ],
    ["its chain is gone", ({ chain }) => rmSync(chain), /cannot be read/],
    ["its chain is empty", ({ chain }) => writeFileSync(chain, ""), /does not begin with/],
    [
      "its chain begins with another",
      ({ chain }) => writeFileSync(chain, pemsOf("other").join("")),
      /does not begin with/,
    ],
    [
      "its chain lacks the anchor",
      ({ chain }) => writeFileSync(chain, pemsOf("line").slice(0, 2).join("")),
      /ends at CN=site, which is not self-signed/,
    ],
    [
      "its chain lacks a link",
      ({ chain }) =>
        writeFileSync(
          chain,
          pemsOf("line")
            .filter((_, index) => index !== 1)
            .join(""),
        ),
      /was issued by CN=site, but the chain goes on with CN=root/,
    ],
    [
      "its chain repeats a link",
      ({ chain }) => writeFileSync(chain, [...pemsOf("line"), ...pemsOf("root")].join("")),
      /CN=root stands in its chain twice/,
    ],
  ])("refuses as issuer-unusable when %s", async (_what, spoil, message) => {
    const error = await faultAfter(spoil);
    expect([error.code, error.message]).toEqual(["issuer-unusable", expect.stringMatching(message)]);
  });

  test("refuses a link that was changed after it was signed", async () => {
    const error = await faultAfter(({ chain }) => {
      const [first, second, ...rest] = readAuthority(home, "line").chainDer.map((der) => Buffer.from(der));
      if (first === undefined || second === undefined) throw new Error("no chain");
      const at = second.indexOf("site", second.indexOf("root") + 4);
      // Its subject stays as it is, so that only the signature can tell.
      const serial = second.indexOf(Buffer.from("0214", "hex")) + 5;
      expect(at).toBeGreaterThan(0);
      second[serial] = (second[serial] ?? 0) ^ 1;
      writeFileSync(chain, [first, second, ...rest].map((der) => writePem("CERTIFICATE", der)).join(""));
    });
    expect([error.code, error.message]).toEqual([
      "issuer-unusable",
      expect.stringContaining("the signature on CN=site is not by CN=root"),
    ]);
  });
});

describe("reading without the key", () => {
  test.skipIf(noOpenssl)("describes an authority as openssl does", () => {
    const description = describeAuthority(home, "line");
    const look = (flag: string) => openssl("x509", "-in", line.certificate, "-noout", flag).trim();
    expect(look("-serial")).toBe(`serial=${description.serialNumber.toUpperCase()}`);
    expect(look("-fingerprint").replaceAll(":", "").toLowerCase()).toBe(`sha1 fingerprint=${description.sha1}`);
    expect(description).toMatchObject({
      name: "line",
      subject: "CN=line",
      issuer: "CN=site",
      key: "ec-p256",
      pathLength: 0,
      chain: ["CN=line", "CN=site", "CN=root"],
      hasKey: true,
    });
    expect(Date.parse(description.notBefore)).toBe(NOW_MS - 5 * 60_000);
  });

  test("lists all authorities by name, and nothing that is half made", async () => {
    using fresh = temporaryHome();
    expect(listAuthorities(fresh)).toEqual([]);
    for (const name of ["b", "a"]) {
      await createAuthority(fresh, serialRecorder(), { name, passphrase: PASSPHRASE, maxChain: 10, nowMs: NOW_MS });
    }
    cpSync(authorityLayout(fresh, "a").folder, authorityLayout(fresh, ".c.new").folder, { recursive: true });
    expect(listAuthorities(fresh).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("lists a damaged authority as damaged, beside the others", () => {
    using copy = temporaryHome();
    cpSync(home.root, copy.root, { recursive: true });
    writeFileSync(authorityLayout(copy, "other").certificate, "no certificate");
    const entries = listAuthorities(copy);
    expect(entries.find(({ name }) => name === "other")).toEqual({
      state: "damaged",
      name: "other",
      problem: expect.stringMatching(/authority other cannot be used/),
    });
    expect(entries.filter(({ state }) => state === "ready").length).toBe(listAuthorities(home).length - 1);
    expect(readableAuthorities(copy).map(({ name }) => name)).not.toContain("other");
    rmSync(authorityLayout(copy, "other").certificate);
    expect(listAuthorities(copy).find(({ name }) => name === "other")).toMatchObject({ state: "damaged" });
  });

  test("tells that an authority has no key, and no path length", () => {
    using copy = temporaryHome();
    cpSync(home.root, copy.root, { recursive: true });
    rmSync(authorityLayout(copy, "other").key);
    expect(describeAuthority(copy, "other")).toMatchObject({ hasKey: false, pathLength: null });
    expect(Date.parse(describeAuthority(copy, "other").notAfter)).toBe(NOW_MS + 10_950 * DAY_MS - 1000);
  });
});
