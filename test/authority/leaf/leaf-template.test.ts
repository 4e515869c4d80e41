import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../../src/authority/create-authority.ts";
import { buildLeafTemplate, type LeafTemplate, signLeaf } from "../../../src/authority/leaf/leaf-template.ts";
import { type LoadedIssuer, loadIssuer } from "../../../src/authority/load-authority.ts";
import { openSigner } from "../../../src/authority/signer.ts";
import { authorityLayout } from "../../../src/disk/layout.ts";
import {
  KEY_ALGORITHMS,
  type KeyAlgorithm,
  NEVER_MS,
  type Profile,
  type Subject,
} from "../../../src/domain/certificate.ts";
import { BUILT_IN_PROFILES } from "../../../src/domain/profiles.ts";
import { writePem } from "../../../src/x509/pem.ts";
import { readCertificate } from "../../../src/x509/read-certificate.ts";
import { newSerialNumber } from "../../../src/x509/serial-number.ts";
import { keyIdOf } from "../../../src/x509/subject-public-key.ts";
import {
  DAY_MS,
  DEVICE,
  keyOf,
  makeIssuer,
  NOW_MS,
  noOpenssl,
  openssl,
  PASSPHRASE,
  serialRecorder,
  subjectOf,
  temporaryHome,
} from "../authorities.ts";

const home = temporaryHome();
const issuers = new Map<KeyAlgorithm, LoadedIssuer>();
/** The authorities' own public keys serve as devices' too: RSA pairs are slow to make. */
const spkis = new Map<KeyAlgorithm, Buffer>();

beforeAll(async () => {
  await Promise.all(
    KEY_ALGORITHMS.map(async (key) => {
      const issuer = await makeIssuer(home, `root-${key}`, { key });
      issuers.set(key, issuer);
      spkis.set(key, createPublicKey(keyOf(issuer)).export({ type: "spki", format: "der" }));
    }),
  );
});
afterAll(() => home[Symbol.dispose]());

function issuerOf(key: KeyAlgorithm): LoadedIssuer {
  const issuer = issuers.get(key);
  if (issuer === undefined) throw new Error(`no issuer ${key}`);
  return issuer;
}

function spkiOf(key: KeyAlgorithm): Buffer {
  const spki = spkis.get(key);
  if (spki === undefined) throw new Error(`no key ${key}`);
  return spki;
}

interface Wanted {
  readonly issuer?: LoadedIssuer;
  readonly profile?: Profile;
  readonly key?: KeyAlgorithm;
  readonly notAfterMs?: number;
  readonly subject?: Subject;
  readonly serialNumber?: string;
}

function templateFor({
  issuer = issuerOf("ec-p256"),
  profile = DEVICE,
  key = "ec-p256",
  notAfterMs,
}: Wanted): LeafTemplate {
  return buildLeafTemplate({
    issuerCertificate: issuer.certificateDer,
    signatureAlgorithm: issuer.signatureAlgorithm,
    profile,
    key,
    validity: { notBeforeMs: NOW_MS - 60_000, notAfterMs: notAfterMs ?? NOW_MS + 365 * DAY_MS },
  });
}

function leafFor(wanted: Wanted): Buffer {
  const { issuer = issuerOf("ec-p256"), key = "ec-p256", subject = subjectOf("dev-1") } = wanted;
  const serialNumber = wanted.serialNumber ?? newSerialNumber();
  return signLeaf(templateFor(wanted), openSigner(issuer.signer), { serialNumber, subject, spki: spkiOf(key) });
}

function writeFile(name: string, text: string): string {
  const path = join(home.root, name);
  writeFileSync(path, text);
  return path;
}

