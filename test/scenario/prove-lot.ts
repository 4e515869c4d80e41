import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createSecureContext } from "node:tls";
import type { SandboxState } from "../../src/sandbox/sandbox-state.ts";

/** What a finished lot must have come to. */
export interface Expected {
  readonly home: string;
  readonly lot: string;
  /** Ids that have a certificate, whatever the platform said. */
  readonly ids: readonly string[];
  /** Of these, the ones that the platform rejected. */
  readonly rejected?: readonly string[];
  readonly exitCode: number;
  /** The lot's folder for passwords, where it is not below its output. */
  readonly secrets?: string;
  /** undefined: nothing was submitted. */
  readonly platform: SandboxState | undefined;
}

/** Keystores that the openssl command opens, of each lot; Node's TLS opens all. */
const OPENSSL_SAMPLE = 3;

interface LedgerView {
  /** By serial number. */
  readonly certificates: ReadonlyMap<string, { readonly state: string; readonly id: string; readonly sha256: string }>;
  readonly stages: ReadonlyMap<string, string>;
  readonly parts: readonly { readonly number: number; readonly sha256: string; readonly rows: number }[];
  readonly openUploads: number;
  readonly batchStates: readonly string[];
}

/**
 * Holds what a lot left on disk, in the ledger and on the platform against each other, and returns every
 * sentence that speaks against it. Reads with OpenSSL, Node's TLS and SQLite; shares no code with the writer.
 */
export function proveLot(expected: Expected): string[] {
  const { home, lot, ids } = expected;
  const problems: string[] = [];
  const ledger = readLedger(home, lot);
  const folder = join(home, "output", lot);
  const secrets = expected.secrets ?? join(folder, "secrets");
  for (const name of ["report.json", "report.html"]) {
    if (!existsSync(join(folder, name))) return [`${folder} holds no ${name}`];
  }
  problems.push(...proveFolders(folder, secrets, ids));
  const passwords = provePasswords(secrets, ids, problems);
  for (const id of ids) problems.push(...proveDevice(home, folder, id, passwords.get(id) ?? "", ledger));
  problems.push(...askOpenssl(home, folder, ids, passwords));
  problems.push(...proveLedger(ledger, expected));
  problems.push(...proveParts(folder, ids, ledger));
  problems.push(...provePlatform(expected));
  problems.push(...proveReports(folder, expected, ledger));
  return problems;
}

/**
 * What must hold at any moment, so also right after a kill: each certificate on the disk, finished or
 * not, stands in the ledger, and every file is whole.
 */
export function proveKilled(home: string, lot: string): string[] {
  const folder = join(home, "output", lot);
  const { certificates } = readLedger(home, lot);
  const problems: string[] = [];
  for (const id of namesIn(join(folder, "devices"))) {
    const certificate = new X509Certificate(readFileSync(join(folder, "devices", id, "certificate.pem")));
    if (certificates.get(serialOf(certificate))?.state !== "issued") {
      problems.push(`${id}: the ledger does not know its certificate as issued`);
    }
  }
  for (const batch of namesIn(join(folder, ".work"))) {
    for (const id of namesIn(join(folder, ".work", batch))) {
      const pem = readIfThere(join(folder, ".work", batch, id, "certificate.pem"));
      // A file of an unfinished batch may have been cut off.
      if (!pem.trimEnd().endsWith("-----END CERTIFICATE-----")) continue;
      if (!certificates.has(serialOf(new X509Certificate(pem)))) {
        problems.push(`${batch}/${id}: the ledger does not know its certificate`);
      }
    }
  }
  const listed = readIfThere(join(folder, "secrets", "passwords.csv"));
  if (listed !== "" && !/^id,password\n(?:[^,\n]+,[A-Z2-7]{26}\n)*$/.test(listed)) {
    problems.push("passwords.csv is not whole");
  }
  const report = readIfThere(join(folder, "report.json"));
  if (report !== "") JSON.parse(report);
  return problems;
}

