import { beforeEach, describe, expect, test } from "vitest";
import { PLAIN_FORM } from "../../src/domain/manifest-form.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { currentLockOwner } from "../../src/ledger/lock-owner.ts";
import { LOCK_PATIENCE_MS } from "../../src/ledger/locks.ts";
import { adoptionsContract } from "./contract/adoptions.ts";
import { keyPoolContract } from "./contract/key-pool.ts";
import { publicKeysContract } from "./contract/public-keys.ts";
import { pushesContract } from "./contract/pushes.ts";
import { remintingContract } from "./contract/reminting.ts";
import { revocationListsContract } from "./contract/revocation-lists.ts";
import { revokingContract } from "./contract/revoking.ts";
import type { LedgerFactory } from "./ledger-factory.ts";
import * as world from "./ledger-world.ts";

/** What every engine behind the `Ledger` interface has to do. */
export function describeLedger(name: string, open: LedgerFactory): void {
  const called = new Set<string>();
  const methods = new Set<string>();
  const watched: LedgerFactory = async (now) => {
    const { ledger, elsewhere } = await open(now);
    for (const method of Object.keys(ledger)) methods.add(method);
    return { ledger: watch(ledger, called), elsewhere: async () => watch(await elsewhere(), called) };
  };
  describe(name, () => {
    let nowMs = Date.UTC(2026, 10, 23);
    let ledger: Ledger;
    let elsewhere: () => Promise<Ledger>;
    beforeEach(async () => {
      nowMs = Date.UTC(2026, 10, 23);
      ({ ledger, elsewhere } = await watched(() => nowMs));
    });

    locks(
      () => ledger,
      () => elsewhere(),
      (ms) => {
        nowMs += ms;
      },
    );
    manifests(() => ledger);
    minting(() => ledger);
    serials(() => ledger);
    registration(() => ledger);
    submission(() => ledger);
    reading(() => ledger);
    events(
      () => ledger,
      () => elsewhere(),
      (ms) => {
        nowMs += ms;
      },
    );
    adoptionsContract(watched);
    keyPoolContract(watched);
    publicKeysContract(watched);
    pushesContract(watched);
    remintingContract(watched);
    revocationListsContract(watched);
    revokingContract(watched);
  });
  describe(`the contract of ${name}`, () => {
    test("calls every method that the ledger has", () => {
      expect([...methods].filter((method) => !called.has(method) && !ENGINES_OWN.has(method))).toEqual([]);
      expect(methods.size).toBeGreaterThan(60);
    });
  });
}

/** What only an engine that is one file can do; its own tests prove it. */
const ENGINES_OWN: ReadonlySet<string> = new Set(["copyTo"]);

function watch(ledger: Ledger, called: Set<string>): Ledger {
  return new Proxy(ledger, {
    get: (target, method, receiver) => {
      called.add(String(method));
      return Reflect.get(target, method, receiver);
    },
  });
}

function locks(ledger: () => Ledger, open: () => Promise<Ledger>, pass: (ms: number) => void): void {
  const elsewhere = { host: "line-pc-7", bootId: "another", pid: 4711, processStart: "1" };
  /** A run under another kernel, whose locks this one does not see. */
  const acquireElsewhere = async (lot: string, owner = elsewhere) => {
    const other = await open();
    const lease = await other.acquireLot(lot, owner);
    await other.close();
    return lease;
  };

  test("a lot that is held refuses a second run and names its holder", async () => {
    await acquireElsewhere("L1");
    await expect(ledger().acquireLot("L1", currentLockOwner())).rejects.toMatchObject({
      code: "lot-held",
      message: expect.stringContaining("host line-pc-7, process 4711"),
    });
    await expect(ledger().acquireLot("L2", currentLockOwner())).resolves.toMatchObject({ lot: "L2" });
  });

  test("a lot whose holder under another kernel has been silent for too long is taken over, one that beats is not", async () => {
    const first = await acquireElsewhere("L1");
    pass(LOCK_PATIENCE_MS);
    await ledger().heartbeat(first);
    pass(LOCK_PATIENCE_MS);
    await expect(ledger().acquireLot("L1", currentLockOwner())).rejects.toMatchObject({ code: "lot-held" });
    pass(1);
    const second = await ledger().acquireLot("L1", currentLockOwner());
    expect(second.fence).toBeGreaterThan(first.fence);
    expect(second.run).not.toBe(first.run);
  });

  test("a run of an earlier boot of this host is dead and is taken over at once", async () => {
    await acquireElsewhere("L1", { ...currentLockOwner(), bootId: "earlier" });
    await expect(ledger().acquireLot("L1", currentLockOwner())).resolves.toMatchObject({ fence: 2 });
  });

  test("a sleeper that wakes up after a takeover can commit nothing", async () => {
    const other = await open();
    const sleeper = await world.plannedLot(other, "L1", ["a", "b"]);
    await other.close();
    const devices = [{ externalId: "a", serialNumber: world.serialNumber() }];
    const batch = await ledger().reserveBatch(sleeper, { issuer: "line-3", devices });
    pass(LOCK_PATIENCE_MS + 1);
    const heir = await ledger().acquireLot("L1", elsewhere);
    const held = { code: "lot-held", message: expect.stringContaining("host line-pc-7, process 4711") };
    const minted = devices.map((one) => world.certificateOf(one.externalId, one.serialNumber));
    await expect(ledger().commitMinted(sleeper, batch, minted)).rejects.toMatchObject(held);
    await expect(ledger().voidBatch(sleeper, batch)).rejects.toMatchObject(held);
    await expect(ledger().heartbeat(sleeper)).rejects.toMatchObject(held);
    await expect(ledger().relistRejected(sleeper)).rejects.toMatchObject(held);
    await expect(ledger().absorbManifest(sleeper, world.manifest(), world.inBatches())).rejects.toMatchObject(held);
    await ledger().releaseLot(sleeper, 0);
    expect((await ledger().lot("L1"))?.heldBy).toEqual(elsewhere);
    expect((await ledger().openBatches("L1")).map((open) => open.state)).toEqual(["reserved"]);
    await ledger().heartbeat(heir);
  });

  test("a released lot is free, keeps its exit code and gives its next run a higher fence", async () => {
    const first = await world.withLotLease(ledger(), "L1");
    await ledger().releaseLot(first, 3);
    expect(await ledger().lot("L1")).toMatchObject({ heldBy: null, lastExitCode: 3, issuer: "line-3" });
    await expect(ledger().heartbeat(first)).rejects.toMatchObject({ code: "lot-held" });
    expect((await ledger().acquireLot("L1", currentLockOwner())).fence).toBeGreaterThan(first.fence);
  });

  test("a lot that was only ever held, without a job, is not told of", async () => {
    await ledger().acquireLot("L1", currentLockOwner());
    await world.withLotLease(ledger(), "L2");
    expect((await ledger().lots()).map((lot) => lot.name)).toEqual(["L2"]);
    expect(await ledger().lot("L1")).toBeUndefined();
  });
}

