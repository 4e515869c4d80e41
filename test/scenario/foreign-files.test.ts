import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TAG } from "../../src/asn1/der.ts";
import { findDerProblem } from "../../src/asn1/find-der-problem.ts";
import { DerError, readChildren, readOid } from "../../src/asn1/read-der.ts";
import { expandValue, readOpensslConfig } from "../../src/authority/foreign/openssl-config.ts";
import { readOpensslDatabase } from "../../src/authority/foreign/openssl-database.ts";
import { readForeignPkcs12 } from "../../src/authority/foreign/read-foreign-pkcs12.ts";
import { readPrivateKey } from "../../src/authority/foreign/read-private-key.ts";
import { readSealRecipient } from "../../src/authority/foreign/seal-recipient.ts";
import { readCertificateRequest } from "../../src/authority/request/read-pkcs10.ts";
import { readIdFile } from "../../src/cli/revoke/read-id-file.ts";
import { readJob } from "../../src/config/read-job.ts";
import { readSite } from "../../src/config/read-site.ts";
import { readYaml } from "../../src/config/read-yaml.ts";
import { packArchive, unpackArchive } from "../../src/disk/archive.ts";
import { homeLayout } from "../../src/disk/layout.ts";
import { OnboardingError } from "../../src/domain/error.ts";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { writeJksKeystore } from "../../src/keystore/write-jks.ts";
import { openPkcs12Writer } from "../../src/keystore/write-pkcs12.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { inspectFile } from "../../src/lookup/inspect/inspect-file.ts";
import { publicKeyDigest } from "../../src/lookup/public-key-digest.ts";
import { peekLot } from "../../src/manifest/peek-lot.ts";
import { readManifest } from "../../src/manifest/read-manifest.ts";
import { readRequest } from "../../src/manifest/read-request.ts";
import * as answers from "../../src/platform/http/read-answer.ts";
import { readRevocationList } from "../../src/platform/http/read-revocation-list.ts";
import { BACKUP_CONTENTS } from "../../src/run/backup/backup-home.ts";
import { restoreHome } from "../../src/run/backup/restore-home.ts";
import { derRevocationList } from "../../src/sandbox/trust/revocation-list.ts";
import { indexPasswords } from "../../src/verify/index-passwords.ts";
import { KeystoreError } from "../../src/verify/keystore-error.ts";
import { openSealed } from "../../src/verify/open-sealed.ts";
import { readJks } from "../../src/verify/read-jks.ts";
import { readPkcs12 } from "../../src/verify/read-strict-pkcs12.ts";
import { readTruststore } from "../../src/verify/read-truststore.ts";
import { describeName } from "../../src/x509/distinguished-name.ts";
import { readPem } from "../../src/x509/pem.ts";
import { readCertificate } from "../../src/x509/read-certificate.ts";
import { makeDeviceKey } from "../fixtures/make-device-key.ts";
import { makeIssuer, pemOf } from "../fixtures/make-issuer.ts";
import { makeOfficer, type Officer } from "../fixtures/make-officer.ts";
import { hasOpenssl, openssl } from "../fixtures/other-readers.ts";
import { sealContent } from "../fixtures/seal-content.ts";
import { byLength } from "../fixtures/test-length.ts";
import { damaged, nested, oversized } from "./foreign-files.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-foreign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PASSWORD = "K7QJ2WMXA4ZC3TNB5VYD6HPE2R";
const random = openRandomPool();

/** Good files of all kinds, made once. */
interface Samples {
  readonly certificate: Buffer;
  readonly pem: Buffer;
  readonly request: Buffer;
  readonly key: Buffer;
  readonly sealedKey: Buffer;
  readonly modern: Buffer;
  readonly legacy: Buffer;
  readonly jks: Buffer;
  readonly officer: Officer;
  readonly sealed: Buffer;
  readonly archive: Buffer;
  readonly revoked: Buffer;
}
let samples: Samples;

