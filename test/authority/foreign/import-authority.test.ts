import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readForeignCertificates } from "../../../src/authority/foreign/foreign-file.ts";
import { type ImportAuthorityOptions, importAuthority } from "../../../src/authority/foreign/import-authority.ts";
import type { ForeignAuthority } from "../../../src/authority/foreign/prove-foreign.ts";
import { type LoadedIssuer, loadIssuer, readAuthority } from "../../../src/authority/load-authority.ts";
import { authorityLayout } from "../../../src/disk/layout.ts";
import {
  adoptionRecorder,
  CA_EXTENSIONS,
  DAY_MS,
  errorOf,
  keyOf,
  makeIssuer,
  NOW_MS,
  noOpenssl,
  openssl,
  PASSPHRASE,
  temporaryFolder,
  temporaryHome,
} from "../authorities.ts";

const elsewhere = temporaryHome();
const folder = temporaryFolder();
const path = (name: string) => join(folder.path, name);
let root: LoadedIssuer;
let line: LoadedIssuer;

beforeAll(async () => {
  root = await makeIssuer(elsewhere, "root", { pathLength: 1 });
  line = await makeIssuer(elsewhere, "line", { issuer: root });
});
afterAll(() => {
  elsewhere[Symbol.dispose]();
  folder[Symbol.dispose]();
});

function certificatesOf(name: string): ForeignAuthority["certificates"] {
  return [readAuthority(elsewhere, name).certificate];
}

/** The intermediate with its key and its root, as files would give it. */
function whole(changed: Partial<ForeignAuthority> = {}): ForeignAuthority {
  return { certificates: certificatesOf("line"), above: certificatesOf("root"), key: keyOf(line), ...changed };
}

function options(changed: Partial<ImportAuthorityOptions> = {}): ImportAuthorityOptions {
  return { name: "line", foreign: whole(), passphrase: PASSPHRASE, maxChain: 10, nowMs: NOW_MS, ...changed };
}

/** A self-signed certificate of openssl's with its key, with whatever is wrong about it. */
function selfSigned(name: string, ...args: readonly string[]): ForeignAuthority {
  const files = ["-keyout", path(`${name}.key`), "-out", path(`${name}.pem`), "-subj", `/CN=${name}`];
  openssl("req", "-x509", "-noenc", ...files, ...args);
  const key = createPrivateKey(readFileSync(path(`${name}.key`)));
  return { certificates: readForeignCertificates(path(`${name}.pem`)), above: [], key };
}
const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