function manifests(ledger: () => Ledger): void {
  test("a manifest plans its devices in order and is remembered with its header", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const request = { ...world.device("c", 4), certificateRequest: "-----BEGIN CERTIFICATE REQUEST-----" };
    const decisions = [...world.mintAll(["a", "b"]), world.mintOne(request)];
    const rejected = [world.rejectedRow(5, "bad id", "holds white space")];
    const taken = world.manifest();
    const { plan } = await ledger().absorbManifest(lease, taken, world.inBatches({ decisions }, { rejected }));
    const none = { register: 0, keep: 0, needsRemint: [], gone: [] };
    expect(plan).toEqual({ lot: "L1", rows: 4, mint: 3, rejected: 1, ...none });
    const first = { externalId: "a", line: 2, subject: [{ attribute: "CN", value: "a" }] };
    expect(await ledger().plannedSample("L1")).toEqual(first);
    const serialNumbers = Array.from({ length: 5 }, world.serialNumber);
    const claimed = await ledger().claimBatch(lease, { issuer: "line-3", serialNumbers });
    expect(claimed?.devices).toEqual([
      { ...first, serialNumber: serialNumbers[0] },
      { externalId: "b", line: 3, subject: [{ attribute: "CN", value: "b" }], serialNumber: serialNumbers[1] },
      {
        externalId: "c",
        line: 4,
        subject: [{ attribute: "CN", value: "c" }],
        certificateRequest: request.certificateRequest,
        serialNumber: serialNumbers[2],
      },
    ]);
    expect(await ledger().plannedSample("L1")).toBeUndefined();
    expect(await ledger().claimBatch(lease, { issuer: "line-3", serialNumbers })).toBeUndefined();
    expect(await ledger().certificate(serialNumbers[3] ?? "")).toBeUndefined();
    expect(await ledger().manifests("L1")).toMatchObject([
      { number: 1, sha256: taken.sha256, kind: "full", header: ["Device ID", "name"], rows: 4 },
    ]);
    expect(await ledger().countLive("L1")).toBe(3);
  });

  test("a manifest whose reading breaks off leaves nothing behind, and the error comes out as it was", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const error = new Error("line 3: unclosed quote");
    async function* breaking() {
      yield { decisions: world.mintAll(["a"]), rejected: [world.rejectedRow(3, "", "empty")] };
      throw error;
    }
    const before = await ledger().head("L1");
    await expect(ledger().absorbManifest(lease, world.manifest(), breaking())).rejects.toBe(error);
    expect(await ledger().plannedSample("L1")).toBeUndefined();
    expect(await ledger().manifests("L1")).toEqual([]);
    expect(await world.collect(ledger().rejects("L1"))).toEqual([]);
    expect(await ledger().head("L1")).toEqual(before);
  });

  test("reads and other commits go on while a manifest is read, and see the lot as it was", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const other = await world.plannedLot(ledger(), "L2", ["x"]);
    const seen: unknown[] = [];
    async function* asking() {
      yield { decisions: world.mintAll(["a"]), rejected: [] };
      const { batch } = await world.reserveNext(ledger(), other);
      await ledger().voidBatch(other, batch);
      await ledger().heartbeat(lease);
      const known = await ledger().knownDevices("L1", ["a", "x"]);
      seen.push(...known.map((one) => `${one.externalId} in ${one.lot}`), await ledger().countLive("L1"));
      yield { decisions: world.mintAll(["b"], 3), rejected: [] };
    }
    await ledger().absorbManifest(lease, world.manifest(), asking());
    expect(seen).toEqual(["x in L2", 0]);
    expect(await ledger().countLive("L1")).toBe(2);
  });

  test("an id that another lot takes while a manifest is read is rejected, not taken twice", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const other = await world.withLotLease(ledger(), "L2");
    async function* racing() {
      yield { decisions: world.mintAll(["a", "b"]), rejected: [] };
      await ledger().absorbManifest(other, world.manifest(), world.inBatches({ decisions: world.mintAll(["a"]) }));
    }
    const { plan } = await ledger().absorbManifest(lease, world.manifest(), racing());
    expect(plan).toMatchObject({ rows: 2, mint: 1, rejected: 1 });
    expect(await ledger().knownDevices("L1", ["a", "b"])).toMatchObject([
      { externalId: "a", lot: "L2" },
      { externalId: "b", lot: "L1" },
    ]);
  });

  test("an id is live in one lot only: the second lot's row is rejected and names the first", async () => {
    await world.plannedLot(ledger(), "L1", ["a"]);
    const lease = await world.withLotLease(ledger(), "L2");
    const decisions = world.mintAll(["a", "b"]);
    const { plan } = await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions }));
    expect(plan).toMatchObject({ rows: 2, mint: 1, rejected: 1 });
    expect(await world.collect(ledger().rejects("L2"))).toEqual([
      {
        line: 2,
        externalId: "a",
        reason: 'Device ID: id is held by lot "L1"',
        cells: { "Device ID": "a", name: "a" },
        device: false,
      },
    ]);
  });

  test("ids that differ only in case are one id within a lot", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["sn-1"]);
    const decisions = world.mintAll(["SN-1"], 7);
    const { plan } = await ledger().absorbManifest(lease, world.manifest("mended"), world.inBatches({ decisions }));
    expect(plan).toMatchObject({ mint: 0, rejected: 1 });
    const [reject] = await world.collect(ledger().rejects("L1"));
    expect(reject?.reason).toContain('differs only in case from "sn-1"');
  });

  test("an amended manifest tells which ids are gone, and names a device's bad row as well", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b", "c", "d"]);
    const keep = { kind: "keep", externalId: "c", line: 2 } as const;
    const remint = { kind: "needs-remint", device: world.device("d", 5), subjectDigest: "new" } as const;
    const rejected = [world.rejectedRow(4, "b", "name is too long")];
    // Its registration changed as well: two decisions, one row.
    const register = { ...remint, kind: "register", registrationDigest: "new" } as const;
    const batches = world.inBatches({ decisions: [keep, remint, register], rejected });
    const { plan } = await ledger().absorbManifest(lease, world.manifest(), batches);
    expect(plan).toMatchObject({ rows: 3, keep: 1, register: 1, needsRemint: ["d"], rejected: 1, gone: ["a"] });
    expect(await world.collect(ledger().deviceIds("L1"))).toEqual(["a", "b", "c", "d"]);
  });

  test("a full manifest replaces the rejected rows, a corrected one those whose lines it names", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const lines = async () => (await world.collect(ledger().rejects("L1"))).map((reject) => reject.line);
    const rejects = (...numbers: number[]) =>
      world.inBatches({ rejected: numbers.map((line) => world.rejectedRow(line, "", "id is empty")) });
    await ledger().absorbManifest(lease, world.manifest(), rejects(9, 3, 5));
    expect(await lines()).toEqual([3, 5, 9]);
    await ledger().absorbManifest(lease, world.manifest("mended", [3, 9]), rejects(9));
    expect(await lines()).toEqual([5, 9]);
    await ledger().absorbManifest(lease, world.manifest(), rejects(4));
    expect(await lines()).toEqual([4]);
  });

  test("a device rejected before minting gives its id free and goes when its row is corrected", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b", "c"]);
    await ledger().rejectDevices(lease, [
      { externalId: "a", reason: "request is not signed" },
      { externalId: "b", reason: "request is not signed" },
    ]);
    expect(await ledger().countLive("L1")).toBe(1);
    expect(await ledger().knownDevices("L2", ["a", "c"])).toMatchObject([{ externalId: "c", lot: "L1" }]);
    expect(await ledger().knownDevices("L1", ["a"])).toMatchObject([{ stage: "rejected", minted: false }]);
    const decisions = [...world.mintAll(["a"], 2), ...world.mintAll(["b-corrected"], 3)];
    await ledger().absorbManifest(lease, world.manifest("mended", [2, 3]), world.inBatches({ decisions }));
    expect(await ledger().countByStage("L1")).toMatchObject({ planned: 3, rejected: 0 });
    const { devices } = await world.reserveNext(ledger(), lease);
    expect(devices.map((one) => one.externalId)).toEqual(["a", "b-corrected", "c"]);
  });

  test("an id that another lot took up meanwhile is not planned again", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a"]);
    await ledger().rejectDevices(lease, [{ externalId: "a", reason: "request is not signed" }]);
    await world.plannedLot(ledger(), "L2", ["a"]);
    const batches = world.inBatches({ decisions: world.mintAll(["a"]) });
    expect((await ledger().absorbManifest(lease, world.manifest(), batches)).plan).toMatchObject({
      mint: 0,
      rejected: 1,
    });
    expect(await ledger().knownDevices("L1", ["a"])).toMatchObject([{ lot: "L2" }]);
  });

  test("changed cells of a confirmed device bring it back to minted, out of its part", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a", "b"]);
    const upload = await ledger().openUpload(lease, { part: 1, externalIds: ["a", "b"] });
    await ledger().closeUpload(lease, upload, { kind: "answered", confirmed: ["a", "b"], rejected: [] });
    const renamed = world.device("a", 12, "Renamed");
    const decisions = [
      { kind: "register", device: renamed, registrationDigest: "new" },
      { kind: "keep", externalId: "b", line: 3 },
    ] as const;
    const { plan } = await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions }));
    expect(plan).toMatchObject({ register: 1, keep: 1, gone: [] });
    expect(await ledger().unlistedDevices("L1", 9)).toEqual([{ externalId: "a", registration: renamed.registration }]);
    expect((await ledger().partDevices("L1", 1)).map((one) => one.externalId)).toEqual(["b"]);
    expect(await ledger().knownDevices("L1", ["a"])).toMatchObject([
      { stage: "minted", minted: true, registrationDigest: "new" },
    ]);
    const lines = (await world.collect(ledger().mintedDevices("L1"))).map((one) => [one.externalId, one.line]);
    expect(lines).toEqual([
      ["b", 3],
      ["a", 12],
    ]);
    await world.listLot(ledger(), lease, 2);
    expect(await ledger().partDevices("L1", 2)).toMatchObject([
      { externalId: "a", sentBefore: true, confirmedBefore: true },
    ]);
  });

  test("a decision that contradicts the ledger is a defect and changes nothing", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a"]);
    await world.mintLot(ledger(), lease);
    const damaged = { code: "state-damaged", message: expect.stringContaining("a is minted") };
    const again = world.inBatches({ decisions: world.mintAll(["a"]) });
    await expect(ledger().absorbManifest(lease, world.manifest(), again)).rejects.toMatchObject(damaged);
    const unknown = world.inBatches({ decisions: [{ kind: "keep", externalId: "z", line: 2 }] });
    await expect(ledger().absorbManifest(lease, world.manifest(), unknown)).rejects.toMatchObject({
      code: "state-damaged",
    });
    expect(await ledger().manifests("L1")).toHaveLength(1);
  });
}