describe("a leaf", () => {
  test.skipIf(noOpenssl)("verifies with openssl under every kind of issuer, for every kind of device key", () => {
    for (const issuerKey of KEY_ALGORITHMS) {
      const issuer = issuerOf(issuerKey);
      const leaves = KEY_ALGORITHMS.map((key) =>
        writeFile(`${issuerKey}-${key}.pem`, writePem("CERTIFICATE", leafFor({ issuer, key }))),
      );
      const anchor = authorityLayout(home, issuer.name).certificate;
      const answer = openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", anchor, ...leaves);
      expect(answer.trim().split("\n")).toEqual(leaves.map((leaf) => `${leaf}: OK`));
    }
  });

  test("says keyEncipherment for RSA keys only, whatever the lot's own key type", () => {
    const signer = openSigner(issuerOf("ec-p256").signer);
    const template = templateFor({ key: "ec-p256" });
    const usageOf = (key: KeyAlgorithm) => {
      const leaf = { serialNumber: newSerialNumber(), subject: subjectOf("d"), spki: spkiOf(key) };
      return readCertificate(signLeaf(template, signer, leaf)).keyUsage;
    };
    expect(usageOf("ec-p384")).toEqual(["digitalSignature", "nonRepudiation"]);
    expect(usageOf("rsa-3072")).toEqual(["digitalSignature", "nonRepudiation", "keyEncipherment"]);
  });

  test("is what Node reads: names, dates, serial number, purposes, key", () => {
    const serialNumber = newSerialNumber();
    const subject: Subject = [
      { attribute: "C", value: "DE" },
      { attribute: "O", value: "Ærøskøbing Geräte GmbH" },
      { attribute: "CN", value: "gerät-№1" },
      { attribute: "serialNumber", value: "SN-0001" },
    ];
    const issuer = issuerOf("rsa-2048");
    const certificate = new X509Certificate(leafFor({ issuer, key: "rsa-2048", subject, serialNumber }));
    expect(certificate.subject).toBe("C=DE\nO=Ærøskøbing Geräte GmbH\nCN=gerät-№1\nserialNumber=SN-0001");
    expect(certificate.issuer).toBe("CN=root-rsa-2048");
    expect(certificate.serialNumber).toBe(serialNumber.toUpperCase());
    expect(certificate.validFromDate.getTime()).toBe(NOW_MS - 60_000);
    expect(certificate.validToDate.getTime()).toBe(NOW_MS + 365 * DAY_MS);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(certificate.ca).toBe(false);
    expect(certificate.publicKey.export({ type: "spki", format: "der" })).toEqual(spkiOf("rsa-2048"));
    expect(certificate.verify(createPublicKey(keyOf(issuer)))).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(issuer.certificateDer))).toBe(true);
  });

  test.skipIf(noOpenssl)("is octet for octet what openssl ca makes of the same fields", () => {
    const issuer = issuerOf("rsa-2048");
    const { folder, certificate } = authorityLayout(home, issuer.name);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = writeFile("device.key", privateKey.export({ type: "pkcs8", format: "pem" }));
    const serialNumber = newSerialNumber();
    const digits = (ms: number) => `${new Date(ms).toISOString().replace(/\.\d+|[-:T]/g, "")}`;
    writeFile("index.txt", "");
    writeFile("serial", serialNumber);
    const config = writeFile(
      "openssl.cnf",
      `[req]
distinguished_name = dn
string_mask = utf8only
prompt = no
[dn]
C = DE
O = Acme GmbH
OU = Sensors
CN = sensor-0001
[ca]
default_ca = here
[here]
database = ${join(home.root, "index.txt")}
serial = ${join(home.root, "serial")}
new_certs_dir = ${home.root}
certificate = ${certificate}
private_key = ${join(folder, "key.pem")}
default_md = sha256
policy = any
preserve = yes
email_in_dn = no
x509_extensions = leaf
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
extendedKeyUsage = clientAuth
certificatePolicies = 1.3.6.1.4.1.99999.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
`,
    );
    const csr = join(home.root, "device.csr");
    const theirs = join(home.root, "theirs.pem");
    openssl("req", "-new", "-utf8", "-config", config, "-key", key, "-out", csr);
    const dates = ["-startdate", digits(NOW_MS - 60_000), "-enddate", digits(NOW_MS + 365 * DAY_MS)];
    openssl(
      "ca",
      "-batch",
      "-notext",
      "-config",
      config,
      "-passin",
      `pass:${PASSPHRASE}`,
      ...dates,
      "-in",
      csr,
      "-out",
      theirs,
    );

    const subject: Subject = [
      { attribute: "C", value: "DE" },
      { attribute: "O", value: "Acme GmbH" },
      { attribute: "OU", value: "Sensors" },
      { attribute: "CN", value: "sensor-0001" },
    ];
    const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
    const profile = { ...DEVICE, policies: ["1.3.6.1.4.1.99999.1"] };
    const template = templateFor({ issuer, profile });
    const ours = signLeaf(template, openSigner(issuer.signer), { serialNumber, subject, spki });
    expect(writePem("CERTIFICATE", ours)).toBe(readFileSync(theirs, "utf8"));
  });

  test("names its issuer by a copy of the issuer's subject, and the issuer's key by its identifier", () => {
    const issuer = issuerOf("ec-p384");
    const [leaf, above] = [readCertificate(leafFor({ issuer })), readCertificate(issuer.certificateDer)];
    expect(leaf.issuer.equals(above.subject)).toBe(true);
    expect(leaf.authorityKeyId).toEqual(above.subjectKeyId);
    expect(leaf.subjectKeyId).toEqual(keyIdOf(spkiOf("ec-p256")));
  });

  test.skipIf(noOpenssl)(
    "falls back to the issuer's key digest when the issuer has no key identifier of its own",
    () => {
      const [key, path] = [join(home.root, "bare.key"), join(home.root, "bare.pem")];
      const config = writeFile(
        "bare.cnf",
        "[req]\ndistinguished_name = dn\n[dn]\n[bare]\nbasicConstraints = critical,CA:TRUE\nsubjectKeyIdentifier = none\n",
      );
      openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key);
      openssl("req", "-x509", "-config", config, "-extensions", "bare", "-key", key, "-subj", "/CN=Bare", "-out", path);
      const bare = new X509Certificate(readFileSync(path)).raw;
      expect(readCertificate(bare).subjectKeyId).toBeUndefined();
      const issuer = { ...issuerOf("ec-p256"), certificateDer: bare };
      expect(readCertificate(leafFor({ issuer })).authorityKeyId).toEqual(keyIdOf(readCertificate(bare).spki));
    },
  );

  test.each([
    ["2049-12-31T23:59:59Z", 0x17, "491231235959Z"],
    ["2050-01-01T00:00:00Z", 0x18, "20500101000000Z"],
  ])("that ends at %s carries time tag %d", (iso, tag, text) => {
    const [, notAfter] = readCertificate(leafFor({ notAfterMs: Date.parse(iso) })).times;
    expect(notAfter?.tag).toBe(tag);
    expect(notAfter?.content.toString("latin1")).toBe(text);
  });

  test.skipIf(noOpenssl)("that never expires ends at 99991231235959Z", () => {
    const leaf = leafFor({ profile: BUILT_IN_PROFILES.idevid, notAfterMs: NEVER_MS });
    expect(readCertificate(leaf).times[1]?.content.toString("latin1")).toBe("99991231235959Z");
    const path = writeFile("never.pem", writePem("CERTIFICATE", leaf));
    expect(openssl("x509", "-in", path, "-noout", "-enddate")).toContain("Dec 31 23:59:59 9999 GMT");
  });

  test("of the idevid profile says what key it is and not what it is for", () => {
    const leaf = readCertificate(leafFor({ profile: BUILT_IN_PROFILES.idevid }));
    expect(leaf.keyUsage).toEqual(["digitalSignature"]);
    expect(leaf.extendedKeyUsage).toBeUndefined();
  });

  test("keeps long names whole, past every boundary of the length encoding", () => {
    for (const length of [1, 60, 64, 117, 118, 128, 250]) {
      const value = "ü".repeat(length);
      const subject = subjectOf("dev-1", { attribute: "O", value });
      expect(new X509Certificate(leafFor({ subject })).subject).toBe(`O=${value}\nCN=dev-1`);
    }
  });
});

