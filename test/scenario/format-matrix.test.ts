import { execFile } from "node:child_process";
import { createPrivateKey, hash, verify, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer, get, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, type SecureContextOptions, TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  digestsOf,
  hasCerttool,
  hasCurl,
  hasJava,
  hasKeytool,
  hasOpenssl,
  hasPk12util,
  type JavaCase,
  keytool,
  openssl,
  readWithJava,
} from "../fixtures/other-readers.ts";
import {
  exceptionOf,
  type Format,
  KEYSTORES,
  matrixTable,
  PAIRS,
  READERS,
  type Reader,
  TRUSTSTORES,
} from "./matrix-cells.ts";
import { type MatrixDevice, type MatrixLots, makeMatrixLots } from "./matrix-lots.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "lotmint-readers-"));
let lots: MatrixLots;
let server: Server;

/** Reads one file and expects in it what belongs there. */
type Read = (device: MatrixDevice, format: Format) => Promise<void>;

const PRESENT: Readonly<Record<Reader, boolean>> = {
  OpenSSL: hasOpenssl,
  keytool: hasKeytool && hasJava,
  Java: hasJava,
  GnuTLS: hasCerttool,
  NSS: hasPk12util,
  "Node TLS": true,
  curl: hasCurl,
};

beforeAll(async () => {
  if (!hasOpenssl) return;
  lots = await makeMatrixLots();
  const { key, certificate } = lots.server;
  const tls = { key: readFileSync(key), cert: readFileSync(certificate), ca: readFileSync(lots.root) };
  server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const socket = request.socket instanceof TLSSocket ? request.socket : undefined;
    response.end(socket?.getPeerCertificate().subject.CN);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}, 120_000);

afterAll(() => {
  server?.close();
  lots?.close();
  rmSync(folder, { recursive: true, force: true });
});

function isTruststore(format: Format): boolean {
  return TRUSTSTORES.some((name) => name === format);
}

function spkiOf(device: MatrixDevice): Buffer {
  return new X509Certificate(device.chain[0] ?? "").publicKey.export({ type: "spki", format: "der" });
}

/** The certificates of a text, as digests in the text's order. */
function digestsIn(text: string): string[] {
  const pems = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return pems.map((pem) => digestsOf(new X509Certificate(pem).raw));
}

const digestList = (certificates: readonly Buffer[]) => certificates.map((octets) => digestsOf(octets));
/** What a file of the format holds, as digests. */
const wanted = (device: MatrixDevice, format: Format) => digestList(isTruststore(format) ? lots.trusted : device.chain);

const readWithOpenssl: Read = async (device, format) => {
  const { password, fileOf } = device;
  const secret = ["-passin", `pass:${password}`];
  if (format === "truststore PEM") {
    const text = openssl(["storeutl", "-certs", fileOf(format)]);
    expect(digestsIn(text)).toEqual(wanted(device, format));
    return;
  }
  const isPem = format === "encrypted PEM";
  const text = openssl(
    isPem ? ["pkey", "-in", fileOf(format), ...secret] : ["pkcs12", "-in", fileOf(format), "-nodes", ...secret],
  );
  if (!isPem) expect(digestsIn(text)).toEqual(wanted(device, format));
  if (isTruststore(format)) expect(text).not.toContain("PRIVATE KEY");
  else {
    const pem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(text)?.[0] ?? "";
    expect(new X509Certificate(device.chain[0] ?? "").checkPrivateKey(createPrivateKey(pem))).toBe(true);
  }
};

/** What keytool says of each file: all of them in one Java. */
let keytoolTexts: Map<string, string> | undefined;
function askKeytool(): Map<string, string> {
  const asked = [...KEYSTORES, ...TRUSTSTORES].filter((format) => exceptionOf("keytool", format)?.word !== "n/a");
  const files = lots.devices.flatMap(({ password, fileOf }) =>
    asked.map((format) => ({ file: fileOf(format), isPem: format === "truststore PEM", password })),
  );
  const texts = keytool(
    files.map(({ file, isPem, password }) =>
      isPem ? ["-printcert", "-file", file] : ["-list", "-v", "-keystore", file, "-storepass", password],
    ),
  );
  return new Map(files.map(({ file }, index) => [file, texts[index] ?? ""]));
}