function minting(ledger: () => Ledger): void {
  test("a batch's password segment is recorded with its reservation, and its passwords count as listed once that is committed", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b", "c"]);
    const devices = ["a", "b"].map((externalId) => ({ externalId, serialNumber: world.serialNumber() }));
    const batch = await ledger().reserveBatch(lease, { issuer: "line-3", segment: "0123abcd-5eed", devices });
    const segment = `segment-${String(batch).padStart(6, "0")}-0123abcd-5eed.csv`;
    expect(await ledger().openBatches("L1")).toEqual([
      { number: batch, state: "reserved", place: currentLockOwner().host, segment, devices },
    ]);
    expect(await ledger().passwordBatches("L1")).toEqual([]);
    expect(await ledger().passwordDevices(batch)).toEqual([]);
    await expect(ledger().commitListed(lease, [batch])).rejects.toMatchObject({ code: "state-damaged" });
    await ledger().commitMinted(
      lease,
      batch,
      devices.map((one) => world.certificateOf(one.externalId, one.serialNumber)),
    );
    expect(await ledger().passwordBatches("L1")).toEqual([{ number: batch, state: "minted", segment, listed: "no" }]);
    await ledger().commitListed(lease, [batch]);
    expect(await ledger().passwordBatches("L1")).toMatchObject([{ listed: "yes" }]);
    await ledger().commitPlaced(lease, batch);
    expect(await ledger().passwordDevices(batch)).toEqual(["a", "b"]);
    await ledger().revokeDevices(lease, { reason: "unspecified", externalIds: ["a"] });
    expect(await ledger().passwordDevices(batch)).toEqual(["b"]);
    await world.reserveNext(ledger(), lease);
    expect(await ledger().passwordBatches("L1")).toHaveLength(1);
  });

  test("a ledger keeps its id over its generations, and each generation is its own", async () => {
    const first = await ledger().identity();
    expect([first.ledger, first.earlier]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), []]);
    const second = await ledger().openGeneration();
    expect(second).toEqual(await ledger().identity());
    expect([second.ledger, second.earlier]).toEqual([first.ledger, [first.generation]]);
    const third = await ledger().openGeneration();
    expect(third.earlier).toEqual([second.generation, first.generation]);
    expect(new Set([first.generation, ...third.earlier, third.generation]).size).toBe(3);
    await ledger().verifyEvents();
  });

  test("a lot is one under every case and Unicode form of its name, as it was spelled first", async () => {
    expect(await ledger().lotName("Straße-é")).toBeUndefined();
    await world.withLotLease(ledger(), "Straße-é");
    for (const name of ["Straße-é", "STRASSE-É", "straße-é".normalize("NFD")]) {
      expect(await ledger().lotName(name)).toBe("Straße-é");
      await expect(ledger().acquireLot(name, currentLockOwner())).rejects.toMatchObject({ code: "lot-held" });
    }
    expect(await ledger().lotName("Straße-e")).toBeUndefined();
    expect((await ledger().acquireLot("straße-E", currentLockOwner())).lot).toBe("straße-E");
    expect((await ledger().acquireLot("Lot", currentLockOwner())).lot).toBe("Lot");
  });

  test("a batch goes from planned over reserved to minted, and is open until it is placed", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b", "c"]);
    const { batch, devices } = await world.reserveNext(ledger(), lease, 2);
    expect(devices.map((one) => one.externalId)).toEqual(["a", "b"]);
    expect(await ledger().plannedSample("L1")).toMatchObject({ externalId: "c" });
    const { host: place } = currentLockOwner();
    expect(await ledger().openBatches("L1")).toEqual([{ number: batch, state: "reserved", place, devices }]);
    const minted = devices.map((one) => world.certificateOf(one.externalId, one.serialNumber));
    await ledger().commitMinted(lease, batch, minted.toReversed());
    expect(await ledger().openBatches("L1")).toEqual([{ number: batch, state: "minted", place, devices }]);
    expect(await ledger().mintedBatches("L1")).toEqual(new Set([batch]));
    expect(await ledger().unlistedDevices("L1", 9)).toEqual([]);
    await ledger().commitPlaced(lease, batch);
    expect(await ledger().openBatches("L1")).toEqual([]);
    expect(await ledger().mintedBatches("L1")).toEqual(new Set([batch]));
    expect((await ledger().unlistedDevices("L1", 9)).map((one) => one.externalId)).toEqual(["a", "b"]);
    expect(await ledger().countByStage("L1")).toMatchObject({ planned: 1, reserved: 0, minted: 2 });
    expect(await ledger().countLotCertificates("L1")).toEqual({ issued: 2, revoked: 0, abandoned: 0 });
  });

  test("a void batch's devices are planned again and its serial numbers are never used again", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a"]);
    const { batch, devices } = await world.reserveNext(ledger(), lease);
    await ledger().voidBatch(lease, batch);
    expect(await ledger().countByStage("L1")).toMatchObject({ planned: 1, reserved: 0 });
    const [first] = devices;
    expect(await ledger().certificate(first?.serialNumber ?? "")).toMatchObject({ state: "abandoned", lot: "L1" });
    await expect(ledger().reserveBatch(lease, { issuer: "line-3", devices })).rejects.toMatchObject({
      code: "state-damaged",
      message: expect.stringContaining(`serial number ${first?.serialNumber} is taken`),
    });
    expect(await ledger().countByStage("L1")).toMatchObject({ planned: 1, reserved: 0 });
    expect(await ledger().mintedBatches("L1")).toEqual(new Set());
    expect(await ledger().countLotCertificates("L1")).toEqual({ issued: 0, revoked: 0, abandoned: 1 });
    await expect(ledger().voidBatch(lease, batch)).rejects.toMatchObject({ code: "state-damaged" });
  });

  test("a batch is minted whole, as it was reserved, or not at all", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b"]);
    const { batch, devices } = await world.reserveNext(ledger(), lease);
    const minted = devices.map((one) => world.certificateOf(one.externalId, one.serialNumber));
    const damaged = { code: "state-damaged" };
    await expect(ledger().commitMinted(lease, batch, minted.slice(1))).rejects.toMatchObject(damaged);
    const stranger = minted.map((one) => ({ ...one, serialNumber: world.serialNumber() }));
    await expect(ledger().commitMinted(lease, batch, stranger)).rejects.toMatchObject(damaged);
    const swapped = minted.map((one, index) => ({ ...one, externalId: minted.at(index - 1)?.externalId ?? "" }));
    await expect(ledger().commitMinted(lease, batch, swapped)).rejects.toMatchObject(damaged);
    expect(await ledger().countByStage("L1")).toMatchObject({ reserved: 2, minted: 0 });
    await ledger().commitMinted(lease, batch, minted);
    await expect(ledger().commitMinted(lease, batch, minted)).rejects.toMatchObject(damaged);
    await expect(ledger().voidBatch(lease, batch)).rejects.toMatchObject(damaged);
  });

  test("a stage that may not follow is refused, with the device and its stage", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a"]);
    const devices = [{ externalId: "a", serialNumber: world.serialNumber() }];
    await expect(ledger().reserveBatch(lease, { issuer: "line-3", devices })).rejects.toMatchObject({
      code: "state-damaged",
      message: expect.stringContaining("device a of lot L1 is listed and cannot become reserved"),
    });
    expect(await ledger().openBatches("L1")).toEqual([]);
  });

  test("a device rejected while reserved leaves its batch, and its serial number is abandoned", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b"]);
    const { batch, devices } = await world.reserveNext(ledger(), lease);
    await ledger().rejectDevices(lease, [{ externalId: "a", reason: "request is too weak" }]);
    const rest = devices.slice(1).map((one) => world.certificateOf(one.externalId, one.serialNumber));
    await ledger().commitMinted(lease, batch, rest);
    expect(await ledger().countByStage("L1")).toMatchObject({ minted: 1, rejected: 1 });
    expect(await ledger().countLotCertificates("L1")).toEqual({ issued: 1, revoked: 0, abandoned: 1 });
    await expect(ledger().verifyEvents()).resolves.toMatchObject({ events: expect.any(Number) });
  });

  test("lots that run side by side share the ledger, and batch numbers are its own", async () => {
    const names = ["L1", "L2", "L3"];
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
    const batches = await Promise.all(
      names.map(async (name) => {
        const lease = await world.plannedLot(
          ledger(),
          name,
          ids.map((id) => `${name}-${id}`),
        );
        return [await world.mintLot(ledger(), lease), (await world.listLot(ledger(), lease)).length];
      }),
    );
    expect(new Set(batches.map(([batch]) => batch)).size).toBe(3);
    expect(batches.map(([, listed]) => listed)).toEqual([20, 20, 20]);
    expect(await ledger().countCertificates("line-3")).toEqual({ issued: 60, revoked: 0, abandoned: 0 });
  });
}

