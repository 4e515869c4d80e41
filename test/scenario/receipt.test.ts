import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Receipt } from "../../src/domain/receipt.ts";
import { writePem } from "../../src/x509/pem.ts";
import { chainKey, makeChain } from "../fixtures/make-chain.ts";
import { hasOpenssl, openssl } from "../fixtures/other-readers.ts";
import { type Ended, makeRows, makeWorld, manifestText, type World, writeLot } from "./harness.ts";

let world: World;
const inHome = (...path: readonly string[]) => join(world.home, ...path);
const output = (lot: string, name: string) => inHome("output", lot, name);
const kept = (number: number, lot: string, ending = "json") =>
  inHome("state/receipts", `${String(number).padStart(6, "0")}-${lot}.${ending}`);
const receiptIn = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Receipt;
const sha256 = (octets: Uint8Array | string) => createHash("sha256").update(octets).digest("hex");
const files = () => (existsSync(inHome("state/receipts")) ? readdirSync(inHome("state/receipts")).toSorted() : []);

interface Verdict {
  readonly valid: boolean;
  readonly faults: readonly string[];
  readonly notChecked: readonly string[];
  readonly sinceThen?: Readonly<Record<string, unknown>>;
  readonly receipts?: readonly { readonly number: number }[];
}

const verdictOf = ({ stdout }: Ended) => JSON.parse(stdout) as Verdict;
const verify = (path: string, ...more: readonly string[]) => world.run(["receipt", "verify", path, "--json", ...more]);

async function must(...args: readonly string[]): Promise<Ended> {
  const ended = await world.run(args);
  expect(ended.code, `${args.join(" ")}\n${ended.stdout}${ended.stderr}`).toBe(0);
  return ended;
}

async function openWorld(): Promise<void> {
  world = await makeWorld();
  world.writeSite(undefined);
}