describe("a template", () => {
  test("survives the structured clone to a worker thread", () => {
    const issuer = issuerOf("ec-p256");
    const template = structuredClone(templateFor({}));
    const leaf = { serialNumber: newSerialNumber(), subject: subjectOf("dev-9"), spki: spkiOf("rsa-2048") };
    const certificate = signLeaf(template, openSigner(issuer.signer), leaf);
    expect(new X509Certificate(certificate).verify(createPublicKey(keyOf(issuer)))).toBe(true);
    // A view into a pool would drag the pool along.
    expect(template.middle.buffer.byteLength).toBe(template.middle.length);
  });

  test("signs many leaves one after the other without one showing in the next", () => {
    const issuer = issuerOf("ec-p256");
    const template = templateFor({});
    const signer = openSigner(issuer.signer);
    for (let index = 0; index < 1100; index++) {
      const part = { attribute: "OU", value: `unit-${index}` } as const;
      const id = "d".repeat(1 + (index % 64));
      const leaf = { serialNumber: newSerialNumber(), subject: subjectOf(id, part), spki: spkiOf("ec-p256") };
      expect(new X509Certificate(signLeaf(template, signer, leaf)).subject).toBe(`OU=unit-${index}\nCN=${id}`);
    }
  });

  test("refuses a signer of another algorithm, a serial number out of range, and a key that is none", () => {
    const template = templateFor({});
    const signer = openSigner(issuerOf("ec-p256").signer);
    const leaf = { serialNumber: newSerialNumber(), subject: subjectOf("d"), spki: spkiOf("ec-p256") };
    expect(() => signLeaf(template, openSigner(issuerOf("ec-p384").signer), leaf)).toThrow(
      "another signature algorithm",
    );
    expect(() => signLeaf(template, signer, { ...leaf, serialNumber: `ff${leaf.serialNumber.slice(2)}` })).toThrow(
      RangeError,
    );
    expect(() => signLeaf(template, signer, { ...leaf, spki: Buffer.from("3003020101", "hex") })).toThrow(RangeError);
    expect(() =>
      signLeaf(template, signer, { ...leaf, subject: subjectOf("d", { attribute: "C", value: "Ö" }) }),
    ).toThrow(RangeError);
  });
});