function serials(ledger: () => Ledger): void {
  test("an authority's certificate is reserved, then recorded or abandoned, each once", async () => {
    const [used, lost] = [world.serialNumber(), world.serialNumber()];
    for (const serialNumber of [used, lost]) {
      await ledger().reserveSerial({ serialNumber, issuer: "root", subject: "CN=line-3" });
    }
    const damaged = { code: "state-damaged" };
    const again = { serialNumber: used, issuer: "root", subject: "CN=line-4" };
    await expect(ledger().reserveSerial(again)).rejects.toMatchObject(damaged);
    const { externalId: _id, files: _files, ...certificate } = world.certificateOf("line-3", used);
    expect(await ledger().certificate(used)).toMatchObject({ state: "reserved", sha256: null, notAfterMs: null });
    await ledger().recordCertificate(certificate);
    await ledger().abandonSerial(lost);
    expect(await ledger().certificate(used)).toEqual({
      ...certificate,
      issuer: "root",
      lot: null,
      externalId: null,
      state: "issued",
    });
    await expect(ledger().abandonSerial(used)).rejects.toMatchObject(damaged);
    await expect(ledger().recordCertificate({ ...certificate, serialNumber: lost })).rejects.toMatchObject(damaged);
    expect(await ledger().countCertificates("root")).toEqual({ issued: 1, revoked: 0, abandoned: 1 });
    expect(await ledger().certificate(world.serialNumber())).toBeUndefined();
  });
}