beforeAll(async () => {
  const issuer = await makeIssuer();
  const { certificate, pkcs8 } = makeDeviceKey(issuer);
  // A single round, so that what is tried is the reader and not the derivation.
  const p12 = (recipe: "modern" | "legacy") => {
    const write = openPkcs12Writer({ recipe, iterations: 1, alias: "a", chain: issuer.chain }, random);
    return write([{ pkcs8, certificate, password: PASSWORD }])[0] ?? Buffer.alloc(0);
  };
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyPem = privateKey.export({ type: "pkcs8", format: "pem" });
  const jks = { alias: "a", pkcs8, chain: [certificate, ...issuer.chain], password: PASSWORD, createdAtMs: 0 };
  const request = () => {
    const file = join(folder, "request.key");
    writeFileSync(file, keyPem);
    return openssl(["req", "-new", "-key", file, "-subj", "/O=Acme/CN=a"]);
  };
  const officer = makeOfficer();
  samples = {
    officer,
    sealed: Buffer.from(sealContent(Buffer.from("id,password\n"), officer.recipient)),
    revoked: derRevocationList({
      issuer: "a",
      key: privateKey,
      crlNumber: 1,
      nowMs: 0,
      revocations: new Map([["1000", 0]]),
    }),
    archive: await inFile("packed/a.txt", Buffer.from("a"), () => pack(join(folder, "packed"))),
    certificate,
    pem: Buffer.from(pemOf(certificate, ...issuer.chain)),
    request: Buffer.from(hasOpenssl ? request() : pemOf(certificate)),
    key: Buffer.from(keyPem),
    sealedKey: privateKey.export({ type: "pkcs8", format: "der", cipher: "aes-256-cbc", passphrase: PASSWORD }),
    modern: p12("modern"),
    legacy: p12("legacy"),
    jks: writeJksKeystore(jks, random),
  };
});

async function* passphrases() {
  yield PASSWORD;
}

function inFile<T>(name: string, octets: Buffer, read: (path: string) => T): T {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, octets);
  return read(path);
}

/** Every element of a structure, down to some depth. */
function walkDer(octets: Buffer, depth = 0): void {
  for (const { tag, content } of readChildren(octets)) {
    if (tag === TAG.OID) readOid(content);
    if ((tag & 0x20) !== 0 && depth < 40) walkDer(content, depth + 1);
  }
}

let archives = 0;
async function pack(from: string): Promise<Buffer> {
  const path = join(folder, `${archives++}.tar`);
  await packArchive(path, from);
  return readFileSync(path);
}

/** Restores a backup that says this of itself, and holds nothing else, into a home of its own. */
async function restore(contents: Buffer): Promise<unknown> {
  const from = join(folder, `backup-${archives}`);
  mkdirSync(from);
  writeFileSync(join(from, BACKUP_CONTENTS), contents);
  const file = join(folder, `${archives}.tar`);
  await pack(from);
  const ledger: Partial<Ledger> = {
    verifyEvents: async () => ({ events: 0, head: "" }),
    openGeneration: async () => ({ ledger: "", generation: "", earlier: [] }),
    receipts: async () => [],
    close: async () => undefined,
  };
  const home = homeLayout(join(folder, `restored-${archives}`));
  return restoreHome({ home, file, nowMs: 0, openLedger: async () => ledger as Ledger });
}

async function readWholeManifest(path: string): Promise<void> {
  const manifest = await readManifest(path, { columns: {} });
  for await (const rows of manifest.rows) expect(rows.length).toBeLessThan(200_000);
}

function readAnswers(octets: Buffer): void {
  let json: unknown;
  try {
    json = JSON.parse(octets.toString("utf8"));
  } catch {
    return;
  }
  const scrub = (text: string) => text;
  answers.readTenant(json);
  answers.readUser(json);
  answers.readBulkAnswer(json, scrub);
  answers.readTrustedPage(json);
  answers.readTrustedCertificate(json);
  answers.namesExternalId(json, "t", "a");
  answers.namesUser(json, "a");
  answers.isNotFound(json);
}

const BULK_ANSWER = {
  numberOfAll: 2,
  numberOfCreated: 1,
  numberOfFailed: 1,
  numberOfSuccessful: 1,
  credentialUpdatedList: [{ deviceId: "a", bulkNewDeviceStatus: "CREATED" }],
  failedCreationList: [{ deviceId: "b", failureReason: "no", line: "x" }],
  name: "t1",
  userName: "u",
  effectiveRoles: [{ id: "ROLE" }],
  certificates: [{ fingerprint: "ab".repeat(20), status: "ENABLED", name: "n" }],
  statistics: { pageSize: 5, totalPages: 1 },
};
const JOB_YAML =
  "manifest: ../input/a.csv\nissuer: line\nsubject: { O: Acme, OU: '{column}' }\nkeystores: { pkcs12: { alias: a }, pem: { key: none } }\nvalidity: 365d\ncolumns: &c { id: ID }\n";
