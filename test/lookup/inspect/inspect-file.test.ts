import { createHmac, generateKeyPairSync, pbkdf2Sync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { der, derInteger, derOctetString, derOid, derSequence, TAG } from "../../../src/asn1/der.ts";
import { readChildren, readWhole } from "../../../src/asn1/read-der.ts";
import { openRandomPool } from "../../../src/keystore/random-pool.ts";
import { writeJksKeystore } from "../../../src/keystore/write-jks.ts";
import { openPkcs12Writer } from "../../../src/keystore/write-pkcs12.ts";
import { inspectFile } from "../../../src/lookup/inspect/inspect-file.ts";
import type { Inspection } from "../../../src/lookup/inspect/inspection.ts";
import { makeDeviceKey } from "../../fixtures/make-device-key.ts";
import { makeIssuer } from "../../fixtures/make-issuer.ts";
import { hasKeytool, hasOpenssl, keytool, openssl } from "../../fixtures/other-readers.ts";
import { OPENSSL_TEXT, readKeytoolText, readOpensslText, type Shown } from "./tool-texts.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-inspect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PASSWORD = "a password for files";
const path = (name: string) => join(folder, name);

async function* none(): AsyncIterable<string> {
  yield* [];
}

function passwords(...given: readonly string[]) {
  return {
    given: async function* () {
      yield* given;
    },
    typed: none,
  };
}

const inspect = (name: string, ...given: readonly string[]) =>
  inspectFile(readFileSync(path(name)), passwords(...given));

const EXTENSIONS = `
[ all ]
basicConstraints = critical, CA:TRUE, pathlen:3
keyUsage = critical, digitalSignature, nonRepudiation, keyEncipherment, keyAgreement, keyCertSign, cRLSign, decipherOnly
extendedKeyUsage = serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, OCSPSigning, 1.2.3.4
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always, issuer:always
subjectAltName = DNS:a.acme.example, IP:10.0.0.1, IP:2001:db8::1, email:a@acme.example, URI:urn:acme:1
issuerAltName = DNS:ca.acme.example
crlDistributionPoints = URI:http://acme.example/a.crl, URI:http://acme.example/b.crl
authorityInfoAccess = OCSP;URI:http://ocsp.acme.example, caIssuers;URI:http://acme.example/ca.cer
certificatePolicies = 1.2.3.4, @policy
nameConstraints = critical, permitted;DNS:acme.example, permitted;IP:10.0.0.0/255.0.0.0, excluded;email:bad.example
nsComment = "made for a test"
1.2.3.4.5 = DER:0c0161
[ policy ]
policyIdentifier = 1.3.5.8
CPS.1 = http://acme.example/cps
[ small ]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
[ req ]
distinguished_name = dn
[ dn ]
`;
const KEYS: Readonly<Record<string, readonly string[]>> = {
  "ec-p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "ec-p384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "ec-p521": ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
  "rsa-2048": ["rsa:2048"],
  "rsa-3072": ["rsa:3072"],
  ed25519: ["ed25519"],
};
const SUBJECT = "/C=DE/O=Acme GmbH/OU=Sensors \\& Söhne/CN=a device/emailAddress=a@acme.example";

beforeAll(async () => {
  if (!hasOpenssl) return;
  writeFileSync(path("openssl.cnf"), EXTENSIONS);
  for (const [name, key] of Object.entries(KEYS)) {
    const made = ["-newkey", ...key, "-noenc", "-keyout", path(`${name}.key`), "-out", path(`${name}.pem`)];
    const said = ["-utf8", "-subj", SUBJECT, "-days", "400", "-config", path("openssl.cnf"), "-extensions"];
    openssl(["req", "-x509", ...made, ...said, name === "ec-p256" ? "all" : "small"]);
  }
});

/** Everything that both show has to be the same. */
function expectSame(
  inspected: Inspection["entries"][number]["chain"][number] | undefined,
  shown: Shown,
  by: "name" | "oid",
) {
  const { extensions, ...fields } = shown;
  expect(inspected).toMatchObject(fields);
  const ours = inspected?.extensions ?? [];
  for (const extension of extensions) {
    const own = ours.find((one) => one[by] === extension.name);
    expect({ ...own, [by]: extension.name }).toMatchObject(
      by === "name" ? extension : { oid: extension.name, critical: extension.critical },
    );
  }
}

describe.skipIf(!hasOpenssl)("against openssl x509 -text (skipped without openssl)", () => {
  test.each(Object.keys(KEYS))("a certificate with a key of %s says the same, PEM and DER", async (name) => {
    const text = openssl(["x509", "-in", path(`${name}.pem`), ...OPENSSL_TEXT]);
    const shown = readOpensslText(text);
    expect(shown.extensions.length).toBe(name === "ec-p256" ? 12 : 2);
    const pem = await inspect(`${name}.pem`);
    expect(pem).toMatchObject({ kind: "certificate", entries: [{ kind: "certificate" }] });
    expectSame(pem.entries[0]?.chain[0], shown, "name");
    // DER, whatever its name says.
    writeFileSync(path(`${name}.der.pem`), new X509Certificate(readFileSync(path(`${name}.pem`))).raw);
    const { entries } = await inspect(`${name}.der.pem`);
    expect(entries).toEqual(pem.entries);
  });

  test("an extension that nobody knows is shown by its number and octets", async () => {
    const { entries } = await inspect("ec-p256.pem");
    const found = entries[0]?.chain[0]?.extensions.find(({ oid }) => oid === "1.2.3.4.5");
    expect(found).toEqual({ oid: "1.2.3.4.5", name: "1.2.3.4.5", critical: false, value: "0c0161" });
  });
});

describe.skipIf(!hasOpenssl)("PKCS#12 of openssl (skipped without openssl)", () => {
  const WAYS: Readonly<Record<string, readonly [format: RegExp, ...options: string[]]>> = {
    "today's": [/AES-256-CBC with PBKDF2; MAC with SHA-256, 2048 rounds/],
    legacy: [/RC2 with 40 bits and 3DES; MAC with SHA-1/, "-legacy"],
    "3DES": [/3DES; MAC with SHA-1/, "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    "AES-128": [/AES-128-CBC/, "-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"],
    "SHA-512": [/MAC with SHA-512, 70000 rounds/, "-macalg", "sha512", "-iter", "70000"],
    "no MAC": [/without a MAC/, "-nomac"],
  };
  const write = (name: string, ...options: readonly string[]) => {
    const from = ["-inkey", path("ec-p384.key"), "-in", path("ec-p384.pem"), "-certfile", path("rsa-2048.pem")];
    openssl([
      "pkcs12",
      "-export",
      ...from,
      "-name",
      "device",
      "-passout",
      `pass:${PASSWORD}`,
      "-out",
      path(name),
      ...options,
    ]);
  };

  test.each(Object.entries(WAYS))("%s is read, with alias, key and certificates", async (way, [format, ...options]) => {
    write("way.p12", ...options);
    const inspected = await inspect("way.p12", PASSWORD);
    expect({ way, ...inspected }).toMatchObject({ kind: "pkcs12", format: expect.stringMatching(format) });
    expect(inspected.entries).toMatchObject([
      { alias: "device", kind: "key", keyAlgorithm: "ec-p384", chain: [{ keyAlgorithm: "ec-p384" }] },
      { kind: "certificate", chain: [{ keyAlgorithm: "rsa-2048" }] },
    ]);
    expectSame(
      inspected.entries[0]?.chain[0],
      readOpensslText(openssl(["x509", "-in", path("ec-p384.pem"), ...OPENSSL_TEXT])),
      "name",
    );
    expect(await inspect("way.p12", "another one")).toMatchObject({
      kind: "pkcs12",
      entries: [],
      problem: { kind: "password-wrong" },
    });
    const closed = await inspect("way.p12");
    expect(closed).toMatchObject({
      kind: "pkcs12",
      format: inspected.format,
      entries: [],
      problem: { kind: "password-needed" },
    });
  });

  test("a file with the MAC of RFC 9579 is told as such, and its password is proven by it", async () => {
    write("nomac.p12", "-nomac");
    const [version, safe] = readChildren(readWhole(readFileSync(path("nomac.p12")), TAG.SEQUENCE).content);
    const [, wrapped] = readChildren(safe?.content ?? Buffer.alloc(0));
    const octets = readWhole(wrapped?.content ?? Buffer.alloc(0), TAG.OCTET_STRING).content;
    const sha256 = derSequence(derOid("1.2.840.113549.2.9"));
    const salt = Buffer.alloc(16, 7);
    const kdf = derSequence(derOctetString(salt), derInteger(3000), derInteger(32), sha256);
    const parameters = derSequence(derSequence(derOid("1.2.840.113549.1.5.12"), kdf), sha256);
    const key = pbkdf2Sync(PASSWORD, salt, 3000, 32, "sha256");
    const digest = derOctetString(createHmac("sha256", key).update(octets).digest());
    const mac = derSequence(
      derSequence(derSequence(derOid("1.2.840.113549.1.5.14"), parameters), digest),
      derOctetString(Buffer.alloc(8)),
      derInteger(1),
    );
    const parts = [version?.raw ?? Buffer.alloc(0), safe?.raw ?? Buffer.alloc(0), mac];
    writeFileSync(path("pbmac1.p12"), der(TAG.SEQUENCE, Buffer.concat(parts)));
    const inspected = await inspect("pbmac1.p12", PASSWORD);
    expect(inspected.format).toContain("MAC is PBMAC1 (RFC 9579) with HMAC-SHA-256, 3000 rounds");
    expect(inspected.entries[0]).toMatchObject({ alias: "device", kind: "key" });
    expect((await inspect("pbmac1.p12", "another one")).problem?.kind).toBe("password-wrong");
  });

  test("a file without a password opens by itself, and says so", async () => {
    const options = ["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"];
    write("open.p12", ...options);
    const inspected = await inspect("open.p12");
    expect(inspected.notes?.join()).toContain("no password protects it");
    expect(inspected.entries[0]).toMatchObject({ alias: "device", kind: "key" });
  });
});

describe.skipIf(!hasKeytool || !hasOpenssl)("against keytool -list -v (skipped without keytool)", () => {
  /** One Java makes and lists all. */
  let listed: ReadonlyMap<string, string>;
  const FILES: Readonly<Record<string, string>> = { "java.p12": "PKCS12", "java.jks": "JKS", "java.jceks": "JCEKS" };

  beforeAll(async () => {
    const issuer = await makeIssuer();
    const { certificate, pkcs8 } = makeDeviceKey(issuer);
    const random = openRandomPool();
    for (const recipe of ["modern", "legacy"] as const) {
      const entry = { pkcs8, certificate, password: PASSWORD };
      const [file] = openPkcs12Writer({ recipe, iterations: 2048, alias: "own", chain: issuer.chain }, random)([entry]);
      writeFileSync(path(`${recipe}.p12`), file ?? "");
    }
    const chain = [certificate, ...issuer.chain];
    writeFileSync(
      path("own.jks"),
      writeJksKeystore({ alias: "own", pkcs8, chain, password: PASSWORD, createdAtMs: 0 }, random),
    );
    const store = (file: string, type: string) => ["-keystore", path(file), "-storetype", type, "-storepass", PASSWORD];
    const pair = [
      "-genkeypair",
      "-keyalg",
      "EC",
      "-groupname",
      "secp256r1",
      "-dname",
      "CN=java, O=Acme",
      "-keypass",
      PASSWORD,
    ];
    const rsa = ["-genkeypair", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=rsa", "-keypass", PASSWORD];
    const trust = ["-importcert", "-noprompt", "-file", path("ec-p256.pem"), "-alias", "Server CA"];
    const made = Object.entries(FILES).flatMap(([file, type]) => [
      [...pair, "-alias", "device", "-ext", "san=dns:a.example", ...store(file, type)],
      [...rsa, "-alias", "second", ...store(file, type)],
      [...trust, ...store(file, type)],
    ]);
    const trusts = ["PKCS12", "JKS"].map((type) => [...trust, ...store(`trust.${type}`, type)]);
    keytool([...made, ...trusts]);
    const all: Readonly<Record<string, string>> = {
      ...FILES,
      "trust.PKCS12": "PKCS12",
      "trust.JKS": "JKS",
      "modern.p12": "PKCS12",
      "legacy.p12": "PKCS12",
      "own.jks": "JKS",
    };
    const said = keytool(Object.entries(all).map(([file, type]) => ["-list", "-v", ...store(file, type)]));
    listed = new Map(Object.keys(all).map((file, index) => [file, said[index] ?? ""]));
  }, 120_000);

  test.each([
    ["java.p12", "pkcs12", 3],
    ["java.jks", "jks", 3],
    ["java.jceks", "jks", 3],
    ["trust.PKCS12", "truststore", 1],
    ["trust.JKS", "truststore", 1],
    ["modern.p12", "pkcs12", 1],
    ["legacy.p12", "pkcs12", 1],
    ["own.jks", "jks", 1],
  ])("%s is told in the same words", async (file, kind, count) => {
    const inspected = await inspect(file, PASSWORD);
    expect(inspected.kind).toBe(kind);
    expect(inspected.problem).toBeUndefined();
    const text = listed.get(file) ?? "";
    const entries = text.split(/^(?=Alias name: )/m).slice(1);
    // keytool knows no certificate that is neither trusted nor a key's.
    const known = inspected.entries.filter((entry) => entry.kind !== "certificate");
    expect(known).toHaveLength(count);
    expect(entries).toHaveLength(count);
    for (const entry of entries) {
      const alias = /^Alias name: (.*)/.exec(entry)?.[1] ?? "";
      const own = known.find((one) => one.alias?.toLowerCase() === alias.toLowerCase());
      expect(own?.kind).toBe(/Entry type: PrivateKeyEntry/.test(entry) ? "key" : "trusted");
      const shown = readKeytoolText(entry);
      expect(own?.chain).toHaveLength(shown.length);
      for (const [index, certificate] of shown.entries()) expectSame(own?.chain[index], certificate, "oid");
    }
  });

  test("a Java keystore is read without its password, which only tells whether it is as it was written", async () => {
    expect(await inspect("java.jks")).toMatchObject({ kind: "jks", notes: [expect.stringContaining("not checked")] });
    const wrong = await inspect("java.jks", "another one");
    expect(wrong.entries).toHaveLength(3);
    expect(wrong.problem).toMatchObject({ kind: "password-wrong", message: expect.stringContaining("digest") });
  });
});

describe.skipIf(!hasOpenssl)("other files of openssl (skipped without openssl)", () => {
  test("several certificates are a chain where each is issued by the next, else a truststore", async () => {
    const issuer = await makeIssuer();
    const { certificate } = makeDeviceKey(issuer);
    const chain = [certificate, ...issuer.chain];
    writeFileSync(path("chain.der"), Buffer.concat(chain));
    writeFileSync(path("chain.txt"), chain.map((each) => `# for people\r\n${new X509Certificate(each)}`).join("\r\n"));
    for (const name of ["chain.der", "chain.txt"]) {
      const inspected = await inspect(name);
      expect(inspected).toMatchObject({ kind: "chain", entries: [{ kind: "certificate" }] });
      expect(inspected.entries[0]?.chain).toHaveLength(chain.length);
    }
    writeFileSync(
      path("two.pem"),
      ["ec-p256", "rsa-2048"].map((name) => readFileSync(path(`${name}.pem`), "utf8")).join(""),
    );
    // The same names, and yet nobody issued the other.
    expect(await inspect("two.pem")).toMatchObject({ kind: "truststore" });
    writeFileSync(
      path("three.pem"),
      [chain[1], chain[0]].map((each) => String(new X509Certificate(each ?? ""))).join(""),
    );
    expect(await inspect("three.pem")).toMatchObject({
      kind: "truststore",
      entries: [{ kind: "trusted" }, { kind: "trusted" }],
    });
  });

  test("a request tells its subject, key and what it asks for", async () => {
    const asks = [
      "-subj",
      "/O=Acme/CN=asks",
      "-addext",
      "subjectAltName=DNS:a.example",
      "-config",
      path("openssl.cnf"),
    ];
    openssl(["req", "-new", "-key", path("rsa-2048.key"), ...asks, "-out", path("a.csr")]);
    openssl(["req", "-in", path("a.csr"), "-outform", "DER", "-out", path("a.req")]);
    for (const name of ["a.csr", "a.req"]) {
      expect(await inspect(name)).toMatchObject({
        kind: "request",
        entries: [
          {
            kind: "request",
            chain: [],
            subject: "O=Acme,CN=asks",
            keyAlgorithm: "rsa-2048",
            signatureAlgorithm: "sha256WithRSAEncryption",
            extensions: [{ name: "subjectAltName", value: "DNS:a.example" }],
          },
        ],
      });
    }
  });

  test.each(["plain", "encrypted", "older encryption", "DER", "encrypted DER", "PKCS#1", "SEC 1", "public"])(
    "a key is told by its type and whether it is encrypted: %s",
    async (way) => {
      const rsa = way === "PKCS#1" || way === "older encryption";
      const from = ["-in", path(rsa ? "rsa-2048.key" : "ec-p256.key"), "-out", path("a.key")];
      const pass = ["-passout", `pass:${PASSWORD}`];
      const commands: Readonly<Record<string, readonly string[]>> = {
        plain: ["pkey", ...from],
        encrypted: ["pkey", ...from, "-aes256", ...pass],
        "older encryption": ["rsa", ...from, "-traditional", "-aes128", ...pass],
        DER: ["pkey", ...from, "-outform", "DER"],
        "encrypted DER": ["pkcs8", "-topk8", ...from, "-outform", "DER", "-v2", "aes-128-cbc", ...pass],
        "PKCS#1": ["rsa", ...from, "-traditional"],
        "SEC 1": ["ec", ...from],
        public: ["pkey", ...from, "-pubout"],
      };
      openssl(commands[way] ?? []);
      const encrypted = /encrypt/.test(way);
      const inspected = await inspect("a.key", PASSWORD);
      expect(inspected).toMatchObject({
        kind: "key",
        entries: [
          { kind: "key", chain: [], keyAlgorithm: rsa ? "rsa-2048" : "ec-p256", encrypted, private: way !== "public" },
        ],
      });
      const key = readFileSync(path("a.key"), "latin1").replace(/-----[^-]*-----|\s/g, "");
      expect(JSON.stringify(inspected)).not.toContain(key.slice(40, 80));
      if (!encrypted) return;
      const closed = await inspect("a.key");
      expect(closed).toMatchObject({
        kind: "key",
        entries: [{ keyAlgorithm: null, encrypted: true }],
        problem: { kind: "password-needed" },
      });
    },
  );

  test("PKCS#7 tells its certificates, lists and signatures", async () => {
    const from = ["-certfile", path("ec-p256.pem"), "-certfile", path("rsa-2048.pem")];
    openssl(["crl2pkcs7", "-nocrl", ...from, "-out", path("a.p7b")]);
    openssl(["crl2pkcs7", "-nocrl", ...from, "-outform", "DER", "-out", path("b.p7b")]);
    for (const name of ["a.p7b", "b.p7b"]) {
      const { kind, entries } = await inspect(name);
      expect(kind).toBe("pkcs7");
      expect(
        entries
          .flatMap(({ chain }) => chain)
          .map(({ keyAlgorithm }) => keyAlgorithm)
          .sort(),
      ).toEqual(["ec-p256", "rsa-2048"]);
    }
    writeFileSync(path("content"), "signed");
    const signer = ["-signer", path("rsa-2048.pem"), "-inkey", path("rsa-2048.key"), "-outform", "DER"];
    openssl(["cms", "-sign", "-binary", "-in", path("content"), ...signer, "-out", path("a.p7s")]);
    expect(await inspect("a.p7s")).toMatchObject({
      kind: "pkcs7",
      format: expect.stringContaining("1 signature"),
      entries: [{ chain: [{}] }],
    });
    openssl([
      "cms",
      "-encrypt",
      "-in",
      path("content"),
      "-outform",
      "DER",
      "-out",
      path("a.cms"),
      path("rsa-2048.pem"),
    ]);
    expect(await inspect("a.cms")).toMatchObject({
      kind: "pkcs7",
      format: expect.stringContaining("enveloped data"),
      entries: [],
    });
  });

  test("a revocation list tells issuer, number, times and how many it revokes", async () => {
    writeFileSync(path("index.txt"), "R\t351231235959Z\t251231235959Z,keyCompromise\t1001\tunknown\t/CN=b\n".repeat(1));
    writeFileSync(path("crlnumber"), "1F\n");
    writeFileSync(
      path("ca.cnf"),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${path("index.txt")}\ncrlnumber=${path("crlnumber")}\ndefault_md=sha256\n`,
    );
    const by = ["-keyfile", path("rsa-2048.key"), "-cert", path("rsa-2048.pem"), "-crldays", "30"];
    openssl(["ca", "-config", path("ca.cnf"), "-gencrl", ...by, "-out", path("a.crl")]);
    openssl(["crl", "-in", path("a.crl"), "-outform", "DER", "-out", path("b.crl")]);
    const text = openssl(["crl", "-in", path("a.crl"), "-noout", "-lastupdate", "-nextupdate"]);
    const update = (word: string) =>
      new Date(new RegExp(`${word}=(.*)`).exec(text)?.[1] ?? "").toISOString().replace(".000", "");
    for (const name of ["a.crl", "b.crl"]) {
      expect(await inspect(name)).toMatchObject({
        kind: "crl",
        entries: [
          {
            kind: "crl",
            chain: [],
            issuer: expect.stringContaining("CN=a device"),
            number: "31",
            thisUpdate: update("lastUpdate"),
            nextUpdate: update("nextUpdate"),
            revoked: 1,
          },
        ],
      });
    }
  });
});

describe("what is none of these", () => {
  test.each([
    ["empty", "", "it is empty"],
    ["text", "just words", "it is text without PEM blocks"],
    ["json", '{"a":1}', "it is JSON, it seems"],
    ["binary", "\u0000\u0001\u0002", "it is binary"],
    ["cut", "-----BEGIN CERTIFICATE-----\nMIIB", "it begins a PEM block that does not end"],
    ["half", "0\u0082\u0004\u0000\u0030", "it is damaged, or something else than it seems"],
    ["other", "0\u0003\u0001\u0001\u00ff", "of nothing that is known here"],
  ])("%s is refused in a clause that says what it is", async (_, text, said) => {
    const octets = Buffer.from(text, "latin1");
    await expect(inspectFile(octets, passwords())).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(said),
    });
  });

  test("many openings of PEM blocks take no longer than their length allows", async () => {
    const octets = Buffer.from("-----BEGIN CERTIFICATE-----\n".repeat(200_000));
    await expect(inspectFile(octets, passwords())).rejects.toMatchObject({ code: "usage" });
  });

  test("a key in words shows nothing of itself", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    const told = JSON.stringify(await inspectFile(Buffer.from(pem), passwords()));
    const { d = "" } = privateKey.export({ format: "jwk" });
    expect(told).not.toContain(d);
    expect(told).not.toContain(Buffer.from(d, "base64url").toString("hex"));
  });
});