function registration(ledger: () => Ledger): void {
  test("a part keeps its rows in order, and each device is in one part only", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b", "c"]);
    await world.mintLot(ledger(), lease);
    const part = { number: 1, sha256: world.digest("part"), paths: ["Factory/L1"] };
    await ledger().commitPart(lease, part, ["b", "a"]);
    expect(await ledger().parts("L1")).toEqual([{ ...part, rows: 2, open: 2, answered: false }]);
    const fresh = {
      stage: "listed",
      idType: "c8y_Serial",
      presentBefore: null,
      sentBefore: false,
      confirmedBefore: false,
    };
    expect(await ledger().partDevices("L1", 1)).toEqual([
      { externalId: "b", row: 0, ...fresh },
      { externalId: "a", row: 1, ...fresh },
    ]);
    await expect(ledger().commitPart(lease, { ...part, number: 2 }, ["c", "a"])).rejects.toMatchObject({
      code: "state-damaged",
      message: expect.stringContaining("device a"),
    });
    await expect(ledger().commitPart(lease, part, ["c"])).rejects.toMatchObject({ code: "state-damaged" });
    expect((await ledger().unlistedDevices("L1", 9)).map((one) => one.externalId)).toEqual(["c"]);
  });
}

function submission(ledger: () => Ledger): void {
  test("an attempt is recorded before it is made, and open until its outcome is", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a", "b", "c"]);
    const upload = await ledger().openUpload(lease, { part: 1, externalIds: ["c", "a", "b"] });
    expect(await ledger().openUploads("L1")).toEqual([{ upload, part: 1, externalIds: ["c", "a", "b"] }]);
    expect(await ledger().countByStage("L1")).toMatchObject({ submitted: 3 });
    await ledger().closeUpload(lease, upload, {
      kind: "answered",
      status: 201,
      confirmed: ["a"],
      rejected: [{ externalId: "b", reason: "type is unknown" }],
      overwritten: ["a"],
    });
    expect(await ledger().openUploads("L1")).toEqual([]);
    expect(await ledger().partDevices("L1", 1)).toMatchObject([
      { externalId: "a", stage: "confirmed", confirmedBefore: true },
      { externalId: "b", stage: "rejected", confirmedBefore: false, sentBefore: true },
      { externalId: "c", stage: "listed", confirmedBefore: false, sentBefore: true },
    ]);
    expect(await ledger().parts("L1")).toMatchObject([{ open: 1, answered: true }]);
    const outcome = { kind: "unknown", confirmed: [], rejected: [] } as const;
    await expect(ledger().closeUpload(lease, upload, outcome)).rejects.toMatchObject({ code: "state-damaged" });
  });

  test("an attempt that was refused leaves its part unanswered and its devices listed", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a"]);
    const upload = await ledger().openUpload(lease, { part: 1, externalIds: ["a"] });
    await ledger().closeUpload(lease, upload, {
      kind: "refused",
      status: 413,
      message: "too large",
      confirmed: [],
      rejected: [],
    });
    expect(await ledger().parts("L1")).toMatchObject([{ open: 1, answered: false }]);
    expect(await ledger().openUploads("L1")).toEqual([]);
    expect(await ledger().countByStage("L1")).toMatchObject({ listed: 1 });
  });

  test("an outcome may only name devices of its attempt", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a", "b"]);
    const upload = await ledger().openUpload(lease, { part: 1, externalIds: ["a"] });
    const outcome = { kind: "answered", confirmed: ["b"], rejected: [] } as const;
    await expect(ledger().closeUpload(lease, upload, outcome)).rejects.toMatchObject({ code: "state-damaged" });
    expect(await ledger().openUploads("L1")).toHaveLength(1);
  });

  test("a device whose row changed under an open attempt is remembered as confirmed, and registered again", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a"]);
    const upload = await ledger().openUpload(lease, { part: 1, externalIds: ["a"] });
    const change = { kind: "register", device: world.device("a", 2, "New"), registrationDigest: "new" } as const;
    await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions: [change] }));
    await ledger().closeUpload(lease, upload, { kind: "unknown", confirmed: ["a"], rejected: [] });
    expect(await ledger().countByStage("L1")).toMatchObject({ minted: 1, confirmed: 0 });
    await world.listLot(ledger(), lease, 2);
    expect(await ledger().partDevices("L1", 2)).toMatchObject([{ confirmedBefore: true }]);
  });

  test("what the platform already had is asked once and remembered", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a", "b", "c"]);
    await ledger().recordCollisions(lease, [
      { externalId: "a", present: true },
      { externalId: "b", present: false },
    ]);
    const answers = (await ledger().partDevices("L1", 1)).map((one) => one.presentBefore);
    expect(answers).toEqual([true, false, null]);
  });

  test("devices are asked for until they are answered or sent, minted or not", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a", "b"]);
    const more = world.inBatches({ decisions: world.mintAll(["c", "d"], 4) });
    await ledger().absorbManifest(lease, world.manifest("mended"), more);
    const unasked = async () => (await world.collect(ledger().unaskedDevices("L1"))).map((one) => one.externalId);
    expect(await unasked()).toEqual(["a", "b", "c", "d"]);
    await ledger().openUpload(lease, { part: 1, externalIds: ["a"] });
    await ledger().recordCollisions(lease, [{ externalId: "c", present: false }]);
    expect(await unasked()).toEqual(["b", "d"]);
    expect(await world.collect(ledger().unaskedDevices("L2"))).toEqual([]);
  });

  test("a device that is there before it is minted is rejected, and one that is being minted only remembered", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b", "c"]);
    await world.reserveNext(ledger(), lease, 1);
    const there = (externalId: string) => ({ externalId, present: true, reason: `${externalId} is there` });
    const answers = [there("a"), there("b"), { externalId: "c", present: false }];
    expect(await ledger().recordCollisions(lease, answers)).toEqual(["b"]);
    expect(await ledger().countByStage("L1")).toMatchObject({ reserved: 1, rejected: 1, planned: 1 });
    expect(await world.collect(ledger().rejects("L1"))).toMatchObject([{ externalId: "b", reason: "b is there" }]);
    // Its id is free, and an answer that comes again is nobody's.
    expect(await ledger().countLive("L1")).toBe(2);
    expect(await ledger().recordCollisions(lease, [there("b")])).toEqual([]);
  });

  test("a device that was rejected before it was minted is asked for anew when its row comes again", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b"]);
    const answers = [
      { externalId: "a", present: true, reason: "there" },
      { externalId: "b", present: false },
    ];
    await ledger().recordCollisions(lease, answers);
    await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions: world.mintAll(["a", "b"]) }));
    expect(await world.collect(ledger().unaskedDevices("L1"))).toEqual([{ externalId: "a", idType: "c8y_Serial" }]);
  });

  test("an answer is forgotten when the row's id type is another", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a", "b"]);
    const answers = ["a", "b"].map((externalId) => ({ externalId, present: false }));
    await ledger().recordCollisions(lease, answers);
    const { registration, ...row } = world.device("a", 2);
    const device = { ...row, registration: { ...registration, idType: "c8y_Imei" } };
    const decisions = [
      { kind: "register", device, registrationDigest: "new" },
      { kind: "register", device: world.device("b", 3, "New"), registrationDigest: "new" },
    ] as const;
    await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions }));
    expect(await world.collect(ledger().unaskedDevices("L1"))).toEqual([{ externalId: "a", idType: "c8y_Imei" }]);
  });

  test("a device that the platform rejected stays live and is listed again on demand", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a", "b"]);
    await ledger().rejectDevices(lease, [{ externalId: "a", reason: "was there before us" }]);
    await ledger().rejectDevices(lease, [{ externalId: "a", reason: "was there before" }]);
    expect(await ledger().countLive("L1")).toBe(2);
    expect(await world.collect(ledger().rejects("L1"))).toMatchObject([
      { externalId: "a", reason: "was there before", device: true },
    ]);
    const other = await world.withLotLease(ledger(), "L2");
    const batches = world.inBatches({ decisions: world.mintAll(["a"]) });
    expect((await ledger().absorbManifest(other, world.manifest(), batches)).plan.rejected).toBe(1);
    expect(await ledger().relistRejected(lease)).toBe(1);
    expect(await ledger().countByStage("L1")).toMatchObject({ listed: 2, rejected: 0 });
    expect(await ledger().relistRejected(lease)).toBe(0);
  });

  test("a minted device that never came into its place is not listed again with the others", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a"]);
    await world.mintLot(ledger(), lease);
    await ledger().rejectDevices(lease, [{ externalId: "a", reason: "devices/a holds another serial number" }]);
    expect(await ledger().relistRejected(lease)).toBe(0);
    const change = { kind: "register", device: world.device("a", 2), registrationDigest: "same" } as const;
    await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions: [change] }));
    expect(await ledger().unlistedDevices("L1", 9)).toMatchObject([{ externalId: "a" }]);
  });

  test("a confirmed device cannot be rejected", async () => {
    const lease = await world.listedLot(ledger(), "L1", ["a"]);
    const upload = await ledger().openUpload(lease, { part: 1, externalIds: ["a"] });
    await ledger().closeUpload(lease, upload, { kind: "answered", confirmed: ["a"], rejected: [] });
    await expect(ledger().rejectDevices(lease, [{ externalId: "a", reason: "late" }])).rejects.toMatchObject({
      code: "state-damaged",
      message: expect.stringContaining("device a of lot L1 is confirmed and cannot become rejected"),
    });
  });
}

