import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openDeviceFiles } from "../../src/keystore/device-files.ts";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { openPkcs12Writer } from "../../src/keystore/write-pkcs12.ts";
import { openssl } from "../fixtures/other-readers.ts";
import { compileCache, programPath } from "./harness.ts";
import type { Format, Pair } from "./matrix-cells.ts";
import { PAIRS } from "./matrix-cells.ts";

const run = promisify(execFile);

/** Java folds it, everybody else keeps it. */
const ALIAS = "DeviceKeyEntry";

/** One device as a lot of the real program made it. */
export interface MatrixDevice {
  readonly pair: Pair;
  readonly id: string;
  readonly password: string;
  readonly fileOf: (format: Format | "chain" | "certificate") => string;
  /** Own certificate first, anchor last, DER. */
  readonly chain: readonly Buffer[];
}

export interface MatrixLots {
  readonly devices: readonly MatrixDevice[];
  /** PEM files: the anchor of all devices, and what a server on 127.0.0.1 shows. */
  readonly root: string;
  readonly server: { readonly key: string; readonly certificate: string };
  /** What each device's truststores hold, DER: the server, and an authority with each kind of key. */
  readonly trusted: readonly Buffer[];
  readonly close: () => void;
}

const FILES: Readonly<Record<Format | "chain" | "certificate", string>> = {
  "PKCS#12 modern": "keystore.p12",
  "PKCS#12 legacy": "legacy.p12",
  JKS: "keystore.jks",
  "encrypted PEM": "key.pem",
  "truststore PKCS#12": "truststore.p12",
  "truststore JKS": "truststore.jks",
  "truststore PEM": "truststore.pem",
  chain: "chain.pem",
  certificate: "certificate.pem",
};

/** One lot of one device for each kind of key, each under another kind of issuer, with everything that a job can ask for. */
export async function makeMatrixLots(): Promise<MatrixLots> {
  const home = mkdtempSync(join(tmpdir(), "lotmint-matrix-"));
  const lotmint = (...args: readonly string[]) =>
    run(process.execPath, [programPath(), "--home", home, "--log-level", "error", ...args], {
      env: {
        PATH: process.env["PATH"],
        NODE_COMPILE_CACHE: compileCache(),
        LOTMINT_PASSPHRASE: "a passphrase for the matrix",
      },
    });
  try {
    for (const folder of ["jobs", "input"]) mkdirSync(join(home, folder));
    const server = { key: join(home, "server.key"), certificate: join(home, "server.pem") };
    const address = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", server.key];
    openssl(["req", "-x509", ...newKey, ...address, "-out", server.certificate]);
    await lotmint("authority", "create", "root");
    const authority = (name: string) => join(home, "state", "authorities", name, "certificate.pem");
    // One after the other: each takes the ledger for itself.
    for (const { key } of PAIRS) await lotmint("authority", "create", key, "--issuer", "root", "--key", key);
    const certificateOf = (file: string) => new X509Certificate(readFileSync(file)).raw;
    const trusted = [server.certificate, ...PAIRS.map(({ key }) => authority(key))].map(certificateOf);
    const devices: MatrixDevice[] = [];
    for (const pair of PAIRS) {
      writeJob(home, pair);
      await lotmint("run", pair.key);
      devices.push(completeDevice(join(home, "output", pair.key), pair, trusted));
    }
    const close = () => rmSync(home, { recursive: true, force: true });
    return { devices, root: authority("root"), server, trusted, close };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

function writeJob(home: string, { key, issuer }: Pair): void {
  const job = {
    lot: key,
    manifest: `../input/${key}.csv`,
    issuer,
    key,
    keystores: {
      pkcs12: { alias: ALIAS, recipe: "modern", iterations: 2048 },
      jks: { alias: ALIAS },
      pem: { key: "encrypted" },
    },
    registration: { mode: "none" },
  };
  // JSON is YAML.
  writeFileSync(join(home, "jobs", `${key}.yaml`), JSON.stringify(job));
  writeFileSync(join(home, "input", `${key}.csv`), `id\ndevice-${key}\n`);
}

/** Reads what the lot has made, and adds what no lot has beside it: the other recipe, and truststores, by the same writers. */
function completeDevice(lot: string, pair: Pair, trusted: readonly Buffer[]): MatrixDevice {
  const id = `device-${pair.key}`;
  const fileOf: MatrixDevice["fileOf"] = (format) => join(lot, "devices", id, FILES[format]);
  const rows = readFileSync(join(lot, "secrets", "passwords.csv"), "utf8").split("\n");
  const password = rows.find((row) => row.startsWith(`${id},`))?.slice(id.length + 1) ?? "";
  const pems = readFileSync(fileOf("chain"), "utf8").split(/(?<=-----END CERTIFICATE-----\n)/);
  const chain = pems.filter((pem) => pem !== "").map((pem) => new X509Certificate(pem).raw);
  const [certificate = Buffer.alloc(0), ...issuers] = chain;
  const key = createPrivateKey({ key: readFileSync(fileOf("encrypted PEM")), passphrase: password });
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const options = { recipe: "legacy", iterations: 2048, alias: ALIAS, chain: issuers } as const;
  const [legacy = ""] = openPkcs12Writer(options, openRandomPool())([{ pkcs8, certificate, password }]);
  writeFileSync(fileOf("PKCS#12 legacy"), legacy);
  const truststore = { formats: ["pkcs12", "jks", "pem"], certificates: trusted } as const;
  const build = openDeviceFiles(
    { keystores: { pem: { key: "none" } }, truststore, chain: issuers, createdAtMs: Date.now() },
    openRandomPool(),
  );
  for (const { name, content } of build([{ certificate, pkcs8, password }]).flat()) {
    if (name.startsWith("truststore")) writeFileSync(join(lot, "devices", id, name), content);
  }
  return { pair, id, password, fileOf, chain };
}
