import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureFolder } from "../../src/disk/durable.ts";
import { homeLayout, type LotLayout, lotLayout } from "../../src/disk/layout.ts";
import type { Device } from "../../src/domain/device.ts";
import type { PlannedBatch } from "../../src/domain/plan.ts";
import type { DeviceRecord } from "../../src/domain/report.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { LotLease } from "../../src/ledger/locks.ts";
import { openLedger } from "../../src/ledger/sqlite/open-ledger.ts";
import { openPlatform } from "../../src/platform/http/http-platform.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { DEFAULT_RETRY } from "../../src/platform/retry.ts";
import { retrying } from "../../src/platform/retrying.ts";
import { cutParts } from "../../src/registration/cut-parts.ts";
import { type FaultRule, setFaults } from "../../src/sandbox/faults/faults.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/serve-sandbox.ts";
import { type SubmitOutcome, submitLot } from "../../src/submit/submit-lot.ts";

const OWNER = { host: "h", bootId: "b", pid: process.pid, processStart: "1" };
const BULK = { method: "POST", path: "/devicecontrol/bulkNewDeviceRequests" };
const DEVICES = 60;
const ids = Array.from({ length: DEVICES }, (_, i) => `D${String(i + 1).padStart(3, "0")}`);

let root: string;
let layout: LotLayout;
let ledger: Ledger;
let lease: LotLease;
let sandbox: RunningSandbox;
let platform: Platform;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "lotmint-wire-"));
  layout = lotLayout(homeLayout(root), "L1");
  ensureFolder(layout.folder);
  ledger = await openLedger(join(root, "ledger.sqlite"), { now: Date.now });
  lease = await ledger.acquireLot("L1", OWNER);
  sandbox = await startSandbox({ seed: 7 });
  platform = connect(20_000);
});

function connect(timeoutMs: number): Platform {
  const caFile = join(root, "ca.pem");
  writeFileSync(caFile, sandbox.caPem);
  const site = { url: sandbox.url, tenant: sandbox.tenant, deviceTokenPort: 1, mqttPort: 1, timeoutMs, caFile };
  return openPlatform(site, sandbox.credentials);
}

afterEach(async () => {
  await platform.close();
  await sandbox.close();
  await ledger.close();
  rmSync(root, { recursive: true, force: true });
});

/** A lot of which every device is minted, and listed in parts of ten rows. */
async function listLot(): Promise<void> {
  await ledger.recordJob(lease, { issuer: "line-3", name: "job", json: "{}" });
  const decisions = ids.map((externalId, index) => {
    const device: Device = {
      externalId,
      line: index + 2,
      cells: { id: externalId },
      subject: [{ attribute: "CN", value: externalId }],
      registration: {
        type: "c8y_Linux",
        name: externalId,
        agent: true,
        path: `Factory/hall ${index < DEVICES / 2 ? 1 : 2}`,
        properties: {},
        externalIds: {},
      },
    };
    return { kind: "mint", device, subjectDigest: "s", registrationDigest: "r" } as const;
  });
  async function* batches(): AsyncGenerator<PlannedBatch> {
    yield { decisions, rejected: [] };
  }
  const manifest = { sha256: "0".repeat(64), name: "L1.csv", kind: "full", header: ["id"] } as const;
  await ledger.absorbManifest(lease, manifest, batches());
  const certificates = ids.map((externalId) => ({
    externalId,
    serialNumber: `40${randomBytes(19).toString("hex")}`,
    notAfterMs: Date.UTC(2030, 0, 1),
    sha256: createHash("sha256").update(externalId).digest("hex"),
    publicKeySha256: createHash("sha256").update(`key ${externalId}`).digest("hex"),
    files: {},
  }));
  const batch = await ledger.reserveBatch(lease, { issuer: "line-3", devices: certificates });
  await ledger.commitMinted(lease, batch, certificates);
  await ledger.commitPlaced(lease, batch);
  expect(await cutParts({ ledger, lease, layout, rowsPerUpload: 10 })).toEqual({ parts: 6, rows: DEVICES });
}

const RETRY = { ...DEFAULT_RETRY, tries: 80, sleep: async () => undefined };

function submit(through: Ledger = ledger, collisions: "platform" | "ledger" = "platform"): Promise<SubmitOutcome> {
  return submitLot({
    ledger: through,
    lease,
    platform: retrying(platform, RETRY),
    layout,
    tenant: sandbox.tenant,
    submit: { concurrency: 4, collisions },
    retry: RETRY,
  });
}

async function stages(): Promise<ReadonlyMap<string, string>> {
  const records: DeviceRecord[] = [];
  for await (const page of ledger.devices("L1")) records.push(...page);
  return new Map(records.map(({ externalId, stage }) => [externalId, stage]));
}

async function expectTruth(rejected: readonly string[]): Promise<void> {
  const stage = await stages();
  expect(stage.size).toBe(DEVICES);
  for (const id of ids) {
    expect([id, stage.get(id)]).toEqual([id, rejected.includes(id) ? "rejected" : "confirmed"]);
    if (!rejected.includes(id)) {
      expect(sandbox.state.devices.get(id)).toMatchObject({ id, authType: "CERTIFICATES", name: id });
      expect(sandbox.state.users.has(`device_${id}`)).toBe(true);
    }
  }
  expect(await ledger.openUploads("L1")).toEqual([]);
}