function reading(ledger: () => Ledger): void {
  test("devices come in manifest order, page by page, once they have a certificate", async () => {
    const ids = Array.from({ length: 1203 }, (_, index) => `sn-${String(index * 7 + 13).padStart(6, "0")}`);
    const lease = await world.plannedLot(ledger(), "L1", ids.toReversed());
    for (let left = 1200; left > 0; left -= 100) await world.mintLot(ledger(), lease);
    const pages = await world.collectPages(ledger().devices("L1"));
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flat().map((one) => one.externalId)).toEqual(ids.toReversed().slice(0, 1200));
    expect(pages.flat().at(0)).toMatchObject({
      stage: "minted",
      serialNumber: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(await world.collect(ledger().deviceIds("L1"))).toEqual(ids.toReversed());
    expect(await world.collect(ledger().mintedDevices("L1"))).toHaveLength(1200);
  });

  test("the issuers of a lot are those that signed in it, the last one last", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b", "c"]);
    expect(await ledger().lotIssuers("L1")).toEqual([]);
    for (const issuer of ["line-4", "line-3", "line-4"]) {
      const claimed = await ledger().claimBatch(lease, { issuer, serialNumbers: [world.serialNumber()] });
      const minted = claimed?.devices.map((one) => world.certificateOf(one.externalId, one.serialNumber)) ?? [];
      await ledger().commitMinted(lease, claimed?.batch ?? 0, minted);
    }
    expect(await ledger().lotIssuers("L1")).toEqual(["line-3", "line-4"]);
    expect(await ledger().lotIssuers("L2")).toEqual([]);
  });

  test("a minted device's record holds all that was recorded of it", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a"]);
    const { batch, devices } = await world.reserveNext(ledger(), lease);
    const [minted] = devices.map((one) => world.certificateOf(one.externalId, one.serialNumber));
    await ledger().commitMinted(lease, batch, minted === undefined ? [] : [minted]);
    await ledger().commitPlaced(lease, batch);
    await world.listLot(ledger(), lease);
    const { registration } = world.device("a", 2);
    const listed = { line: 2, stage: "listed", part: 1, partRow: 0 };
    expect(await world.collect(ledger().mintedDevices("L1"))).toEqual([
      { ...minted, ...listed, subjectDigest: world.digest("a"), registration },
    ]);
  });

  test("aliases that a row gives its keystores are the device's own until its certificate is replaced", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const named = (alias: string) => ({ ...world.device("a", 2), aliases: { pkcs12: alias } });
    const mint = { kind: "mint", device: named("one"), subjectDigest: "1", registrationDigest: "r" } as const;
    await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions: [mint] }));
    expect(await ledger().plannedSample("L1")).toMatchObject({ aliases: { pkcs12: "one" } });
    const claimed = await ledger().claimBatch(lease, { issuer: "line-3", serialNumbers: [world.serialNumber()] });
    const [first] = claimed?.devices ?? [];
    expect(first).toMatchObject({ aliases: { pkcs12: "one" } });
    if (claimed === undefined || first === undefined) throw new Error("nothing was claimed");
    await ledger().commitMinted(lease, claimed.batch, [world.certificateOf("a", first.serialNumber)]);
    await ledger().commitPlaced(lease, claimed.batch);
    const change = { kind: "needs-remint", device: named("two"), subjectDigest: "2" } as const;
    await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions: [change] }));
    const minted = async () => (await world.collect(ledger().mintedDevices("L1")))[0]?.aliases;
    expect(await minted()).toEqual({ pkcs12: "one" });
    expect(await ledger().remintDevices("L1", ["a"])).toMatchObject([{ aliases: { pkcs12: "two" } }]);
    const devices = [{ externalId: "a", serialNumber: world.serialNumber() }];
    const remint = { issuer: "line-3", devices, reason: "superseded", register: false, push: false } as const;
    const batch = await ledger().reserveRemint(lease, remint);
    const [{ serialNumber = "" } = {}] = devices;
    await ledger().commitMinted(lease, batch, [world.certificateOf("a", serialNumber)]);
    expect(await minted()).toEqual({ pkcs12: "two" });
  });

  test("devices with a certificate are counted and found by their places, those of the lot alone", async () => {
    const first = await world.plannedLot(ledger(), "L1", ["a", "b", "c", "d", "e"]);
    await world.mintLot(ledger(), await world.plannedLot(ledger(), "L2", ["x", "y"]));
    expect(await ledger().countMinted("L1")).toBe(0);
    await world.mintLot(ledger(), first);
    expect(await ledger().countMinted("L1")).toBe(5);
    expect(await ledger().countMinted("L9")).toBe(0);
    const all = await world.collect(ledger().mintedDevices("L1"));
    const places = [3, 0, 4];
    const found = await ledger().mintedAt("L1", places);
    expect(found).toHaveLength(3);
    expect(found).toEqual(expect.arrayContaining(places.map((place) => all[place])));
    expect((await ledger().mintedAt("L2", [0, 1, 2])).map(({ externalId }) => externalId)).toEqual(["x", "y"]);
    const serials = found.map(({ serialNumber }) => serialNumber);
    const { head } = await ledger().verifyEvents();
    expect(await ledger().verifyEventsOf(serials)).toMatchObject({ head });
    await expect(ledger().verifyEventsOf([world.serialNumber()])).rejects.toThrow("no event tells of the certificate");
  });

  test("a device counts as minted from its first certificate on: rejected, revoked, and while it is reminted", async () => {
    const lease = await world.plannedLot(ledger(), "L1", ["a", "b", "c", "d", "e"]);
    await ledger().rejectDevices(lease, [{ externalId: "e", reason: "before it was minted" }]);
    await world.mintLot(ledger(), lease);
    await ledger().rejectDevices(lease, [{ externalId: "a", reason: "the platform does not take it" }]);
    await ledger().revokeDevices(lease, { reason: "superseded", externalIds: ["b"] });
    const devices = [{ externalId: "c", serialNumber: world.serialNumber() }];
    await ledger().reserveRemint(lease, {
      issuer: "line-3",
      devices,
      reason: "superseded",
      register: false,
      push: false,
    });
    expect(await ledger().countByStage("L1")).toMatchObject({ minted: 2, rejected: 2, revoked: 1 });
    expect(await ledger().countMinted("L1")).toBe(4);
  });

  test("how a manifest was written is kept with it", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const form = { ...PLAIN_FORM, separator: ";", mark: true, secretColumns: ["app_key"], readers: 0o600 } as const;
    await ledger().absorbManifest(lease, { ...world.manifest(), form }, world.inBatches());
    await ledger().absorbManifest(lease, world.manifest("mended"), world.inBatches());
    const [first, second] = await ledger().manifests("L1");
    expect(first?.form).toEqual(form);
    expect(second).not.toHaveProperty("form");
  });

  test("rejected rows and rejected devices come together, by line, over many pages", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const ids = Array.from({ length: 700 }, (_, index) => `sn-${index}`);
    // One row more at the start, so that a page ends between a row and a device of the same line.
    const lines = [2, ...ids.map((_, index) => index + 3)];
    const rejected = lines.map((line) => world.rejectedRow(line, "", "id is empty"));
    const decisions = world.mintAll(ids, 3);
    await ledger().absorbManifest(lease, world.manifest(), world.inBatches({ decisions, rejected }));
    const reason = "request is not signed";
    await ledger().rejectDevices(
      lease,
      ids.map((externalId) => ({ externalId, reason })),
    );
    const rejects = await world.collect(ledger().rejects("L1"));
    expect(rejects.map((reject) => reject.line)).toEqual([2, ...ids.flatMap((_, index) => [index + 3, index + 3])]);
    expect(rejects.filter((reject) => reject.device).map((reject) => reject.externalId)).toEqual(ids);
    const [row, device] = [rejects.at(0), rejects.find((reject) => reject.device)];
    expect(row).toMatchObject({ reason: "Device ID: id is empty", device: false });
    expect(device).toMatchObject({ externalId: "sn-0", reason, device: true, cells: { name: "sn-0" } });
  });
}