const SITE_YAML = "platform: { url: 'https://a.example', user: u }\nidRule: '^A-[0-9]+$'\nmaxChain: 5\nsettle: 5s\n";
const DATABASE =
  "V\t351231235959Z\t\t1000\tunknown\t/CN=a\nR\t351231235959Z\t251231235959Z,keyCompromise\t1001\tunknown\t/CN=b\n";
const CONFIG =
  "dir = .\n[ ca ]\ndefault_ca = CA_default # here\n[ CA_default ]\ndatabase = $dir/index.txt\nserial = $(dir)/serial\n";
const MANIFEST = 'id,name,path\nA-1,"a ""quoted"" name",x/y\nA-2,b;c,\u00e9\r\n';

interface Parser {
  readonly name: string;
  readonly sample: () => Buffer;
  /** Reads and throws; the answer itself does not matter. */
  readonly read: (octets: Buffer) => unknown;
  /** What it may throw; nothing unless told. */
  readonly error?: new (
    ...args: never[]
  ) => Error;
}

const text = (source: string) => () => Buffer.from(source);

/** Whatever reads octets that lotmint has not written, or that may have changed since it did. */
const PARSERS: readonly Parser[] = [
  { name: "asn1/read-der", sample: () => samples.certificate, read: walkDer, error: DerError },
  { name: "asn1/find-der-problem", sample: () => samples.certificate, read: findDerProblem, error: DerError },
  { name: "x509/read-certificate", sample: () => samples.certificate, read: readCertificate, error: DerError },
  {
    name: "x509/distinguished-name",
    sample: () => readCertificate(samples.certificate).subject,
    read: describeName,
    error: DerError,
  },
  { name: "x509/pem", sample: () => samples.pem, read: (octets) => readPem(octets.toString("latin1")) },
  {
    name: "authority/request/read-pkcs10",
    sample: () => samples.request,
    read: readCertificateRequest,
    error: OnboardingError,
  },
  ...["key", "sealedKey"].map((name) => ({
    name: `authority/read-private-key, ${name}`,
    sample: () => samples[name as "key" | "sealedKey"],
    read: (octets: Buffer) => readPrivateKey(octets, "a.key", passphrases),
    error: OnboardingError,
  })),
  ...["modern", "legacy"].flatMap((recipe) => [
    {
      name: `authority/read-pkcs12, ${recipe}`,
      sample: () => samples[recipe as "modern" | "legacy"],
      read: (octets: Buffer) => readForeignPkcs12(octets, "a.p12", passphrases),
      error: OnboardingError,
    },
    {
      name: `verify/read-pkcs12, ${recipe}`,
      sample: () => samples[recipe as "modern" | "legacy"],
      read: (octets: Buffer) => readPkcs12(octets, PASSWORD, { maxIterations: 2000 }),
      error: KeystoreError,
    },
  ]),
  ...(
    ["certificate", "pem", "request", "key", "sealedKey", "modern", "legacy", "jks", "revoked", "sealed"] as const
  ).map((name) => ({
    name: `lookup/inspect-file, ${name}`,
    sample: () => samples[name],
    read: (octets: Buffer) => inspectFile(octets, { given: passphrases, typed: passphrases }),
    error: OnboardingError,
  })),
  { name: "lookup/public-key-digest", sample: () => samples.request, read: publicKeyDigest },
  {
    name: "authority/openssl-config",
    sample: text(CONFIG),
    read: (octets) => {
      const config = readOpensslConfig(octets.toString("utf8"));
      for (const name of ["a", "dir", "database", "serial"]) expandValue(config, "CA_default", name);
    },
  },
  {
    name: "authority/openssl-database",
    sample: text(DATABASE),
    read: (octets) => readOpensslDatabase(octets.toString("utf8"), "index.txt"),
    error: OnboardingError,
  },
  {
    name: "verify/read-jks",
    sample: () => samples.jks,
    read: (octets) => readJks(octets, PASSWORD),
    error: KeystoreError,
  },
  {
    name: "verify/index-passwords",
    sample: text(`id,password\nA-1,${PASSWORD}\nA-2,${PASSWORD}\n`),
    read: async (octets) => {
      const indexed = await indexPasswords([{ content: octets, judged: true }]);
      for (const id of indexed.ids()) indexed.get(id);
    },
  },
  {
    name: "manifest/read-manifest",
    sample: text(MANIFEST),
    read: (octets) => inFile("a.csv", octets, readWholeManifest),
    error: OnboardingError,
  },
  { name: "manifest/peek-lot", sample: text(MANIFEST), read: (octets) => inFile("b.csv", octets, peekLot) },
  {
    name: "manifest/read-request, a cell",
    sample: () => samples.request,
    read: (octets) => readRequest(octets.toString("utf8"), folder),
  },
  {
    name: "manifest/read-request, a file",
    sample: () => samples.request,
    read: (octets) => inFile("a.csr", octets, () => readRequest("a.csr", folder)),
  },
  {
    name: "config/read-yaml",
    sample: text(JOB_YAML),
    read: (octets) => inFile("a.yaml", octets, (path) => readYaml(path, "a.yaml")),
    error: OnboardingError,
  },
  {
    name: "config/read-job",
    sample: text(JOB_YAML),
    read: (octets) => {
      const home = homeLayout(join(folder, "home"));
      mkdirSync(home.jobs, { recursive: true });
      return inFile("home/jobs/a.yaml", octets, (path) => readJob(path, home, readSite(home)));
    },
    error: OnboardingError,
  },
  {
    name: "config/read-site",
    sample: text(SITE_YAML),
    read: (octets) => {
      const home = homeLayout(join(folder, "site"));
      mkdirSync(home.root, { recursive: true });
      return inFile("site/lotmint.yaml", octets, () => readSite(home));
    },
    error: OnboardingError,
  },
  {
    name: "authority/seal-recipient",
    sample: () => Buffer.from(samples.officer.pem),
    read: (octets) => inFile("officer.pem", octets, (path) => readSealRecipient(path, Date.now())),
    error: OnboardingError,
  },
  {
    name: "verify/open-sealed",
    sample: () => samples.sealed,
    read: (octets) => openSealed(octets.toString("latin1"), samples.officer.key),
    error: KeystoreError,
  },
  {
    name: "verify/read-truststore",
    sample: () => samples.pem,
    read: (octets) => readTruststore("truststore.pem", octets, PASSWORD),
    error: KeystoreError,
  },
  {
    name: "disk/archive",
    sample: () => samples.archive,
    read: (octets) => {
      const to = join(folder, `unpacked-${archives++}`);
      mkdirSync(to);
      return inFile("b.tar", octets, (path) => unpackArchive(path, to));
    },
    error: OnboardingError,
  },
  {
    name: "run/restore-home, what a backup says of itself",
    sample: text(JSON.stringify({ version: 1, madeAt: "2026-11-23T00:00:00Z", ledgerHead: "ab", files: {} })),
    read: restore,
    error: OnboardingError,
  },
  {
    name: "cli/read-id-file",
    sample: text("id;name\nA-1;a\nA-2;b\n"),
    read: (octets) => inFile("ids.csv", octets, (path) => Array.fromAsync(readIdFile(path, folder))),
    error: OnboardingError,
  },
  {
    name: "platform/read-revocation-list",
    sample: () => samples.revoked,
    read: readRevocationList,
  },
  { name: "platform/read-answer", sample: text(JSON.stringify(BULK_ANSWER)), read: readAnswers },
];