describe("a receipt", () => {
  beforeAll(async () => {
    await openWorld();
    writeLot(world.home, "A", makeRows("A", 5), { submit: { rowsPerUpload: 2 } });
    writeLot(world.home, "B", makeRows("B", 3));
    expect(await world.run(["run", "A"], { env: { LOTMINT_OPERATOR: "M. Müller" } })).toMatchObject({ code: 0 });
    await must("run", "B");
    await must("authority", "create", "line-2", "--issuer", "line-1");
  }, 120_000);
  afterAll(() => world.close());

  test("tells what a run completed, under a number over the home, by digests that can be recomputed", () => {
    expect(files()).toEqual(["000001-A.json", "000001-A.p7s", "000002-B.json", "000002-B.p7s"]);
    const receipt = receiptIn(kept(1, "A"));
    const devices = readFileSync(output("A", "devices.csv"), "utf8").split("\n").slice(1, -1);
    const lines = devices.map((line) => `${line.split(",").slice(0, 4).join(",")}\n`).join("");
    const part = (number: number) => readFileSync(inHome(`output/A/registration/part-000${number}.csv`));
    const der = Buffer.from(
      readFileSync(inHome("state/authorities/line-1/certificate.pem"), "utf8").replace(/-----.*-----/g, ""),
      "base64",
    );
    expect(receipt).toMatchObject({
      version: 1,
      number: 1,
      lot: "A",
      tool: { name: "lotmint" },
      host: hostname(),
      operator: "M. Müller",
      manifests: [{ number: 1, name: "A.csv", sha256: sha256(readFileSync(inHome("input/A.csv"))) }],
      job: { name: "A", sha256: sha256(readFileSync(inHome("state/lots/A/job.json"))) },
      issuer: { name: "line-1", subject: "CN=Scenario Line 1,O=Acme GmbH", sha256: sha256(der) },
      counts: { listed: 5 },
      devices: { count: 5, sha256: sha256(lines) },
      parts: [1, 2, 3].map((number) => ({ number, sha256: sha256(part(number)) })),
      previous: null,
    });
    expect(Date.parse(receipt.endedAt)).toBeGreaterThanOrEqual(Date.parse(receipt.startedAt));
    expect(receiptIn(kept(2, "B")).previous).toEqual({ number: 1, sha256: sha256(readFileSync(kept(1, "A"))) });
    for (const ending of ["json", "p7s"] as const) {
      expect(readFileSync(output("A", `receipt.${ending}`)).equals(readFileSync(kept(1, "A", ending)))).toBe(true);
    }
    const report = JSON.parse(readFileSync(output("B", "report.json"), "utf8")) as { readonly receipt: unknown };
    expect(report.receipt).toEqual({ number: 2, sha256: sha256(readFileSync(kept(2, "B"))) });
  });

  test.skipIf(!hasOpenssl)("is accepted by openssl with the root alone", () => {
    const told = openssl([
      ...["cms", "-verify", "-binary", "-inform", "DER", "-in", output("A", "receipt.p7s")],
      ...["-content", output("A", "receipt.json")],
      ...["-CAfile", inHome("state/authorities/root/certificate.pem"), "-purpose", "any"],
    ]);
    expect(told).toBe(readFileSync(output("A", "receipt.json"), "utf8"));
  });

  test("is written by no run that has nothing to do, and shown with all that fits", async () => {
    const before = files();
    const report = readFileSync(output("A", "report.json"));
    await must("run", "A");
    expect(files()).toEqual(before);
    expect(readFileSync(output("A", "report.json")).equals(report)).toBe(true);
    const shown = verdictOf(await must("receipt", "A", "--json"));
    expect(shown).toMatchObject({ valid: true, faults: [], receipts: [{ number: 1 }] });
    expect((await must("receipt", "a")).stdout).toMatch(/Receipt 1 of lot A[\s\S]*1 receipt of lot A: all of it fits/);
    expect((await must("receipt")).stdout).toMatch(/000001 .* A\n000002 .* B\n2 receipts of this home: all of it fits/);
    for (const path of [output("A", "receipt.json"), output("A", "receipt.p7s"), kept(2, "B")]) {
      const ended = await verify(path);
      expect(ended).toMatchObject({ code: 0 });
      expect(verdictOf(ended)).toMatchObject({ valid: true, faults: [], notChecked: [] });
    }
    await must("check", "A");
  });

  /** Changes the home, asks, and puts everything back. */
  async function changed(change: () => void, ask: () => Promise<Ended>): Promise<Ended> {
    const aside = mkdtempSync(join(tmpdir(), "lotmint-receipt-"));
    cpSync(world.home, aside, { recursive: true, preserveTimestamps: true });
    change();
    try {
      return await ask();
    } finally {
      for (const name of ["state", "output"]) {
        rmSync(inHome(name), { recursive: true });
        cpSync(join(aside, name), inHome(name), { recursive: true, preserveTimestamps: true });
      }
      rmSync(aside, { recursive: true });
    }
  }

  function flip(path: string, at: number): void {
    const octets = readFileSync(path);
    octets[at] = (octets[at] ?? 0) ^ 0x01;
    writeFileSync(path, octets);
  }

  function swap(one: string, other: string): void {
    renameSync(one, `${one}.aside`);
    renameSync(other, one);
    renameSync(`${one}.aside`, other);
  }

  const tamperings: readonly (readonly [string, () => void, () => string, RegExp])[] = [
    [
      "the first octet",
      () => flip(output("A", "receipt.json"), 0),
      () => output("A", "receipt.json"),
      /not what was signed/,
    ],
    [
      "an octet",
      () => flip(output("A", "receipt.json"), 300),
      () => output("A", "receipt.json"),
      /not what was signed/,
    ],
    [
      "the last octet",
      () => flip(output("A", "receipt.json"), readFileSync(output("A", "receipt.json")).length - 1),
      () => output("A", "receipt.json"),
      /not what was signed/,
    ],
    [
      "a number that the JSON still allows",
      () =>
        writeFileSync(
          output("A", "receipt.json"),
          readFileSync(output("A", "receipt.json"), "utf8").replace('"count":5', '"count":6'),
        ),
      () => output("A", "receipt.json"),
      /not what was signed/,
    ],
    [
      "an octet of the signature",
      () => flip(output("A", "receipt.p7s"), readFileSync(output("A", "receipt.p7s")).length - 3),
      () => output("A", "receipt.json"),
      /receipt\.p7s: the signature is not one of CN=Scenario Line 1.*it was changed/,
    ],
    [
      "the signature's first octet",
      () => flip(output("A", "receipt.p7s"), 0),
      () => output("A", "receipt.json"),
      /is no signature of a receipt/,
    ],
    [
      "no signature",
      () => rmSync(output("A", "receipt.p7s")),
      () => output("A", "receipt.json"),
      /receipt\.p7s, its signature, is not there/,
    ],
    [
      "the signature of another receipt",
      () => copyFileSync(output("B", "receipt.p7s"), output("A", "receipt.p7s")),
      () => output("A", "receipt.json"),
      /not what was signed.*the signature belongs to another receipt/,
    ],
    [
      "a receipt before it that is missing",
      () => rmSync(kept(1, "A")),
      () => output("B", "receipt.json"),
      /receipt 1 of lot A is missing: .*000001-A\.json is not there/,
    ],
    [
      "a receipt before it that was changed",
      () => flip(kept(1, "A"), 40),
      () => output("B", "receipt.json"),
      /000001-A\.json is not receipt 1 of lot A as it was recorded: it was changed/,
    ],
    [
      "a signature before it that was changed",
      () => flip(kept(1, "A", "p7s"), 900),
      () => output("B", "receipt.json"),
      /000001-A\.p7s is not the signature that was recorded/,
    ],
    [
      "an order that is turned round",
      () => {
        swap(kept(1, "A"), kept(2, "B"));
        swap(kept(1, "A", "p7s"), kept(2, "B", "p7s"));
      },
      () => output("B", "receipt.json"),
      /the order is turned round: .*000001-A\.json holds receipt 2 of lot B in the place of receipt 1 of lot A/,
    ],
    [
      "a receipt in another's place",
      () => {
        swap(kept(1, "A"), kept(2, "B"));
        swap(kept(1, "A", "p7s"), kept(2, "B", "p7s"));
      },
      () => kept(1, "A"),
      /the order is turned round: .*000001-A\.json holds receipt 2 of lot B, which belongs into/,
    ],
    [
      "another lot's receipt in the lot's output",
      () => {
        for (const name of ["receipt.json", "receipt.p7s"]) copyFileSync(output("B", name), output("A", name));
      },
      () => output("A", "receipt.json"),
      /is a receipt of lot B, and lies in the output of lot A: another lot's devices/,
    ],
    [
      "another lot's devices",
      () => copyFileSync(output("B", "devices.csv"), output("A", "devices.csv")),
      () => output("A", "receipt.json"),
      /devices\.csv does not hold the devices of lot A: line 2 \(B-00001\)/,
    ],
    [
      "a device that is left out",
      () => {
        const lines = readFileSync(output("A", "devices.csv"), "utf8").split("\n");
        writeFileSync(output("A", "devices.csv"), [...lines.slice(0, 5), ...lines.slice(6)].join("\n"));
      },
      () => output("A", "receipt.json"),
      /devices\.csv does not hold the devices of lot A: line 6, which is missing/,
    ],
    [
      "a registration part that was changed",
      () => flip(inHome("output/A/registration/part-0002.csv"), 60),
      () => output("A", "receipt.json"),
      /part-0002\.csv is not registration part 2 as it was cut/,
    ],
    [
      "a registration part that is missing",
      () => rmSync(inHome("output/A/registration/part-0002.csv")),
      () => output("A", "receipt.json"),
      /part-0002\.csv, registration part 2, is not there/,
    ],
    [
      "a file that the ledger does not know",
      () => copyFileSync(kept(2, "B"), kept(3, "B")),
      () => output("A", "receipt.json"),
      /000003-B\.json belongs to no receipt that the ledger knows/,
    ],
    [
      "a copy of the manifest that was changed",
      () => {
        const [copy = ""] = readdirSync(inHome("state/lots/A")).filter((name) => name.startsWith("manifest-"));
        flip(inHome("state/lots/A", copy), 4);
      },
      () => output("A", "receipt.json"),
      /is not manifest 1 as it was taken in/,
    ],
  ];

  test.each(tamperings)("that was tampered with is 3 and named: %s", async (_what, change, path, message) => {
    const ended = await changed(change, () => verify(path()));
    const { valid, faults } = verdictOf(ended);
    expect(faults.join("\n")).toMatch(message);
    expect([ended.code, valid]).toEqual([3, false]);
  });

  test("the lot's receipts and its check name a fault as well", async () => {
    const shown = await changed(
      () => flip(kept(1, "A"), 40),
      () => world.run(["receipt", "A"]),
    );
    expect(shown).toMatchObject({ code: 3, stdout: expect.stringMatching(/DOES NOT FIT: .*000001-A\.json/) });
    const copy = await changed(
      () => flip(output("A", "receipt.json"), 40),
      () => world.run(["receipt", "A"]),
    );
    expect(copy).toMatchObject({ code: 3, stdout: expect.stringMatching(/are not the lot's last receipt \(1\)/) });
    for (const args of [
      ["check", "A"],
      ["check", "A", "--sample", "2"],
    ]) {
      const checked = await changed(
        () => flip(kept(1, "A", "p7s"), 900),
        () => world.run(args),
      );
      expect(checked).toMatchObject({ code: 3, stdout: expect.stringMatching(/receipt 1: .*000001-A\.p7s/) });
    }
  });

  test("what was lost of its files, the lot's next run writes again; what was changed it leaves", async () => {
    const [one, other] = [readFileSync(kept(1, "A")), readFileSync(kept(2, "B"))];
    rmSync(kept(1, "A"));
    rmSync(output("A", "receipt.p7s"));
    flip(kept(2, "B"), 40);
    const ended = await must("run", "A");
    expect(ended.stderr).toMatch(/the files of receipt 1 of lot A were gone and are written again from the ledger/);
    expect(readFileSync(kept(1, "A")).equals(one)).toBe(true);
    expect(existsSync(output("A", "receipt.p7s"))).toBe(true);
    await must("run", "B");
    expect(readFileSync(kept(2, "B")).equals(other)).toBe(false);
    writeFileSync(kept(2, "B"), other);
    await must("receipt");
  });

  test("is judged by its signature alone where there is no home, and says what was not checked", async () => {
    const nowhere = mkdtempSync(join(tmpdir(), "lotmint-nowhere-"));
    try {
      for (const name of ["receipt.json", "receipt.p7s"]) copyFileSync(output("A", name), join(nowhere, name));
      const alone = (...more: readonly string[]) =>
        world.run(["receipt", "verify", join(nowhere, "receipt.json"), "--json", ...more], { home: nowhere });
      const plain = await alone();
      expect(plain).toMatchObject({ code: 0 });
      expect(verdictOf(plain).notChecked).toEqual([
        expect.stringMatching(/leads to a trusted root: name one with --ca FILE/),
        expect.stringMatching(/the chain of receipts, the devices, parts and manifests/),
      ]);
      const root = inHome("state/authorities/root/certificate.pem");
      expect(verdictOf(await alone("--ca", root)).notChecked).toHaveLength(1);
      const [stranger] = makeChain([{ ca: true, key: chainKey(9) }], Date.now());
      writeFileSync(join(nowhere, "stranger.pem"), writePem("CERTIFICATE", stranger?.raw ?? Buffer.alloc(0)));
      const untrusted = await alone("--ca", join(nowhere, "stranger.pem"));
      expect(untrusted.code).toBe(3);
      expect(verdictOf(untrusted).faults.join()).toMatch(/does not lead to a trusted certificate/);
      expect((await alone("--ca", join(nowhere, "receipt.json"))).code).toBe(2);
      flip(join(nowhere, "receipt.json"), 200);
      expect((await alone()).code).toBe(3);
      expect(readdirSync(nowhere).toSorted()).toEqual(["receipt.json", "receipt.p7s", "stranger.pem"]);
    } finally {
      rmSync(nowhere, { recursive: true });
    }
  });

  test("in another home it is named as another home's", async () => {
    const other = mkdtempSync(join(tmpdir(), "lotmint-other-"));
    try {
      mkdirSync(join(other, "jobs"));
      expect(await world.run(["authority", "create", "own"], { home: other })).toMatchObject({ code: 0 });
      const ended = await world.run(["receipt", "verify", output("A", "receipt.json"), "--json"], { home: other });
      expect(ended.code).toBe(3);
      expect(verdictOf(ended).faults.join()).toMatch(/it is of another home/);
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  test("a file that is none, or is not there, is 2", async () => {
    for (const path of [output("A", "report.json"), output("A", "devices.csv"), inHome("nowhere.json"), world.home]) {
      expect([path, (await verify(path)).code]).toEqual([path, 2]);
    }
    expect((await world.run(["receipt", "nowhere"])).code).toBe(2);
    expect((await world.run(["receipt", "verify"])).code).toBe(2);
  });
});

describe("after a receipt", () => {
  beforeAll(async () => {
    await openWorld();
    writeLot(world.home, "A", makeRows("A", 6));
    await must("run", "A");
  }, 120_000);
  afterAll(() => world.close());

  test("what is revoked, reissued and added is told as since then, and is no fault", async () => {
    const first = inHome("first.json");
    copyFileSync(output("A", "receipt.json"), first);
    copyFileSync(output("A", "receipt.p7s"), inHome("first.p7s"));
    await must("revoke", "A-00002", "--reason", "keyCompromise", "--yes");
    await must("remint", "A-00004", "--reason", "superseded");
    const since = { revoked: 1, reissued: 1, added: 0, receipts: [] };
    for (const path of [first, output("A", "receipt.json"), kept(1, "A")]) {
      const ended = await verify(path);
      expect(verdictOf(ended)).toMatchObject({ valid: true, faults: [], sinceThen: since });
      expect(ended.code).toBe(0);
    }
    const told = (await must("receipt", "A")).stdout;
    expect(told).toMatch(/since then: 1 certificate revoked\n/);
    expect(told).toMatch(/A-00002 \([0-9a-f]+\): revoked at .*, keyCompromise/);
    expect(told).toMatch(/A-00004 \([0-9a-f]+\): reissued as [0-9a-f]+ at .*, superseded/);
    await must("check", "A");
    expect(files()).toHaveLength(2);

    // The next run completes something: the reminted device's row, and a device that is new, before the others.
    const rows = makeRows("A", 7);
    writeFileSync(inHome("input/A.csv"), manifestText([...rows.slice(6), ...rows.slice(0, 6)]));
    // The row of the revoked device is rejected.
    expect((await world.run(["run", "A"])).code).toBe(3);
    expect(receiptIn(output("A", "receipt.json"))).toMatchObject({ number: 2, devices: { count: 7 } });
    const old = verdictOf(await verify(first));
    expect(old).toMatchObject({ valid: true, sinceThen: { ...since, added: 1, manifests: 1, receipts: [2] } });
    expect(verdictOf(await verify(kept(2, "A")))).toMatchObject({ valid: true, sinceThen: { revoked: 0, added: 0 } });
    await must("check", "A");
  });

  test("a job that says receipt: false gets none", async () => {
    const before = files();
    writeLot(world.home, "N", makeRows("N", 2), { receipt: false });
    await must("run", "N");
    expect(files()).toEqual(before);
    expect(existsSync(output("N", "receipt.json"))).toBe(false);
    expect((await must("receipt", "N")).stdout).toMatch(/There is no receipt of lot N/);
    await must("check", "N");
  });

  test("an issuer whose certificate forbids digitalSignature writes none, and the report says so", async () => {
    const [issuer, root] = makeChain(
      [
        { subject: "CN=Mute", ca: true, usages: ["keyCertSign", "cRLSign"], notAfterMs: Date.now() + 4e11 },
        { subject: "CN=Mute Root", notAfterMs: Date.now() + 4e11 },
      ],
      Date.now(),
    );
    const pem = (name: string, text: string) => {
      writeFileSync(inHome(name), text, { mode: 0o600 });
      return inHome(name);
    };
    await must(
      ...[
        "authority",
        "import",
        "mute",
        "--certificate",
        pem("mute.pem", writePem("CERTIFICATE", issuer?.raw ?? Buffer.alloc(0))),
      ],
      ...["--chain", pem("root.pem", writePem("CERTIFICATE", root?.raw ?? Buffer.alloc(0)))],
      ...["--key", pem("mute.key", String(chainKey(0).export({ type: "pkcs8", format: "pem" })))],
    );
    const before = files();
    writeLot(world.home, "M", makeRows("M", 2), { issuer: "mute" });
    const ended = await must("run", "M");
    expect(ended.stdout.replace(/\s+/g, " ")).toMatch(
      /no receipt was written: the certificate of authority mute forbids digitalSignature/,
    );
    const report = JSON.parse(readFileSync(output("M", "report.json"), "utf8")) as {
      readonly notes: readonly string[];
    };
    expect(report.notes.join()).toMatch(/forbids digitalSignature/);
    expect(files()).toEqual(before);
  });
});

describe("a receipt when things go wrong", () => {
  beforeAll(openWorld, 120_000);
  afterAll(() => world.close());

  test.each(["receipt-recorded", "receipt-placed"] as const)(
    "killed at %s, the next run of any lot writes what is missing, and no number is left out",
    async (step) => {
      const [lot, other] = [`K-${step}`, `L-${step}`];
      writeLot(world.home, lot, makeRows(lot, 3));
      writeLot(world.home, other, makeRows(other, 2));
      const killed = await world.run(["run", lot], { at: { step, signal: "SIGKILL" } });
      expect(killed.signal).toBe("SIGKILL");
      const number = JSON.parse((await must("receipt", "--json")).stdout).receipts.length;
      expect(existsSync(kept(number, lot))).toBe(step === "receipt-placed");
      expect(existsSync(output(lot, "receipt.json"))).toBe(false);
      await must("check", lot);

      await must("run", other);
      expect(receiptIn(kept(number, lot)).lot).toBe(lot);
      expect(receiptIn(output(other, "receipt.json")).previous).toEqual({
        number,
        sha256: sha256(readFileSync(kept(number, lot))),
      });
      await must("run", lot);
      expect(readFileSync(output(lot, "receipt.json")).equals(readFileSync(kept(number, lot)))).toBe(true);
      const report = JSON.parse(readFileSync(output(lot, "report.json"), "utf8")) as { readonly receipt: unknown };
      expect(report.receipt).toMatchObject({ number });
      expect((await must("receipt")).stdout).toMatch(new RegExp(`${number + 1} receipts of this home: all of it fits`));
    },
  );

  test("killed before it is recorded, the next run writes it although it has nothing else to do", async () => {
    writeLot(world.home, "P", makeRows("P", 3));
    expect((await world.run(["run", "P"], { at: { step: "part-listed", signal: "SIGKILL" } })).signal).toBe("SIGKILL");
    const before = files().length;
    await must("run", "P");
    expect(files()).toHaveLength(before + 2);
    await must("receipt", "P");
  });

  test("without the passphrase the report says why there is none, and the next run that has it writes it", async () => {
    world.writeSite(world.sandbox.url);
    writeLot(world.home, "S", makeRows("S", 3), { submit: { enabled: false } });
    await must("run", "S");
    const before = files().length;
    const submitted = await world.run(["submit", "S"], { env: { LOTMINT_PASSPHRASE: undefined } });
    expect(submitted.code).toBe(0);
    expect(submitted.stdout.replace(/\s+/g, " ")).toMatch(/no receipt was written: no passphrase given for authority/);
    expect(files()).toHaveLength(before);
    await must("run", "S");
    expect(files()).toHaveLength(before + 2);
    expect(receiptIn(output("S", "receipt.json")).counts).toMatchObject({ confirmed: 3 });
    world.writeSite(undefined);
  });

  test("lots that run at once get one number each, and each names the one before", async () => {
    const before = files().length / 2;
    const lots = ["at-once-1", "at-once-2", "at-once-3", "at-once-4"];
    for (const lot of lots) writeLot(world.home, lot, makeRows(lot, 4));
    // All are held right before the end, so that they come to their receipts together.
    const started = lots.map((lot) => world.start(["run", lot], { at: { step: "part-listed", signal: "SIGSTOP" } }));
    for (const { child } of started) {
      await expect.poll(() => stateOf(child.pid), { timeout: 120_000 }).toBe("T");
    }
    for (const { child } of started) child.kill("SIGCONT");
    expect(await Promise.all(started.map(async ({ ended }) => (await ended).code))).toEqual([0, 0, 0, 0]);
    const { valid, receipts = [] } = verdictOf(await must("receipt", "--json"));
    expect(valid).toBe(true);
    expect(receipts.map(({ number }) => number)).toEqual(Array.from({ length: before + 4 }, (_, index) => index + 1));
    for (const lot of lots) await must("receipt", lot);
  }, 240_000);

  test("it is in a backup; after a restore the chain goes on under numbers that were never given", async () => {
    writeLot(world.home, "R", makeRows("R", 2));
    await must("run", "R");
    const known = files();
    const backup = inHome("line-pc.tar");
    await must("backup", backup);
    writeFileSync(inHome("input/R.csv"), manifestText(makeRows("R", 4)));
    await must("run", "R");
    writeLot(world.home, "T", makeRows("T", 2));
    await must("run", "T");
    const last = receiptIn(output("T", "receipt.json")).number;
    for (const name of ["receipt.json", "receipt.p7s"]) copyFileSync(output("R", name), inHome(name));
    rmSync(output("R", "receipt.json"));
    rmSync(inHome("state"), { recursive: true });
    await must("restore", backup);
    expect(files()).toEqual(known);
    const lots = readdirSync(inHome("output"));
    for (const lot of lots) await must("check", lot);
    // Of the receipts that were made after the backup, the one that the lot's output has is taken in.
    expect(files()).toHaveLength(known.length + 2);
    expect((await must("receipt")).stdout).toMatch(
      new RegExp(`not checked: receipt ${last - 1}, which receipt ${last} names, was made after the backup`),
    );
    const elsewhere = await verify(inHome("receipt.json"));
    expect([elsewhere.code, verdictOf(elsewhere).notChecked.join()]).toEqual([
      0,
      expect.stringMatching(/all but its signature: .*made after the backup/),
    ]);
    expect(receiptIn(kept(last, "T")).lot).toBe("T");
    const taken = await must("receipt", "T", "--json");
    expect(JSON.stringify(verdictOf(taken))).toContain("taken in from output/");

    await must("run", "R");
    const next = receiptIn(output("R", "receipt.json"));
    expect(next.number).toBeGreaterThan(1_700_000_000_000);
    expect(next.previous?.number).toBe(last);
    expect(next.ledger.generation).toMatch(/^2-/);
    await must("receipt");
    await must("receipt", "R");
    await must("check", "R");
  }, 240_000);
});

function stateOf(pid: number | undefined): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
}