describe("importAuthority", () => {
  test("stores the authority as lotmint stores its own, its key under the authority's own passphrase", async () => {
    using home = temporaryHome();
    const recorder = adoptionRecorder();
    const description = await importAuthority(home, recorder, options());
    expect(description).toMatchObject({
      name: "line",
      subject: "CN=line",
      chain: ["CN=line", "CN=root"],
      hasKey: true,
    });
    const layout = authorityLayout(home, "line");
    expect(readdirSync(layout.folder).sort()).toEqual(["authority.yaml", "certificate.pem", "chain.pem", "key.pem"]);
    expect(statSync(layout.folder).mode & 0o777).toBe(0o700);
    expect(statSync(layout.key).mode & 0o777).toBe(0o600);
    expect(readFileSync(layout.key, "utf8")).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(loadIssuer(home, "line", PASSPHRASE, NOW_MS, 10).sha256).toBe(line.sha256);
    const serialNumber = new X509Certificate(line.certificateDer).serialNumber.toLowerCase();
    expect(recorder.calls).toEqual([`adopt CN=root ${serialNumber} CN=line`, "authority-imported line"]);
  });

  test("finds the chain in the authorities that are here, and calls the issuer by its name here", async () => {
    using home = temporaryHome();
    const recorder = adoptionRecorder();
    const anchor = { certificates: certificatesOf("root"), above: [] };
    await importAuthority(home, recorder, options({ name: "hq", foreign: anchor, passphrase: undefined }));
    await importAuthority(home, recorder, options({ foreign: whole({ above: [] }) }));
    expect(readAuthority(home, "line").chain.length).toBe(2);
    expect(recorder.calls.filter((call) => call.startsWith("adopt")).map((call) => call.split(" ")[1])).toEqual([
      "hq",
      "hq",
    ]);
  });

  test("takes a certificate without its key for trust and upload only", async () => {
    using home = temporaryHome();
    const foreign = whole({ key: undefined });
    expect(await importAuthority(home, adoptionRecorder(), options({ foreign, passphrase: undefined }))).toMatchObject({
      hasKey: false,
    });
    expect(existsSync(authorityLayout(home, "line").key)).toBe(false);
    const error = await errorOf(() => loadIssuer(home, "line", PASSPHRASE, NOW_MS, 10));
    expect([error.code, error.message]).toEqual(["issuer-unusable", expect.stringMatching(/without a key/)]);
  });

  test("picks the certificate that the key fits out of several", async () => {
    using home = temporaryHome();
    const certificates = [...certificatesOf("root"), ...certificatesOf("line")];
    const { subject } = await importAuthority(
      home,
      adoptionRecorder(),
      options({ foreign: whole({ certificates, above: [] }) }),
    );
    expect(subject).toBe("CN=line");
  });

  test("records what it has signed before its folder is there, and nothing when it is refused", async () => {
    using home = temporaryHome();
    const bare = { notAfterMs: NOW_MS, sha256: null, publicKeySha256: null };
    const issued = [
      { ...bare, serialNumber: "1000", subject: "/CN=a", revoked: null },
      { ...bare, serialNumber: "1001", subject: "/CN=b", revoked: { atMs: NOW_MS, reason: "superseded" as const } },
    ];
    const refusing = adoptionRecorder();
    await errorOf(() => importAuthority(home, refusing, options({ issued, maxChain: 2 })));
    expect(refusing.calls).toEqual([]);
    const recorder = adoptionRecorder();
    const seen: boolean[] = [];
    await importAuthority(
      home,
      {
        ...recorder,
        adoptCertificates: (issuer, certificates) => {
          seen.push(existsSync(authorityLayout(home, "line").folder));
          return recorder.adoptCertificates(issuer, certificates);
        },
      },
      options({ issued }),
    );
    expect(recorder.calls.slice(0, 2)).toEqual(["adopt line 1000 /CN=a", "adopt line 1001 /CN=b superseded"]);
    expect(seen).toEqual([false, false]);
  });

  test("does not take in again a certificate that the ledger signed itself", async () => {
    using home = temporaryHome();
    const serialNumber = new X509Certificate(line.certificateDer).serialNumber.toLowerCase();
    const known = { state: "issued", sha256: line.sha256, issuer: "hq" } as const;
    const recorder = adoptionRecorder({ [serialNumber]: known });
    await importAuthority(home, recorder, options());
    expect(recorder.calls).toEqual(["authority-imported line"]);
  });

  test.each([
    ["was revoked", { state: "revoked", issuer: "hq" }, /which is revoked/],
    ["was given up", { state: "abandoned", issuer: "hq", sha256: null }, /hq has abandoned/],
    ["is another one's", { state: "issued", issuer: "hq", sha256: "0".repeat(64) }, /knows another certificate/],
  ] as const)("refuses a certificate whose serial number %s in the ledger", async (_what, known, message) => {
    using home = temporaryHome();
    const serialNumber = new X509Certificate(line.certificateDer).serialNumber.toLowerCase();
    const recorder = adoptionRecorder({ [serialNumber]: { sha256: line.sha256, ...known } });
    const error = await errorOf(() => importAuthority(home, recorder, options()));
    expect([error.code, error.message]).toEqual(["issuer-unusable", expect.stringMatching(message)]);
    expect(existsSync(authorityLayout(home, "line").folder)).toBe(false);
  });

  test.each<readonly [string, () => Partial<ImportAuthorityOptions>, string, RegExp]>([
    ["a bad name", () => ({ name: "Line" }), "usage", /cannot be an authority's name/],
    ["a short passphrase", () => ({ passphrase: "eleven char" }), "usage", /at least 12 characters/],
    [
      "a key of another certificate",
      () => ({ foreign: whole({ key: keyOf(root) }) }),
      "issuer-unusable",
      /key does not belong to the certificate/,
    ],
    [
      "a chain without its anchor",
      () => ({ foreign: whole({ above: [] }) }),
      "issuer-unusable",
      /ends at CN=line, which is not self-signed/,
    ],
    ["no room for a device", () => ({ maxChain: 2 }), "issuer-unusable", /3 certificates, but maxChain allows 2/],
    ["one that has expired", () => ({ nowMs: line.notAfterMs + DAY_MS }), "issuer-unusable", /CN=line expired at/],
    ["one that is not valid yet", () => ({ nowMs: line.notBeforeMs - DAY_MS }), "issuer-unusable", /not valid before/],
  ])("refuses %s", async (_what, changed, code, message) => {
    using home = temporaryHome();
    const recorder = adoptionRecorder();
    const error = await errorOf(() => importAuthority(home, recorder, options(changed())));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(recorder.calls).toEqual([]);
    expect(existsSync(home.authorities) ? readdirSync(home.authorities) : []).toEqual([]);
  });

  test.skipIf(noOpenssl).each<readonly [string, () => ForeignAuthority, RegExp]>([
    [
      "short",
      () => selfSigned("short", "-newkey", "rsa:1024", ...CA_EXTENSIONS),
      /RSA key has 1024 bits; at least 2048/,
    ],
    [
      "curve",
      () => selfSigned("curve", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1", ...CA_EXTENSIONS),
      /curve secp256k1/,
    ],
    ["edwards", () => selfSigned("edwards", "-newkey", "ed25519", ...CA_EXTENSIONS), /ed25519/],
    [
      "leaf",
      () => selfSigned("leaf", ...EC, "-addext", "basicConstraints=critical,CA:false"),
      /CN=leaf is not a CA certificate/,
    ],
    [
      "usage",
      () =>
        selfSigned(
          "usage",
          ...EC,
          "-addext",
          "basicConstraints=critical,CA:true",
          "-addext",
          "keyUsage=digitalSignature",
        ),
      /CN=usage may not sign certificates/,
    ],
  ])("refuses a certificate of openssl's that will not do: %s", async (_what, foreign, message) => {
    using home = temporaryHome();
    const error = await errorOf(() =>
      importAuthority(home, adoptionRecorder(), options({ foreign: foreign(), nowMs: Date.now() })),
    );
    expect([error.code, error.message]).toEqual(["issuer-unusable", expect.stringMatching(message)]);
    expect(error.message).toContain("authority line");
  });

  test.skipIf(noOpenssl)("refuses a chain whose path length leaves no room for another authority", async () => {
    using home = temporaryHome();
    const constrained = ["-addext", "basicConstraints=critical,CA:true,pathlen:0", "-addext", "keyUsage=keyCertSign"];
    const above = selfSigned("tight", ...EC, ...constrained);
    openssl("req", "-new", "-noenc", ...EC, "-keyout", path("sub.key"), "-out", path("sub.csr"), "-subj", "/CN=sub");
    writeFileSync(path("sub.cnf"), "basicConstraints=critical,CA:true\nkeyUsage=keyCertSign\n");
    const issuer = ["-CA", path("tight.pem"), "-CAkey", path("tight.key"), "-extfile", path("sub.cnf")];
    openssl("x509", "-req", "-in", path("sub.csr"), ...issuer, "-out", path("sub.pem"));
    const key = createPrivateKey(readFileSync(path("sub.key")));
    const foreign = { certificates: readForeignCertificates(path("sub.pem")), above: above.certificates, key };
    const error = await errorOf(() =>
      importAuthority(home, adoptionRecorder(), options({ foreign, nowMs: Date.now() })),
    );
    expect(error.message).toMatch(/CN=tight allows 0 authorities below it, but there are 1/);
  });

  test("overwrites no authority, and no folder that is in the way", async () => {
    using home = temporaryHome();
    const { folder: taken } = authorityLayout(home, "line");
    mkdirSync(taken, { recursive: true });
    writeFileSync(join(taken, "mine"), "");
    const error = await errorOf(() => importAuthority(home, adoptionRecorder(), options()));
    expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(/there is an authority line already/)]);
    expect(readdirSync(taken)).toEqual(["mine"]);
  });
});