/** Stages in which some device of the lot stands. */
export function stagesOf(home: string, lot: string): ReadonlySet<string> {
  return new Set(readLedger(home, lot).stages.values());
}

export function readLedger(home: string, lot: string): LedgerView {
  // Another lot's program may recover the log of a killed one just now.
  const ledger = new DatabaseSync(join(home, "state", "ledger.sqlite"), { readOnly: true, timeout: 30_000 });
  try {
    const rows = <T>(sql: string): T[] =>
      ledger.prepare(sql.replace("$LOT", "(SELECT id FROM lots WHERE name = ?)")).all(lot) as T[];
    const certificates = rows<{ serial: string; state: string; id: string; sha256: string }>(
      `SELECT lower(hex(serial)) AS serial, state, external_id AS id, lower(hex(sha256)) AS sha256
       FROM certificates WHERE lot = $LOT`,
    );
    const devices = rows<{ id: string; stage: string }>(
      "SELECT external_id AS id, stage FROM devices WHERE lot = $LOT AND (live = 1 OR certificate IS NOT NULL)",
    );
    return {
      certificates: new Map(certificates.map((row) => [row.serial, row])),
      stages: new Map(devices.map(({ id, stage }) => [id, stage])),
      parts: rows("SELECT number, sha256, rows FROM parts WHERE lot = $LOT ORDER BY number"),
      openUploads: rows("SELECT number FROM uploads WHERE lot = $LOT AND closed_at_ms IS NULL").length,
      batchStates: rows<{ state: string }>("SELECT DISTINCT state FROM batches WHERE lot = $LOT").map(
        ({ state }) => state,
      ),
    };
  } finally {
    ledger.close();
  }
}

function proveFolders(folder: string, secretsOf: string, ids: readonly string[]): string[] {
  const problems = differences("devices/", namesIn(join(folder, "devices")), ids);
  const secrets = namesIn(secretsOf);
  problems.push(...differences("secrets/", secrets, ids.length === 0 ? [] : ["passwords.csv"]));
  for (const work of [join(folder, ".work"), join(secretsOf, ".work")]) {
    if (namesIn(work).length > 0) problems.push(`${work} is not empty`);
  }
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const { mode } = lstatSync(join(folder, file));
    const isSecret = /^(?:devices|secrets|\.work)(?:\/|$)/.test(file);
    if (isSecret && (mode & 0o077) !== 0) problems.push(`${file} can be read by others`);
    if (file.endsWith(".new")) problems.push(`${file} was left behind`);
  }
  return problems;
}

function provePasswords(secretsOf: string, ids: readonly string[], problems: string[]): ReadonlyMap<string, string> {
  const text = readIfThere(join(secretsOf, "passwords.csv"));
  const [header, ...lines] = text.split("\n");
  if (header !== "id,password" || lines.pop() !== "") problems.push("passwords.csv is not whole");
  const cells = lines.map((line) => line.split(","));
  problems.push(
    ...differences(
      "passwords.csv",
      cells.map(([id = ""]) => id),
      ids,
    ),
  );
  return new Map(cells.map(([id = "", password = ""]) => [id, password]));
}