describe("chains", () => {
  test.skipIf(noOpenssl)("of one to four authorities verify with openssl, path lengths counted down", async () => {
    let issuer: LoadedIssuer | undefined;
    for (let depth = 1; depth <= 4; depth++) {
      const name = `depth-${depth}`;
      const key: KeyAlgorithm = depth % 2 === 0 ? "ec-p384" : "ec-p256";
      await createAuthority(home, serialRecorder(), {
        name,
        key,
        passphrase: PASSPHRASE,
        maxChain: 5,
        nowMs: NOW_MS,
        ...(issuer === undefined ? { pathLength: 3 } : { issuer }),
      });
      issuer = loadIssuer(home, name, PASSPHRASE, NOW_MS, 5);
      expect(issuer.pathLength).toBe(4 - depth);
      expect(issuer.chainDer).toHaveLength(depth);
      const device = writeFile(`${name}.pem`, writePem("CERTIFICATE", leafFor({ issuer })));
      const anchor = writeFile("anchor.pem", writePem("CERTIFICATE", issuer.chainDer.at(-1) ?? Buffer.alloc(0)));
      const between = writeFile("chain.pem", issuer.chainPem);
      const strictly = ["verify", "-x509_strict", "-purpose", "sslclient"];
      expect(openssl(...strictly, "-CAfile", anchor, "-untrusted", between, device)).toContain("OK");
    }
  });
});