function events(ledger: () => Ledger, open: () => Promise<Ledger>, pass: (ms: number) => void): void {
  test("every commit moves the head of its lot's chain alone, a beat does not", async () => {
    expect([await ledger().head(), await ledger().head("L1")]).toEqual([undefined, undefined]);
    const lease = await world.listedLot(ledger(), "L1", ["a"]);
    const before = await ledger().head("L1");
    await ledger().heartbeat(lease);
    expect(await ledger().head("L1")).toEqual(before);
    expect(await ledger().head()).toBeUndefined();
    await ledger().recordEvent({ kind: "authority-created", subject: "root", detail: { key: "ec-p256" } });
    expect(await ledger().head("L1")).toEqual(before);
    await ledger().relistRejected(lease);
    expect((await ledger().head("L1"))?.digest).not.toBe(before?.digest);
    const site = await ledger().head();
    expect(await ledger().verifyEvents()).toEqual({ events: 9, head: site?.digest });
    await ledger().verifyLinks();
  });

  test("nobody else records events of the kinds that the ledger checks", async () => {
    const event = { kind: "batch-minted", subject: "L1", detail: { batch: 1 } };
    await expect(ledger().recordEvent(event)).rejects.toThrow("batch-minted");
  });

  test("an event is known by its digest, whatever chain it is in, and an unknown one is not", async () => {
    await world.withLotLease(ledger(), "L1");
    await ledger().recordEvent({ kind: "note", subject: "x", detail: {} });
    for (const head of [await ledger().head("L1"), await ledger().head()]) {
      expect(await ledger().hasEvent(head?.digest ?? "")).toBe(true);
    }
    expect(await ledger().hasEvent(world.digest("nobody's"))).toBe(false);
  });

  test("the end of a run ties the lot's chain into the site's", async () => {
    const lease = await world.withLotLease(ledger(), "L1");
    const site = await ledger().head();
    await ledger().releaseLot(lease, 0);
    const tied = await ledger().head();
    expect(tied?.digest).not.toBe(site?.digest);
    expect(await ledger().verifyEvents()).toEqual({ events: 4, head: tied?.digest });
  });

  test("chains of lots begin alike and part with their first events", async () => {
    await world.withLotLease(ledger(), "L1");
    await world.withLotLease(ledger(), "L2");
    expect((await ledger().head("L1"))?.digest).not.toBe((await ledger().head("L2"))?.digest);
    await ledger().verifyLinks();
  });

  test("the time of the last signature is that of what was reserved or signed last, not the latest one", async () => {
    expect(await ledger().lastSignedAtMs()).toBeUndefined();
    const lease = await world.plannedLot(ledger(), "L1", ["a"]);
    pass(3_600_000);
    await world.mintLot(ledger(), lease);
    const late = await ledger().lastSignedAtMs();
    await ledger().recordEvent({ kind: "note", subject: "x", detail: {} });
    expect(await ledger().lastSignedAtMs()).toBe(late);
    // The clock was wrong, and has been set right.
    pass(-1_800_000);
    await ledger().reserveSerial({ serialNumber: world.serialNumber(), issuer: "root", subject: "CN=line" });
    expect(await ledger().lastSignedAtMs()).toBe((late ?? 0) - 1_800_000);
  });

  test("two that have the ledger open append to one chain", async () => {
    const other = await open();
    const note = (of: Ledger, n: number) => of.recordEvent({ kind: "note", subject: "x", detail: { n } });
    await Promise.all(Array.from({ length: 20 }, (_, n) => note(n % 2 === 0 ? ledger() : other, n)));
    expect(await ledger().verifyEvents()).toMatchObject({ events: 20 });
    await other.close();
  });

  test("a ledger may be closed twice, and what was asked for is recorded first", async () => {
    const other = await open();
    const recording = other.recordEvent({ kind: "note", subject: "x", detail: {} });
    await other.close();
    await other.close();
    await recording;
    expect(await ledger().head()).toBeDefined();
  });
}