const readWithKeytool: Read = async (device, format) => {
  keytoolTexts ??= askKeytool();
  const stdout = keytoolTexts.get(device.fileOf(format)) ?? "";
  const found = [...stdout.matchAll(/SHA256: ([0-9A-F:]{95})/g)].map(([, digest = ""]) =>
    digest.replaceAll(":", "").toLowerCase(),
  );
  // A store's entries come in an order of their own.
  if (isTruststore(format)) expect(found.sort()).toEqual(wanted(device, format).sort());
  else expect(found).toEqual(wanted(device, format));
  const entries = stdout.match(/Entry type: \w+/g) ?? [];
  const kind = isTruststore(format) ? "trustedCertEntry" : "PrivateKeyEntry";
  const count = isTruststore(format) ? lots.trusted.length : 1;
  if (format !== "truststore PEM") expect(entries).toEqual(new Array(count).fill(`Entry type: ${kind}`));
};

/** All files in one Java; its lines by file. */
let javaLines: Map<string, string> | undefined;
function javaLine(file: string): string {
  javaLines ??= readAllWithJava();
  return javaLines.get(file) ?? "";
}

function readAllWithJava(): Map<string, string> {
  const typeOf = (format: Format): JavaCase["type"] => {
    if (format === "encrypted PEM") return "KEY";
    if (format === "truststore PEM") return "CERTIFICATES";
    return format.endsWith("JKS") ? "JKS" : "PKCS12";
  };
  const files = lots.devices.flatMap(({ password, fileOf }) =>
    [...KEYSTORES, ...TRUSTSTORES].map((format) => ({ file: fileOf(format), type: typeOf(format), password })),
  );
  const lines = readWithJava(files.map(({ file, ...each }) => ({ ...each, content: readFileSync(file) })));
  return new Map(files.map(({ file }, index) => [file, lines[index] ?? ""]));
}

const readWithOwnJava: Read = async (device, format) => {
  const line = javaLine(device.fileOf(format));
  const digests = wanted(device, format);
  if (format === "encrypted PEM") {
    const signature = Buffer.from(line.replace("signature ", ""), "hex");
    const { publicKey } = new X509Certificate(device.chain[0] ?? "");
    expect(verify("sha256", Buffer.from("proof"), publicKey, signature)).toBe(true);
  } else if (format === "truststore PEM") expect(line).toBe(`certificates ${digests.join(",")}`);
  else if (isTruststore(format)) {
    const entries = digests.map(
      (digest, index) => `trusted servercertificate${index === 0 ? "" : `-${index + 1}`} ${digest}`,
    );
    expect(line).toBe(`${entries.join("; ")}; anchors ${digests.length}`);
  } else expect(line).toBe(`key devicekeyentry true ${digests.join(",")}; anchors 1`);
};

const readWithCerttool: Read = async (device, format) => {
  const { password, fileOf, id } = device;
  if (format === "truststore PEM") {
    const { stdout } = await run("certtool", ["--certificate-info", "--infile", fileOf(format)]);
    expect(digestsIn(stdout)).toEqual(wanted(device, format));
    return;
  }
  let keyFile = fileOf(format);
  if (format !== "encrypted PEM") {
    const { stdout } = await run("certtool", ["--p12-info", "--inder", "--password", password, "--infile", keyFile]);
    expect(stdout).toContain("MAC info");
    expect(digestsIn(stdout)).toEqual(wanted(device, format));
    if (isTruststore(format)) return;
    // It shows the key as it stands in the file; opening it is another command.
    const pem = /-----BEGIN ENCRYPTED PRIVATE KEY-----[^-]+-----END ENCRYPTED PRIVATE KEY-----\n/.exec(stdout)?.[0];
    keyFile = join(folder, `${id}.pem`);
    writeFileSync(keyFile, pem ?? "");
  }
  const { stdout } = await run("certtool", ["--key-info", "--pkcs8", "--password", password, "--infile", keyFile]);
  expect(stdout).toContain(`sha256:${hash("sha256", spkiOf(device))}`);
};

let databases = 0;
const readWithNss: Read = async (device, format) => {
  const { password, fileOf } = device;
  const database = join(folder, `nss-${databases++}`);
  await run("mkdir", [database]);
  const at = ["-d", `sql:${database}`];
  await run("certutil", ["-N", ...at, "--empty-password"]);
  if (format === "truststore PEM") {
    const pems = readFileSync(fileOf(format), "utf8")
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .filter((pem) => pem !== "");
    for (const [index, pem] of pems.entries()) {
      writeFileSync(join(database, "trusted.pem"), pem);
      await run("certutil", ["-A", ...at, "-n", `trusted-${index}`, "-t", "C,,", "-i", join(database, "trusted.pem")]);
      const { stdout } = await run("certutil", ["-L", ...at, "-n", `trusted-${index}`, "-a"]);
      expect(digestsIn(stdout)).toEqual([wanted(device, format)[index]]);
    }
    expect(pems).toHaveLength(lots.trusted.length);
    return;
  }
  await run("pk12util", ["-i", fileOf(format), ...at, "-W", password, "-K", ""]);
  const { stdout } = await run("certutil", ["-L", ...at]);
  const lines = stdout.split("\n").filter((line) => /,.*,/.test(line) && !line.includes("SSL,"));
  expect(lines).toHaveLength(wanted(device, format).length);
  // "u" marks a certificate whose key is there too.
  const withKey = lines.filter((line) => line.endsWith("u,u,u"));
  expect(withKey.map((line) => line.split(" ")[0])).toEqual(isTruststore(format) ? [] : ["DeviceKeyEntry"]);
};