/** Any other error than the parser's own is a defect, and is thrown on. */
async function outcomeOf({ read, error }: Parser, octets: Buffer): Promise<"answered" | "refused"> {
  try {
    await read(octets);
    return "answered";
  } catch (thrown) {
    if (error === undefined || !(thrown instanceof error)) throw thrown;
    return "refused";
  }
}

describe.each(PARSERS)("$name", (parser) => {
  test("reads a good file", async () => {
    expect(await outcomeOf(parser, parser.sample())).toBe("answered");
  });

  test("answers, or throws its own error, whatever is changed, cut, doubled or left out", async () => {
    const property = fc.asyncProperty(damaged(parser.sample()), async (octets) => {
      expect(await outcomeOf(parser, octets)).toMatch(/answered|refused/);
    });
    await fc.assert(property, { numRuns: byLength({ short: 60, long: 3000 }) });
  });

  test("answers, or throws its own error, however deep it is nested", async () => {
    for (const octets of nested(parser.sample())) expect(await outcomeOf(parser, octets)).toMatch(/answered|refused/);
  });

  test("answers, or throws its own error, however long it is", async () => {
    for (const octets of oversized(parser.sample())) {
      expect(await outcomeOf(parser, octets)).toMatch(/answered|refused/);
    }
  });
});
