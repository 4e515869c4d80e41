import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { jobToJson } from "../../../src/config/job-json.ts";
import { deviceFolder, homeLayout, lotLayout, partFile, sealedPasswords } from "../../../src/disk/layout.ts";
import type { Job } from "../../../src/domain/job.ts";
import type { PlannedBatch } from "../../../src/domain/plan.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LotLease } from "../../../src/ledger/locks.ts";
import type { MintedRecord } from "../../../src/ledger/reading.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import type { Platform, Reply } from "../../../src/platform/platform.ts";
import { checkLot } from "../../../src/run/check/check-lot.ts";
import type { LotToCheck } from "../../../src/run/check/check-scope.ts";
import {
  type ForeignAuthority,
  hasOpenssl,
  makeAuthority,
  makeDevice,
  PASSWORD,
  sha256,
} from "../../fixtures/foreign-device.ts";
import { makeOfficer, strangersKey } from "../../fixtures/make-officer.ts";
import { sealContent } from "../../fixtures/seal-content.ts";

const root = mkdtempSync(join(tmpdir(), "lotmint-check-"));
const home = homeLayout(join(root, "home"));
const LOT = "L1";
const IDS = ["SN-1", "SN-2", "SN-3"];
const lot = lotLayout(home, LOT);
const PART = `ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME\n${IDS.map((id) => `${id};CERTIFICATES;;t;${id}\n`).join("")}`;
const JOB: Job = {
  name: "job",
  lot: "{file}",
  issuer: "line-3",
  profile: {
    name: "device",
    keyUsage: ["digitalSignature"],
    extendedKeyUsage: [],
    policies: [],
    requiredSubject: [],
    validity: { kind: "days", days: 365, asked: false },
  },
  key: "ec-p256",
  validity: { kind: "days", days: 365, asked: true },
  outliveIssuer: "reject",
  subject: [],
  columns: {},
  keystores: {
    pkcs12: { alias: "devicekeyentry", recipe: "modern", iterations: 2048 },
    pem: { key: "encrypted" },
  },
  passwords: "per-device",
  secrets: {},
  registration: { mode: "bulk", type: "t", name: "{id}", agent: true, properties: [] },
  submit: { enabled: true, rowsPerUpload: 500, concurrency: 4, collisions: "platform" },
};

const officer = makeOfficer();
let authority: ForeignAuthority;
let ledger: Ledger;
let lease: LotLease;

async function* plannedBatches(): AsyncGenerator<PlannedBatch> {
  const decisions = IDS.map((externalId, index) => ({
    kind: "mint" as const,
    subjectDigest: "s",
    registrationDigest: "r",
    device: {
      externalId,
      line: index + 2,
      cells: { id: externalId },
      subject: [{ attribute: "CN", value: externalId }] as const,
      registration: { type: "t", name: externalId, agent: true, properties: {}, externalIds: {} },
    },
  }));
  yield { decisions, rejected: [] };
}

/** Walks three devices through the ledger as a run does; SN-3 stays unconfirmed. */
async function fillLedger(records: readonly MintedRecord[]): Promise<void> {
  lease = await ledger.acquireLot(LOT, { host: "h", bootId: "b", pid: process.pid, processStart: "1" });
  await ledger.recordJob(lease, { issuer: "line-3", name: "job", json: jobToJson(JOB) });
  const manifest = { sha256: "ab".repeat(32), name: "L1.csv", kind: "full" as const, header: ["id"] };
  await ledger.absorbManifest(lease, manifest, plannedBatches());
  const batch = await ledger.reserveBatch(lease, { issuer: "line-3", segment: "0123abcd-5eed", devices: records });
  await ledger.commitMinted(lease, batch, records);
  await ledger.commitPlaced(lease, batch);
  await ledger.commitPart(lease, { number: 1, sha256: sha256(Buffer.from(PART)), paths: [] }, IDS);
  const upload = await ledger.openUpload(lease, { part: 1, externalIds: IDS });
  await ledger.closeUpload(lease, upload, { kind: "answered", status: 201, confirmed: ["SN-1", "SN-2"], rejected: [] });
}

afterAll(async () => {
  await ledger?.close();
  rmSync(root, { recursive: true, force: true });
});

