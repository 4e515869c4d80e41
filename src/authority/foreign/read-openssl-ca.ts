import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { AdoptedCertificate } from "../../domain/certificate.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";
import { adoptedCertificate } from "./adopted-certificate.ts";
import { readForeignCertificates, readForeignFile, unusableFile } from "./foreign-file.ts";
import { expandValue, type OpensslConfig, readOpensslConfig } from "./openssl-config.ts";
import { type DatabaseEntry, readOpensslDatabase, serialHex } from "./openssl-database.ts";

/** A database line is some 100 octets: room for a million certificates. */
const MAX_DATABASE_OCTETS = 256 * 1024 * 1024;
/** Authorities above this one that are looked for in the folders around it. */
const MAX_PARENTS = 8;

/** What is looked for where the configuration does not say, or names what is not there: the tutorial's names first, easy-rsa's last. */
const USUAL = {
  config: ["caConfig.cnf", "intermediateConfig.cnf", "openssl.cnf", "openssl-easyrsa.cnf"],
  certificate: [
    "caCert.pem",
    "intermediateCert.pem",
    "cacert.pem",
    "certs/ca.cert.pem",
    "certs/intermediate.cert.pem",
    "ca.crt",
    "pki/ca.crt",
  ],
  private_key: [
    "caKey.pem",
    "intermediateKey.pem",
    "private/cakey.pem",
    "private/ca.key.pem",
    "private/intermediate.key.pem",
    "ca.key",
    "private/ca.key",
    "pki/private/ca.key",
  ],
  database: ["database.txt", "index.txt", "pki/index.txt"],
  serial: ["serial", "serial.txt", "pki/serial"],
  new_certs_dir: ["deviceCertificates", "newcerts", "certs_by_serial", "pki/certs_by_serial"],
} as const;
type Part = Exclude<keyof typeof USUAL, "config">;

/** A folder of `openssl ca`, as far as it was found; paths are absolute. */
export interface OpensslCa {
  /** The authority's own certificate, and whatever stands in its file behind it. */
  readonly certificates: readonly CertificateFields[];
  /** Certificates of the folders around it: its issuer, as the tutorial lays them out. */
  readonly above: readonly CertificateFields[];
  readonly keyFile?: string;
  /** What its database knows of. */
  readonly issued: readonly AdoptedCertificate[];
  /** What the reader should know: each a sentence. */
  readonly notes: readonly string[];
}

/**
 * Reads a folder of `openssl ca`: its configuration says where things are, and where that does not hold
 * (any more), the usual names do. Throws `usage` for a folder without a certificate, and for a database
 * that cannot be read: a serial number that is passed over would not be accounted for.
 */
export function readOpensslCa(folder: string): OpensslCa {
  const home = resolve(folder);
  if (statSync(home, { throwIfNoEntry: false })?.isDirectory() !== true) throw unusableFile(folder, "it is no folder");
  const find = finder(home);
  const certificateFile = find("certificate");
  if (certificateFile === undefined) {
    throw unusableFile(folder, "no configuration in it leads to a certificate, and none stands under a usual name");
  }
  const certificates = readForeignCertificates(certificateFile);
  const keyFile = find("private_key");
  if (keyFile === undefined) refuseStrayKey(home, folder);
  const database = find("database");
  const [own] = certificates;
  const notes: string[] = [];
  if (database === undefined) notes.push(`no database was found in ${folder}: what it has signed is not known here`);
  const entries =
    database === undefined
      ? []
      : readOpensslDatabase(readForeignFile(database, MAX_DATABASE_OCTETS).toString("utf8"), database);
  notes.push(...missingNumbers(entries, find("serial")));
  const copies = find("new_certs_dir");
  return {
    certificates,
    above: certificatesAbove(home),
    ...(keyFile !== undefined && { keyFile }),
    issued: entries.map((entry) => describeEntry(entry, copies, own)),
    notes,
  };
}

/** Where keys lie in folders of any tool. */
const KEY_FOLDERS = ["", "private", "pki/private"];
/** Names of an authority's key, as people make them; those of devices lie in the same folders. */
const KEY_NAME = /(?:^|[^a-z])(?:ca|root|intermediate|issuing|signing|authority)(?:key|private|[^a-z])|CA(?![a-z])/;
const MAX_KEY_OCTETS = 64 * 1024;

/**
 * A key that lies in the folder under a name of its own would stay out, and the name of the authority would be taken
 * without it: throws `usage` with the way to import the two.
 */