function proveDevice(home: string, folder: string, id: string, password: string, ledger: LedgerView): string[] {
  const place = join(folder, "devices", id);
  if (!existsSync(place)) return [`${id} has no folder`];
  const problems: string[] = [];
  const certificate = new X509Certificate(readFileSync(join(place, "certificate.pem")));
  const serial = serialOf(certificate);
  const known = ledger.certificates.get(serial);
  if (!certificate.subject.split("\n").includes(`CN=${id}`)) problems.push(`${id}: its certificate is for another`);
  if (known?.state !== "issued" || known.id !== id)
    problems.push(`${id}: the ledger does not have ${serial} as issued`);
  if (known?.sha256 !== digest(certificate.raw))
    problems.push(`${id}: the ledger has another certificate as ${serial}`);
  const authorities = readFileSync(join(home, "state", "authorities", "line-1", "chain.pem"), "utf8");
  if (readIfThere(join(place, "chain.pem")) !== certificate.toString() + authorities) {
    problems.push(`${id}: its chain is not its certificate, the intermediate and the root`);
  }
  try {
    if (!certificateIn(readFileSync(join(place, "keystore.p12")), password).equals(certificate.raw)) {
      problems.push(`${id}: its keystore holds another certificate`);
    }
  } catch (error) {
    problems.push(`${id}: its keystore does not open: ${String(error)}`);
  }
  return problems;
}

/** OpenSSL inside Node opens it, checks its MAC, and refuses a key that does not fit the certificate. */
function certificateIn(pfx: Buffer, passphrase: string): Buffer {
  const { context } = createSecureContext({ pfx, passphrase }) as unknown as {
    readonly context: { readonly getCertificate: () => Buffer };
  };
  return context.getCertificate();
}

/** All chains at once by the command line, and a few keystores. */
function askOpenssl(
  home: string,
  folder: string,
  ids: readonly string[],
  passwords: ReadonlyMap<string, string>,
): string[] {
  const authority = (name: string) => join(home, "state", "authorities", name, "certificate.pem");
  const files = ids.map((id) => join(folder, "devices", id, "certificate.pem"));
  const trust = ["-x509_strict", "-purpose", "sslclient", "-CAfile", authority("root")];
  const problems: string[] = [];
  try {
    const told = openssl(["verify", ...trust, "-untrusted", authority("line-1"), ...files]);
    const good = told.split("\n").filter((line) => line.endsWith(": OK")).length;
    if (good !== ids.length) problems.push(`openssl verifies ${good} of ${ids.length} certificates`);
    for (const id of ids.filter((_, index) => index % Math.ceil(ids.length / OPENSSL_SAMPLE) === 0)) {
      const keystore = join(folder, "devices", id, "keystore.p12");
      const told = openssl(["pkcs12", "-in", keystore, "-noenc", "-passin", "stdin"], passwords.get(id));
      const certificates = told.split("-----BEGIN CERTIFICATE-----").length - 1;
      if (certificates !== 3 || !told.includes("PRIVATE KEY")) problems.push(`${id}: openssl finds no key and chain`);
    }
  } catch (error) {
    problems.push(`openssl refuses: ${String(error)}`);
  }
  return problems;
}

function openssl(args: readonly string[], input = ""): string {
  return execFileSync("openssl", args, { encoding: "utf8", input, maxBuffer: 64 * 1024 * 1024, stdio: "pipe" });
}

function proveLedger(ledger: LedgerView, { ids, rejected = [], platform }: Expected): string[] {
  const live = [...ledger.certificates.values()].filter(({ state }) => state === "issued").map(({ id }) => id);
  const problems = differences("live certificates", live, ids);
  const states = new Set([...ledger.certificates.values()].map(({ state }) => state));
  for (const state of states) {
    if (state !== "issued" && state !== "abandoned") problems.push(`a certificate was left ${state}`);
  }
  problems.push(...differences("the ledger's devices", [...ledger.stages.keys()], ids));
  for (const [id, stage] of ledger.stages) {
    const right = rejected.includes(id) ? "rejected" : platform === undefined ? "listed" : "confirmed";
    if (stage !== right) problems.push(`${id} is ${stage} instead of ${right}`);
  }
  for (const state of ledger.batchStates) {
    if (state !== "placed" && state !== "void") problems.push(`a batch was left ${state}`);
  }
  if (ledger.openUploads > 0) problems.push(`${ledger.openUploads} uploads were left open`);
  return problems;
}