describe.skipIf(!hasOpenssl)("checking a lot (skipped without openssl)", () => {
  const pristine = join(root, "pristine");

  beforeAll(async () => {
    authority = makeAuthority(join(root, "authority"));
    const records = IDS.map((id) => makeDevice(authority, deviceFolder(lot, id), id));
    mkdirSync(lot.secrets, { recursive: true, mode: 0o700 });
    const passwords = `id,password\n${IDS.map((id) => `${id},${PASSWORD}\n`).join("")}`;
    writeFileSync(lot.passwords, passwords, { mode: 0o600 });
    mkdirSync(lot.registration);
    writeFileSync(partFile(lot, 1), PART);
    cpSync(home.output, pristine, { recursive: true });
    mkdirSync(home.state, { recursive: true, mode: 0o700 });
    ledger = await openLedger(home.ledger, { now: Date.now });
    await fillLedger(records);
  }, 30_000);

  beforeEach(() => {
    rmSync(home.output, { recursive: true, force: true });
    cpSync(pristine, home.output, { recursive: true });
  });

  function check(changes: Partial<LotToCheck> = {}) {
    const chain = authority.chain;
    return checkLot({ ledger, home, lot: LOT, chain, random: Math.random, now: Date.now, ...changes });
  }

  async function told(changes: Partial<LotToCheck> = {}): Promise<string[]> {
    const { differences, found } = await check(changes);
    expect(found).toBe(differences.length);
    return differences.map(({ externalId, what }) => `${externalId}: ${what}`);
  }

  /** The ledger as another moment of a run beside the check would show it. */
  function during(changes: Partial<Ledger>): Partial<LotToCheck> {
    return { ledger: { ...ledger, ...changes } };
  }

  test("a lot as it was made has no difference", async () => {
    const outcome = await check();
    expect(outcome).toMatchObject({ lot: LOT, devices: 3, checked: 3, asked: 0, parts: 1, differences: [], notes: [] });
    expect(outcome.events).toBeGreaterThan(0);
  });

  test("an unknown lot is a usage error", async () => {
    await expect(check({ lot: "L9" })).rejects.toMatchObject({ code: "usage" });
  });

  test("a changed keystore, a missing folder and a stray one are told by device", async () => {
    rmSync(deviceFolder(lot, "SN-1"), { recursive: true });
    writeFileSync(join(deviceFolder(lot, "SN-2"), "keystore.p12"), "x");
    mkdirSync(deviceFolder(lot, "SN-7"));
    mkdirSync(join(lot.devices, "%41"));
    expect(await told()).toEqual([
      "SN-1: its folder is missing",
      "SN-2: SHA-256 of keystore.p12",
      "SN-2: keystore.p12 does not open: not DER: it ends early at offset 0",
      ": in devices/, but of no certificate of the lot",
      "SN-7: in devices/, but of no certificate of the lot",
    ]);
  });

  test("keystores are held against the aliases of the lot's own job", async () => {
    const keystores = { ...JOB.keystores, pkcs12: { alias: "other", recipe: "modern", iterations: 2048 } } as const;
    const lots = async () => {
      const record = await ledger.lot(LOT);
      return record && { ...record, jobJson: jobToJson({ ...JOB, keystores }) };
    };
    expect(await told(during({ lot: lots }))).toEqual(IDS.map((id) => `${id}: alias in keystore.p12`));
  });

  test("a changed registration part is told", async () => {
    writeFileSync(partFile(lot, 1), PART.replace("SN-2;", "SN-9;"));
    expect(await told()).toEqual(["SN-2: row 2 of registration part 1", ": SHA-256 of registration part 1"]);
  });

  test("a password that is missing, twice there, wrong or of nobody is told, and never shown", async () => {
    const text = `id,password\nSN-1,WRONG\nSN-2,${PASSWORD}\nSN-2,${PASSWORD}\nSN-8,SECRET\n`;
    writeFileSync(lot.passwords, text);
    const { differences } = await check();
    expect(differences.map(({ externalId, what }) => `${externalId}: ${what}`)).toEqual([
      "SN-1: key.pem does not open: the password does not open it",
      "SN-1: keystore.p12 does not open: the password does not open it",
      "SN-3: no password is listed for key.pem",
      "SN-3: no password is listed for keystore.p12",
      "SN-2: line 4 of passwords.csv: its id stands on an earlier line too",
      "SN-8: passwords.csv lists it, but the lot has no such device",
    ]);
    expect(JSON.stringify(differences)).not.toMatch(/WRONG|SECRET/);
  });

  test("a list of passwords that others can read is told", async () => {
    chmodSync(lot.secrets, 0o755);
    chmodSync(lot.passwords, 0o644);
    expect(await told()).toEqual([`: mode of ${lot.secrets}`, `: mode of ${lot.passwords}`]);
  });

  test("passwords that still stand in segments count", async () => {
    rmSync(lot.passwords);
    const lines = IDS.map((id) => `${id},${PASSWORD}\n`).join("");
    writeFileSync(join(lot.secrets, "segment-000001-0123abcd-5eed.csv"), lines, { mode: 0o600 });
    expect(await told()).toEqual([]);
  });

  test("a lot with one password is opened with it, and by digest only without it", async () => {
    const lots = async () => {
      const record = await ledger.lot(LOT);
      return record && { ...record, jobJson: jobToJson({ ...JOB, passwords: "per-lot" }) };
    };
    rmSync(lot.passwords);
    expect(await told({ ...during({ lot: lots }), lotPassword: PASSWORD })).toEqual([]);
    expect(await told({ ...during({ lot: lots }), lotPassword: "another" })).toHaveLength(6);
    const { differences, notes } = await check(during({ lot: lots }));
    expect(differences).toEqual([]);
    expect(notes).toEqual([expect.stringContaining("no password for the lot was given")]);
  });

  test("sealed passwords are used where a key opens them, the newest first, and else told as not checked", async () => {
    const lots = async () => {
      const record = await ledger.lot(LOT);
      return record && { ...record, jobJson: jobToJson({ ...JOB, secrets: { sealTo: "/pki/officer.pem" } }) };
    };
    const sealed = during({ lot: lots });
    const seal = (number: number, ...lines: readonly string[]) => {
      const content = Buffer.from(`id,password\n${lines.map((line) => `${line}\n`).join("")}`);
      writeFileSync(sealedPasswords(lot, number), sealContent(content, officer.recipient), { mode: 0o600 });
    };
    rmSync(lot.passwords);
    expect(await told(sealed)).toContain("SN-1: no password is listed for keystore.p12");
    seal(1, "SN-1,OLDPASSWORD", `SN-2,${PASSWORD}`, `SN-3,${PASSWORD}`);
    seal(2, `SN-1,${PASSWORD}`);
    const { differences, notes } = await check(sealed);
    expect(differences).toEqual([]);
    expect(notes).toEqual([expect.stringContaining("passwords-0001.csv.cms, passwords-0002.csv.cms: sealed")]);
    expect(await told({ ...sealed, secretsKey: officer.key })).toEqual([]);
    expect((await check({ ...sealed, secretsKey: officer.key })).notes).toEqual([]);
    await expect(check({ ...sealed, secretsKey: strangersKey() })).rejects.toMatchObject({ code: "usage" });
    rmSync(sealedPasswords(lot, 2));
    expect(await told({ ...sealed, secretsKey: officer.key })).toContainEqual(
      expect.stringMatching(/^SN-1: keystore.p12 does not open/),
    );
    writeFileSync(sealedPasswords(lot, 1), "cut off");
    chmodSync(sealedPasswords(lot, 1), 0o644);
    const damaged = await told({ ...sealed, secretsKey: officer.key });
    expect(damaged).toContainEqual(expect.stringContaining("passwords-0001.csv.cms, sealed passwords, does not open"));
    expect(damaged).toContain(`: mode of ${sealedPasswords(lot, 1)}`);
  });

  test("passwords on a drive that is not there are told as not checked", async () => {
    const lots = async () => {
      const record = await ledger.lot(LOT);
      return record && { ...record, jobJson: jobToJson({ ...JOB, secrets: { folder: "/media/nowhere" } }) };
    };
    const { differences, notes } = await check(during({ lot: lots }));
    expect(differences).toEqual([]);
    expect(notes).toEqual([expect.stringContaining("/media/nowhere/L1, the folder with the passwords, is not there")]);
  });

  test("a sample opens so many devices, reads no others, and says what it proves", async () => {
    const opened: number[] = [];
    const unread = { mintedDevices: () => expect.fail("it read all devices"), partDevices: () => expect.fail("rows") };
    const outcome = await check({ ...during(unread), sample: 2, onProgress: (checked) => opened.push(checked) });
    expect(outcome).toMatchObject({ devices: 3, checked: 2, differences: [] });
    expect(outcome.sample).toEqual({ sampled: 2, population: 3, faulty: 0, confidence: 0.99, fewerThan: 2 });
    expect(outcome.notes).toEqual([expect.stringMatching(/^outside the sample: the other devices' folders/)]);
    expect(opened.at(-1)).toBe(2);
  });

  test("a sample of all devices is a check of all", async () => {
    mkdirSync(deviceFolder(lot, "SN-7"));
    for (const sample of [3, 99]) {
      const outcome = await check({ sample });
      expect(outcome).toMatchObject({ checked: 3, found: 1, notes: [] });
      expect(outcome).not.toHaveProperty("sample");
    }
  });

  test("a sample misses no password, row or part of its own devices", async () => {
    writeFileSync(lot.passwords, `id,password\nSN-7,${PASSWORD}\n,\n`);
    chmodSync(lot.passwords, 0o644);
    writeFileSync(partFile(lot, 1), PART.replace("SN-1;CERT", "SN-9;CERT"));
    const found = await told({ sample: 1, random: () => 0 });
    expect(found.filter((what) => what.startsWith("SN-"))).toEqual([
      "SN-1: row 1 of registration part 1",
      "SN-1: no password is listed for key.pem",
      "SN-1: no password is listed for keystore.p12",
    ]);
    expect(found).toContain(`: mode of ${lot.passwords}`);
    expect(found).toContain(": SHA-256 of registration part 1");
    expect(found).toContainEqual(expect.stringContaining("line 3 of passwords.csv"));
    expect((await check({ sample: 1, random: () => 0 })).sample).toMatchObject({ faulty: 1, fewerThan: 4 });
    rmSync(partFile(lot, 1));
    expect(await told({ sample: 1 })).toContain(": registration part 1 is missing");
  });

  test("each device of a sample has the same chance", async () => {
    rmSync(deviceFolder(lot, "SN-3"), { recursive: true });
    for (const [draw, missing] of [
      [0, 0],
      [0.66, 0],
      [0.67, 1],
      [0.99, 1],
    ] as const) {
      expect((await check({ sample: 1, random: () => draw })).found).toBe(missing);
    }
    // Of two, the second draw hits what the first has taken; then the last one is taken.
    const draws = [0.9, 0.4];
    expect((await check({ sample: 2, random: () => draws.shift() ?? 0 })).found).toBe(1);
  });

  test("what a run beside the check has not finished is not judged", async () => {
    rmSync(deviceFolder(lot, "SN-1"), { recursive: true });
    mkdirSync(deviceFolder(lot, "SN-7"));
    writeFileSync(join(lot.secrets, "segment-000002.csv"), `SN-7,${PASSWORD}\n`, { mode: 0o600 });
    const devices = ["SN-1", "SN-7"].map((externalId) => ({ externalId, serialNumber: "40" }));
    const openBatches = async () => [{ number: 2, state: "minted" as const, place: "here", devices }];
    expect(await told(during({ openBatches }))).toEqual([]);
  });

  test("a device whose batch has just been placed is looked at again before it is told", async () => {
    const folder = deviceFolder(lot, "SN-1");
    rmSync(folder, { recursive: true });
    const openBatches = async () => {
      cpSync(join(pristine, LOT, "devices", "SN-1"), folder, { recursive: true });
      return [];
    };
    expect(await told(during({ openBatches }))).toEqual([]);
  });

  test("a certificate that was replaced after it was read is not judged", async () => {
    rmSync(deviceFolder(lot, "SN-1"), { recursive: true });
    const certificate: Ledger["certificate"] = async (serialNumber) => {
      const record = await ledger.certificate(serialNumber);
      return record && { ...record, state: "revoked" };
    };
    expect(await told(during({ certificate }))).toEqual([]);
  });

  test("more differences than anybody reads are counted, not kept", async () => {
    writeFileSync(lot.passwords, Array.from({ length: 1500 }, (_, index) => `X-${index},${PASSWORD}\n`).join(""));
    const { differences, found } = await check();
    expect(differences).toHaveLength(1000);
    expect(found).toBe(1506);
  });

  test("a report that ends with an event which the ledger does not have shows that the ledger was cut", async () => {
    const report = (content: unknown) => writeFileSync(lot.reportJson, JSON.stringify(content));
    const head = (await ledger.head("L1"))?.digest;
    report({ ledgerHead: head });
    expect(await told()).toEqual([]);
    report({ ledgerHead: "ab" });
    expect(await told()).toEqual([
      ": the ledger does not have the event that report.json ends with: its end was cut off, or it is an old copy",
    ]);
    report(["something else"]);
    expect(await told()).toEqual([": report.json is not one that lotmint wrote"]);
  });

  test("a broken event chain is damaged state", async () => {
    const copy = join(root, "damaged.sqlite");
    const source = new DatabaseSync(home.ledger);
    source.exec(`VACUUM INTO '${copy}'`);
    source.close();
    const damaged = new DatabaseSync(copy);
    for (const { name } of damaged.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all()) {
      damaged.exec(`DROP TRIGGER ${name}`);
    }
    damaged.exec("UPDATE events SET prev = printf('%064d', 0) WHERE seq = 3");
    damaged.close();
    const other = await openLedger(copy, { now: Date.now });
    await expect(check({ ledger: other })).rejects.toMatchObject({ code: "state-damaged" });
    await other.close();
  });

  test("a check that is asked to stop stops", async () => {
    await expect(check({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "stopped" });
  });

  describe("with the platform", () => {
    const answer = <T>(value: T): Promise<Reply<T>> => Promise.resolve({ kind: "answer", value });
    const trusted = {
      name: "n",
      status: "ENABLED",
      autoRegistrationEnabled: false,
      proofOfPossessionValid: true,
    } as const;

    /** A platform that has everything but what a test takes away. */
    function platform(changes: Partial<Platform> = {}): Pick<LotToCheck, "platform"> {
      const methods: Partial<Platform> = {
        trustedCertificate: (_, fingerprint) => answer({ ...trusted, fingerprint }),
        hasExternalId: () => answer(true),
        hasDeviceUser: () => answer(true),
        ...changes,
      };
      return { platform: { platform: methods as Platform, tenant: "t1" } };
    }

    test("confirmed devices that are there are no difference, and others are not asked for", async () => {
      const asked: string[] = [];
      const hasExternalId: Platform["hasExternalId"] = (type, externalId) => {
        asked.push(`${type} ${externalId}`);
        return answer(true);
      };
      expect(await check(platform({ hasExternalId }))).toMatchObject({ asked: 2, differences: [] });
      expect(asked).toEqual(["c8y_Serial SN-1", "c8y_Serial SN-2"]);
    });

    test("a device, a user or a trusted certificate that is gone is told", async () => {
      const gone = platform({
        trustedCertificate: (_, fingerprint) => answer({ ...trusted, fingerprint, status: "DISABLED" }),
        hasExternalId: (_, externalId) => answer(externalId !== "SN-1"),
        hasDeviceUser: (_, externalId) => answer(externalId !== "SN-2"),
      });
      expect(await told(gone)).toEqual([
        ": tenant t1 trusts no certificate of the issuing chain any more",
        "SN-1: the platform does not have it as c8y_Serial",
        "SN-2: the platform does not have its device user",
      ]);
    });

    test("it is enough that the tenant trusts the anchor", async () => {
      const fingerprints: string[] = [];
      const anchorOnly = platform({
        trustedCertificate: (_, fingerprint) =>
          answer(fingerprints.push(fingerprint) === 2 ? { ...trusted, fingerprint } : undefined),
      });
      expect(await told(anchorOnly)).toEqual([]);
      expect(fingerprints).toHaveLength(2);
    });

    test("an answer that is no answer is not taken for one", async () => {
      const refused = platform({ hasExternalId: async () => ({ kind: "refused", status: 403, message: "role" }) });
      await expect(check(refused)).rejects.toMatchObject({ code: "platform-refused" });
      const silent = platform({ hasExternalId: async () => ({ kind: "unknown", message: "time-out" }) });
      await expect(check(silent)).rejects.toMatchObject({ code: "platform-unreachable" });
    });
  });
});