function refuseStrayKey(home: string, folder: string): void {
  for (const name of KEY_FOLDERS) {
    const place = join(home, name);
    if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      const path = join(place, entry.name);
      if (!entry.isFile() || !KEY_NAME.test(entry.name.replace(/Key/, "key")) || !holdsKey(path)) continue;
      throw unusableFile(
        folder,
        `${path} holds a private key, but not under a name by which the authority's is known; import it with --certificate FILE --key FILE`,
      );
    }
  }
}

function holdsKey(path: string): boolean {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_KEY_OCTETS) return false;
  try {
    return /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(readForeignFile(path).toString("latin1"));
  } catch {
    // A file that may not be read is told of when it is named.
    return false;
  }
}

/** Finds each part in the folder itself, then where the configuration says, then under its usual names. */
function finder(home: string): (part: Part) => string | undefined {
  const config = readConfig(home);
  return (part) => {
    const places = [
      ...(config === undefined ? [] : configuredPlaces(config, home, part)),
      ...USUAL[part].map((name) => join(home, name)),
    ];
    return places.find((place) => existsSync(place));
  };
}

function readConfig(home: string): OpensslConfig | undefined {
  const names = readdirSync(home).filter((name) => name.endsWith(".cnf"));
  const name = USUAL.config.find((usual) => names.includes(usual)) ?? (names.length === 1 ? names[0] : undefined);
  return name === undefined ? undefined : readOpensslConfig(readForeignFile(join(home, name)).toString("utf8"));
}

/**
 * With the folder that was named in place of `dir` first: it may have been moved since the configuration
 * was written, and the old place may hold something else by now. Relative paths were relative to wherever
 * openssl was started, which was this folder or the one around it.
 */
function configuredPlaces(config: OpensslConfig, home: string, part: Part): readonly string[] {
  const section = config.get("ca")?.get("default_ca") ?? "CA_default";
  const moved = expandValue(config, section, part, { dir: home });
  const written = expandValue(config, section, part);
  return [moved, written]
    .flatMap((path) => (path === undefined || path === "" ? [] : [path]))
    .flatMap((path) => (isAbsolute(path) ? [path] : [join(home, path), join(dirname(home), path)]));
}

/** The authorities whose folders this one lies in. Their keys and databases are nothing to us. */
function certificatesAbove(home: string): readonly CertificateFields[] {
  const found: CertificateFields[] = [];
  let folder = realpathSync(home);
  for (let level = 0; level < MAX_PARENTS && dirname(folder) !== folder; level++) {
    folder = dirname(folder);
    try {
      const file = finder(folder)("certificate");
      if (file !== undefined) found.push(...readForeignCertificates(file));
    } catch {
      // A folder that may not be read, or that holds something else under that name, is none of an authority.
    }
  }
  return found;
}

/** What the database says, completed from the copy that openssl keeps under the number, where it is that certificate. */
function describeEntry(
  entry: DatabaseEntry,
  copies: string | undefined,
  issuer: CertificateFields | undefined,
): AdoptedCertificate {
  const bare: AdoptedCertificate = { ...entry, sha256: null, publicKeySha256: null };
  if (copies === undefined) return bare;
  const even = entry.serialNumber.toUpperCase();
  const file = [even, even.padStart(2, "0")]
    .map((name) => join(copies, `${name}.pem`))
    .find((path) => existsSync(path));
  if (file === undefined) return bare;
  try {
    const [certificate] = readForeignCertificates(file);
    const isIt =
      certificate?.serialNumber === entry.serialNumber &&
      issuer !== undefined &&
      certificate.issuer.equals(issuer.subject);
    return isIt ? { ...adoptedCertificate(certificate), subject: entry.subject, revoked: entry.revoked } : bare;
  } catch {
    return bare;
  }
}

/** openssl counts up: a next number beyond the last known one means that lines are missing. */
function missingNumbers(entries: readonly DatabaseEntry[], serialFile: string | undefined): readonly string[] {
  if (serialFile === undefined || entries.length === 0) return [];
  const text = readForeignFile(serialFile).toString("latin1").trim();
  if (!/^[0-9A-Fa-f]{1,40}$/.test(text)) return [];
  const next = BigInt(`0x${serialHex(text)}`);
  let last = 0n;
  for (const { serialNumber } of entries) {
    const number = BigInt(`0x${serialNumber}`);
    if (number > last) last = number;
  }
  if (next <= last + 1n) return [];
  return [
    `${serialFile} is at ${text}, but the database ends at ${last.toString(16)}: certificates in between, if there are any, are not known here`,
  ];
}