function credentials(device: MatrixDevice, format: Format): SecureContextOptions {
  const { password, fileOf } = device;
  if (format !== "encrypted PEM") return { pfx: readFileSync(fileOf(format)), passphrase: password };
  return { key: readFileSync(fileOf(format)), passphrase: password, cert: readFileSync(fileOf("chain")) };
}

/** Who the server takes a client for that shows and trusts this. */
function whoAmI(options: SecureContextOptions): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path: "/", agent: false, ...options }, (answer: IncomingMessage) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () => resolve(text));
    });
    request.on("error", reject);
  });
}

const readWithNode: Read = async (device, format) => {
  if (exceptionOf("Node TLS", format)?.word === "refuses") {
    expect(() => createSecureContext(credentials(device, format))).toThrow();
    return;
  }
  const keystore = isTruststore(format) ? "PKCS#12 modern" : format;
  const ca = readFileSync(device.fileOf("truststore PEM"));
  expect(await whoAmI({ ...credentials(device, keystore), ca })).toBe(device.id);
};

const readWithCurl: Read = async (device, format) => {
  const { password, fileOf, id } = device;
  const { port } = server.address() as AddressInfo;
  const keystore = isTruststore(format) ? "PKCS#12 modern" : format;
  const own =
    keystore === "encrypted PEM"
      ? ["--cert", fileOf("chain"), "--key", fileOf(keystore), "--pass", password]
      : ["--cert-type", "P12", "--cert", `${fileOf(keystore)}:${password}`];
  const address = `https://127.0.0.1:${port}/`;
  const { stdout } = await run("curl", [
    "--silent",
    "--show-error",
    ...own,
    "--cacert",
    fileOf("truststore PEM"),
    address,
  ]);
  expect(stdout).toBe(id);
};

const READ: Readonly<Record<Reader, Read>> = {
  OpenSSL: readWithOpenssl,
  keytool: readWithKeytool,
  Java: readWithOwnJava,
  GnuTLS: readWithCerttool,
  NSS: readWithNss,
  "Node TLS": readWithNode,
  curl: readWithCurl,
};

function deviceAt(index: number): MatrixDevice {
  const device = lots.devices[index];
  if (device === undefined) throw new Error("no such device");
  return device;
}

describe.each(READERS)("%s", (reader) => {
  const skip = !PRESENT[reader] || !hasOpenssl;
  const asked = (format: Format) => exceptionOf(reader, format)?.word !== "n/a";
  const cells = KEYSTORES.filter(asked).flatMap((format) =>
    PAIRS.map(({ words, issuer }, index) => ({ format, words, issuer, index })),
  );

  test.skipIf(skip).each(cells)(
    "opens $format with an $words key under an issuer of $issuer (skipped without the tool)",
    async ({ format, index }) => {
      await READ[reader](deviceAt(index), format);
      expect.hasAssertions();
    },
  );

  test.skipIf(skip).each(TRUSTSTORES.filter(asked))(
    "does with a %s what the matrix says (skipped without the tool)",
    async (format) => {
      await READ[reader](deviceAt(0), format);
      expect.hasAssertions();
    },
  );
});

test.skipIf(!hasOpenssl).each(PAIRS.map(({ words, issuer }, index) => ({ words, issuer, index })))(
  "openssl verifies the chain of an $words device under an issuer of $issuer strictly (skipped without openssl)",
  ({ index }) => {
    const { fileOf } = deviceAt(index);
    const strict = ["-x509_strict", "-purpose", "sslclient", "-CAfile", lots.root, "-untrusted", fileOf("chain")];
    expect(openssl(["verify", ...strict, fileOf("certificate")])).toContain(": OK");
  },
);

test("the document shows this matrix", () => {
  expect(readFileSync("docs/formats.md", "utf8")).toContain(matrixTable());
});