function proveParts(folder: string, ids: readonly string[], ledger: LedgerView): string[] {
  const problems: string[] = [];
  const names = ledger.parts.map(({ number }) => `part-${String(number).padStart(4, "0")}.csv`);
  problems.push(...differences("registration/", namesIn(join(folder, "registration")), names));
  const listed = ledger.parts.flatMap(({ sha256, rows }, index) => {
    const bytes = readFileSync(join(folder, "registration", names[index] ?? ""));
    const [header = "", ...lines] = bytes.toString("utf8").trimEnd().split("\n");
    if (digest(bytes) !== sha256) problems.push(`${names[index]} is not what the ledger says`);
    if (lines.length !== rows) problems.push(`${names[index]} has ${lines.length} rows instead of ${rows}`);
    if (!header.startsWith("ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME")) problems.push(`${names[index]} has another header`);
    return lines.map((line) => line.split(";")[0] ?? "");
  });
  return [...problems, ...differences("registration rows", listed, ids)];
}

function provePlatform({ platform, ids, rejected = [] }: Expected): string[] {
  if (platform === undefined) return [];
  const good = ids.filter((id) => !rejected.includes(id));
  const [prefix = ""] = (ids[0] ?? "").split("-");
  const there = [...platform.devices.values()].filter(({ id }) => id.startsWith(`${prefix}-`));
  const problems = differences(
    "the platform's devices",
    there.map(({ id }) => id),
    good,
  );
  for (const { id, authType } of there) {
    if (authType !== "CERTIFICATES") problems.push(`${id} is on the platform with ${authType}`);
    if (!platform.users.has(`device_${id}`)) problems.push(`${id} has no user on the platform`);
  }
  return problems;
}

function proveReports(folder: string, { ids, exitCode, lot }: Expected, ledger: LedgerView): string[] {
  const problems: string[] = [];
  const rows = readFileSync(join(folder, "devices.csv"), "utf8").trimEnd().split("\n").slice(1);
  const listed = rows.map((row) => row.split(","));
  problems.push(
    ...differences(
      "devices.csv",
      listed.map(([id = ""]) => id),
      ids,
    ),
  );
  for (const [id = "", serial = "", sha256 = "", , stage = ""] of listed) {
    const known = ledger.certificates.get(serial);
    if (known?.id !== id || known.sha256 !== sha256) problems.push(`devices.csv has another certificate for ${id}`);
    if (stage !== ledger.stages.get(id)) problems.push(`devices.csv has ${id} as ${stage}`);
  }
  const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as {
    readonly lot: string;
    readonly exitCode: number;
    readonly counts: Readonly<Record<string, number>>;
  };
  if (report.lot !== lot || report.exitCode !== exitCode)
    problems.push(`report.json tells exit code ${report.exitCode}`);
  const confirmed = [...ledger.stages.values()].filter((stage) => stage === "confirmed").length;
  if (report.counts["confirmed"] !== confirmed) problems.push("report.json counts other devices than the ledger");
  return problems;
}

/** Names that are there and should not be, that are missing, or that stand there twice. */
function differences(where: string, found: readonly string[], right: readonly string[]): string[] {
  const expected = new Set(right);
  const there = new Set(found);
  const problems: string[] = [];
  const tell = (what: string, names: readonly string[]) => {
    if (names.length > 0) problems.push(`${where} ${what} ${names.length}: ${names.slice(0, 3).join(", ")}`);
  };
  tell(
    "has too many,",
    [...there].filter((name) => !expected.has(name)),
  );
  tell(
    "lacks",
    [...expected].filter((name) => !there.has(name)),
  );
  if (found.length !== there.size) problems.push(`${where} has ${found.length - there.size} of them twice`);
  return problems;
}

/** What stands in a folder, without the working folders of unfinished batches. */
function namesIn(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder).filter((name) => ![".work", ".lotmint-owner.json"].includes(name))
    : [];
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function serialOf(certificate: X509Certificate): string {
  return certificate.serialNumber.toLowerCase();
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