describe("submission to the sandbox over TLS, recorded in a real ledger", () => {
  it("registers a whole lot with one upload a part, and makes each group once", async () => {
    await listLot();
    expect(await submit()).toMatchObject({ kind: "done", confirmed: DEVICES, rejected: 0, overwritten: [] });
    await expectTruth([]);
    expect(sandbox.state.requests.filter(({ path }) => path === BULK.path)).toHaveLength(6);
    expect([...sandbox.state.groups.keys()]).toEqual(["Factory", "Factory/hall 1", "Factory/hall 2"]);
    expect((await ledger.parts("L1")).every(({ open, answered }) => open === 0 && answered)).toBe(true);
  });

  it("comes to the truth while six of ten requests go wrong", async () => {
    await platform.close();
    platform = connect(500);
    await listLot();
    const bulk = (rule: object, rate: number) => ({ match: BULK, rate, ...rule }) as FaultRule;
    const question = (rule: object, rate: number) => ({ match: { method: "GET" }, rate, ...rule }) as FaultRule;
    setFaults(sandbox.state.faults, [
      { kind: "reject-rows", ids: ["D007", "D041"], withDeviceId: false, reason: "no licence" },
      { kind: "reject-rows", ids: ["D012"], reason: "limit reached" },
      { ...bulk({ kind: "stall", afterWork: true }, 1), times: 1 },
      { ...bulk({ kind: "drip", intervalMs: 20 }, 0.1), times: 2 },
      bulk({ kind: "status", status: 503 }, 0.1),
      bulk({ kind: "status", status: 502, afterWork: true }, 0.1),
      bulk({ kind: "status", status: 429, retryAfterSeconds: 1 }, 0.1),
      bulk({ kind: "cut-before" }, 0.1),
      bulk({ kind: "cut-after" }, 0.15),
      bulk({ kind: "cut-in-body" }, 0.15),
      bulk({ kind: "not-json", afterWork: true }, 0.1),
      bulk({ kind: "wrong-counts", add: { numberOfAll: 1 } }, 0.1),
      bulk({ kind: "wrong-counts", add: { numberOfFailed: -1, numberOfSuccessful: 1 } }, 0.1),
      question({ kind: "status", status: 503 }, 0.25),
      question({ kind: "cut-after" }, 0.2),
      question({ kind: "cut-in-body" }, 0.1),
      question({ kind: "not-json" }, 0.2),
    ]);
    expect(await submit()).toMatchObject({ kind: "done", confirmed: DEVICES - 3, rejected: 3, overwritten: [] });
    await expectTruth(["D007", "D012", "D041"]);
    const wrong = sandbox.state.requests.filter(({ fault }) => fault !== undefined).length;
    expect(wrong / sandbox.state.requests.length).toBeGreaterThan(0.4);
    const reasons: string[] = [];
    for await (const page of ledger.rejects("L1")) reasons.push(...page.map(({ reason }) => reason));
    expect(reasons).toEqual(["no licence", "limit reached", "no licence"]);
  });

  it("goes on after a kill between an answer and its record, and sends nothing twice", async () => {
    await listLot();
    let closes = 0;
    const dying: Ledger = {
      ...ledger,
      closeUpload: async (...args) => {
        closes += 1;
        if (closes > 2) throw new Error("killed");
        return ledger.closeUpload(...args);
      },
    };
    await expect(submit(dying)).rejects.toThrow("killed");
    expect((await ledger.openUploads("L1")).length).toBeGreaterThan(0);
    expect(await submit()).toMatchObject({ kind: "done", overwritten: [] });
    await expectTruth([]);
    expect(Math.max(...[...sandbox.state.devices.values()].map(({ registrations }) => registrations))).toBe(1);
  });

  it("leaves a device alone that somebody else registered, also when it is told to try again", async () => {
    await listLot();
    const foreign = "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME\nD033;BASIC;secret-1;other;theirs\n";
    expect(await platform.registerBulk(Buffer.from(foreign), "other.csv")).toMatchObject({ kind: "answer" });
    expect(await submit()).toMatchObject({ kind: "done", confirmed: DEVICES - 1, rejected: 1, overwritten: [] });
    expect(await ledger.relistRejected(lease)).toBe(1);
    expect(await submit()).toMatchObject({ kind: "done", confirmed: 0, rejected: 1 });
    expect(sandbox.state.devices.get("D033")).toMatchObject({ name: "theirs", registrations: 1 });
  });

  it("tells of a device that it overwrote when only the ledger is asked", async () => {
    await listLot();
    const foreign = "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME\nD033;BASIC;secret-1;other;theirs\n";
    await platform.registerBulk(Buffer.from(foreign), "other.csv");
    expect(await submit(ledger, "ledger")).toMatchObject({ kind: "done", confirmed: DEVICES, overwritten: ["D033"] });
  });

  it("finds the row for which a part is refused whole", async () => {
    await listLot();
    setFaults(sandbox.state.faults, [{ kind: "part-refused", status: 422, message: "bad D025", holdsId: "D025" }]);
    expect(await submit()).toMatchObject({ kind: "done", confirmed: DEVICES - 1, rejected: 1 });
    await expectTruth(["D025"]);
  });

  it("stops at a missing role without a device lost, and goes on once it is there", async () => {
    await listLot();
    setFaults(sandbox.state.faults, [{ kind: "status", status: 403, match: BULK, from: 2 }]);
    const outcome = await submit();
    expect(outcome).toMatchObject({ kind: "refused", message: expect.stringContaining("ROLE_DEVICE_CONTROL_ADMIN") });
    expect(outcome.confirmed).toBe(10);
    setFaults(sandbox.state.faults, []);
    expect(await submit()).toMatchObject({ kind: "done", confirmed: DEVICES - 10 });
    await expectTruth([]);
  });
});
