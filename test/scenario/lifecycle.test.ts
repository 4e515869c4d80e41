import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import {
  badRows,
  type Ended,
  makeRows,
  makeWorld,
  manifestText,
  type Row,
  treeOf,
  type World,
  writeJob,
  writeLot,
} from "./harness.ts";
import { proveLot, readLedger } from "./prove-lot.ts";

/** Nothing listens there. */
const NOWHERE = "https://127.0.0.1:9";
const LOT_PASSWORD = "one password for the whole lot";
const NO_SECRETS = { LOTMINT_PASSPHRASE: undefined, LOTMINT_PLATFORM_PASSWORD: undefined };

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());
beforeEach(() => world.writeSite(world.sandbox.url));

function json(ended: Ended): Record<string, unknown> {
  return JSON.parse(ended.stdout);
}

function output(lot: string, ...names: readonly string[]): string {
  return join(world.home, "output", lot, ...names);
}

function lines(...path: readonly string[]): string[] {
  return readFileSync(join(...path), "utf8")
    .trimEnd()
    .split("\n");
}

function proof(lot: string, rows: readonly Row[], exitCode: number, rejected: readonly string[] = []): string[] {
  const { home, sandbox } = world;
  return proveLot({ home, lot, ids: rows.map(({ id }) => id), exitCode, rejected, platform: sandbox.state });
}

function serialNumbers(lot: string): ReadonlyMap<string, string> {
  return new Map(lines(output(lot, "devices.csv")).map((line) => line.split(",").slice(0, 2) as [string, string]));
}

describe("a lot from its manifest to its end", () => {
  const rows = makeRows("L1", 40);
  const bad = badRows(rows);
  const job = { subject: { O: "Acme GmbH", serialNumber: "{serial_number}" }, submit: { rowsPerUpload: 30 } };

  test("its good rows are minted, registered and confirmed, its bad rows told", async () => {
    writeLot(world.home, "l1", [...rows, ...bad], job);
    const first = await world.run(["run", "l1", "--json"]);
    expect([first.code, json(first)]).toEqual([3, expect.objectContaining({ lot: "l1", exitCode: 3 })]);
    expect(proof("l1", rows, 3)).toEqual([]);
    const [header, ...rejects] = lines(output("l1", "rejects.csv"));
    expect(header).toBe("id,name,path,serial_number,lotmint:lot,lotmint:line,lotmint:reason");
    expect(rejects.map((row) => row.split(",").slice(0, 1))).toEqual([[""], ["L1-00001"], ["not/an/id"]]);
    expect(rejects.map((row) => row.split(",").slice(4, 6))).toEqual([42, 43, 44].map((line) => ["l1", String(line)]));
  });

  test("the same manifest again does nothing, needs no secret and no platform, and tells the same", async () => {
    const before = treeOf(output("l1"));
    world.writeSite(NOWHERE);
    const again = await world.run(["run", "l1", "--json"], { env: NO_SECRETS });
    expect([again.code, json(again)]).toEqual([3, expect.objectContaining({ lot: "l1", exitCode: 3 })]);
    expect(treeOf(output("l1"))).toEqual(before);
  });

  test("status, report, plan and check answer in JSON and as text", async () => {
    const commands = [
      ["status", "l1"],
      ["report", "l1"],
      ["plan", "l1"],
      ["check", "l1", "--platform"],
    ] as const;
    const told = await Promise.all(commands.map((command) => world.run([...command, "--json"])));
    expect(told.map((ended) => [ended.code, JSON.parse(ended.stdout)])).toEqual([
      [0, [expect.objectContaining({ lot: "l1", issuer: "line-1", rejects: 3, lastExitCode: 3, heldBy: null })]],
      [0, expect.objectContaining({ lot: "l1", exitCode: 3 })],
      [3, expect.objectContaining({ mint: 0, keep: 40, rejected: 3, gone: [] })],
      [0, expect.objectContaining({ checked: 40, asked: 40, found: 0 })],
    ]);
    const inWords = await Promise.all(commands.map((command) => world.run(command)));
    expect(inWords.map(({ stdout }) => stdout)).toEqual(commands.map(() => expect.stringContaining("l1")));
    expect(proof("l1", rows, 3)).toEqual([]);
  });

  test("check finds what somebody has changed", async () => {
    const file = output("l1", "devices", "L1-00007", "certificate.pem");
    const right = readFileSync(file);
    writeFileSync(file, readFileSync(output("l1", "devices", "L1-00008", "certificate.pem")));
    const check = await world.run(["check", "l1"]);
    writeFileSync(file, right);
    expect([check.code, check.stdout]).toEqual([3, expect.stringContaining("L1-00007")]);
  });

  const [newOne, newTwo] = makeRows("L1", 42).slice(40);
  const amended = rows.slice(0, -1).map((row) => {
    if (row.id === "L1-00002") return { ...row, name: "Renamed" };
    return row.id === "L1-00003" ? { ...row, serial: "another" } : row;
  });
  const added = [newOne, newTwo].filter((row) => row !== undefined);

  test("an amended manifest mints what is new, registers again what has changed, and tells the rest", async () => {
    const before = serialNumbers("l1");
    writeFileSync(join(world.home, "input", "l1.csv"), manifestText([...amended, ...added, ...bad]));
    const plan = await world.run(["plan", "l1", "--json"]);
    expect(json(plan)).toMatchObject({ mint: 2, register: 1, needsRemint: ["L1-00003"], gone: ["L1-00040"] });
    const run = await world.run(["run", "l1", "--json"]);
    expect(run.code).toBe(3);
    const notes = (json(run)["notes"] as string[]).join("\n");
    expect(notes).toMatch(/subject of 1 device \(L1-00003\) has changed.+remint/);
    expect(notes).toMatch(/1 device \(L1-00040\).+no longer in the manifest/);
    const after = serialNumbers("l1");
    expect([...before.keys()].every((id) => after.get(id) === before.get(id))).toBe(true);
    expect([...after.keys()].filter((id) => !before.has(id))).toEqual(added.map(({ id }) => id));
    const lastPart = readdirSync(output("l1", "registration")).sort().at(-1) ?? "";
    expect(lines(output("l1", "registration", lastPart)).map((line) => line.split(";").at(0))).toEqual([
      "ID",
      "L1-00002",
      ...added.map(({ id }) => id),
    ]);
    expect(world.sandbox.state.devices.get("L1-00002")?.name).toBe("Renamed");
    expect((await world.run(["check", "l1", "--platform"])).code).toBe(0);
  });

  test("the corrected rejects.csv completes the lot", async () => {
    const corrected = readFileSync(output("l1", "rejects.csv"), "utf8")
      .replace(/^,/m, "L1-CORRECTED-1,")
      .replace(/^L1-00001,the same again/m, "L1-CORRECTED-2,the same again")
      .replace("not/an/id", "L1-CORRECTED-3");
    writeFileSync(join(world.home, "rejects-corrected.csv"), corrected);
    const run = await world.run(["run", join(world.home, "rejects-corrected.csv"), "--json"]);
    expect([run.code, json(run)]).toEqual([0, expect.objectContaining({ lot: "l1", exitCode: 0 })]);
    expect(existsSync(output("l1", "rejects.csv"))).toBe(false);
    const stages = [...readLedger(world.home, "l1").stages.entries()].filter(([id]) => id.startsWith("L1-CORRECTED"));
    expect(stages.map(([, stage]) => stage)).toEqual(["confirmed", "confirmed", "confirmed"]);
    expect((await world.run(["check", "l1", "--platform"])).code).toBe(0);
    expect((await world.run(["run", join(world.home, "rejects-corrected.csv")], { env: NO_SECRETS })).code).toBe(0);
  });
});

test("a job that changed under an unfinished lot is refused, naming the settings, until it is accepted", async () => {
  const rows = makeRows("L2", 260);
  writeLot(world.home, "l2", rows);
  const killed = await world.run(["run", "l2"], { at: { step: "minted", signal: "SIGKILL" } });
  expect(killed.signal).toBe("SIGKILL");
  writeJob(world.home, "l2", { key: "ec-p384", validity: "30d" });
  const before = readLedger(world.home, "l2");
  const refused = await world.run(["run", "l2"]);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/changed in: key, validity;.+--accept-changes/),
  ]);
  expect(readLedger(world.home, "l2")).toEqual(before);
  expect((await world.run(["run", "l2", "--accept-changes"])).code).toBe(0);
  expect(proof("l2", rows, 0)).toEqual([]);
  const curves = rows.map(({ id }) => {
    const { publicKey } = new X509Certificate(readFileSync(output("l2", "devices", id, "certificate.pem")));
    return publicKey.asymmetricKeyDetails?.namedCurve;
  });
  expect(new Set(curves)).toEqual(new Set(["prime256v1", "secp384r1"]));
});

test("while the platform is away everything is minted and the run ends with 13; submit sends it later", async () => {
  const rows = makeRows("L3", 20);
  writeLot(world.home, "l3", rows);
  world.writeSite(NOWHERE);
  const away = await world.run(["run", "l3", "--json"]);
  expect([away.code, json(away)]).toEqual([13, expect.objectContaining({ lot: "l3", exitCode: 13 })]);
  expect(new Set(readLedger(world.home, "l3").stages.values())).toEqual(new Set(["listed"]));
  world.writeSite(world.sandbox.url);
  const sent = await world.run(["submit", "l3", "--json"], { env: { LOTMINT_PASSPHRASE: undefined } });
  expect([sent.code, json(sent)]).toEqual([0, expect.objectContaining({ lot: "l3", exitCode: 0 })]);
  expect(proof("l3", rows, 0)).toEqual([]);
});

test("a device that the platform rejected is sent again by submit", async () => {
  const rows = makeRows("L4", 12);
  const { faults } = world.sandbox.state;
  writeLot(world.home, "l4", rows);
  setFaults(faults, [{ kind: "reject-rows", ids: ["L4-00005"], reason: "no licence" }]);
  expect((await world.run(["run", "l4"])).code).toBe(3);
  expect(proof("l4", rows, 3, ["L4-00005"])).toEqual([]);
  expect(lines(output("l4", "rejects.csv"))).toEqual([
    expect.any(String),
    expect.stringMatching(/^L4-00005,.+no licence/),
  ]);
  faults.active = [];
  expect((await world.run(["submit", "l4"])).code).toBe(0);
  expect(proof("l4", rows, 0)).toEqual([]);
});

test("submit sends what a killed run has minted and mints nothing, so that it needs no passphrase", async () => {
  const rows = makeRows("L11", 270);
  writeLot(world.home, "l11", rows);
  const killed = await world.run(["run", "l11"], { at: { step: "minted", signal: "SIGKILL" }, cores: 1 });
  expect(killed.signal).toBe("SIGKILL");
  const sent = await world.run(["submit", "l11", "--json"], { env: { LOTMINT_PASSPHRASE: undefined } });
  const { counts, notes } = json(sent) as { counts: Record<string, number>; notes: readonly string[] };
  expect(counts["confirmed"]).toBeGreaterThan(0);
  expect(counts["planned"]).toBeGreaterThan(0);
  expect(notes).toContain(`${counts["planned"]} devices are still to be minted: that takes a run of the lot`);
  expect((await world.run(["run", "l11"])).code).toBe(0);
  expect(proof("l11", rows, 0)).toEqual([]);
});

describe("plan", () => {
  test("writes nothing", async () => {
    const rows = makeRows("L5", 5);
    writeLot(world.home, "l5", [...rows, ...badRows(rows)]);
    // SQLite tidies up what the tests' own look at the ledger has left.
    await world.run(["status"]);
    const before = treeOf(world.home);
    const plan = await world.run(["plan", "l5", "--json"], { env: NO_SECRETS });
    expect([plan.code, json(plan)]).toEqual([3, expect.objectContaining({ lot: "l5", mint: 5, rejected: 3 })]);
    expect(treeOf(world.home)).toEqual(before);
  });

  test("makes no ledger where there is none: not for authorities that have lost theirs, nor in a new home", async () => {
    const home = mkdtempSync(join(tmpdir(), "lotmint-plan-"));
    try {
      for (const folder of [join("state", "authorities"), "input", "jobs"]) {
        cpSync(join(world.home, folder), join(home, folder), { recursive: true });
      }
      const bereft = treeOf(home);
      expect((await world.run(["plan", "l5"], { home })).code).toBe(15);
      expect(treeOf(home)).toEqual(bereft);
      rmSync(join(home, "state"), { recursive: true });
      const bare = treeOf(home);
      expect((await world.run(["plan", "l5"], { home })).code).toBe(2);
      expect(treeOf(home)).toEqual(bare);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

test("with one password for the lot, it opens every keystore, is slow to guess, and is written nowhere", async () => {
  const rows = makeRows("L6", 6);
  writeLot(world.home, "l6", rows, { passwords: "per-lot" });
  expect((await world.run(["run", "l6"])).code).toBe(2);
  const env = { LOTMINT_LOT_PASSWORD: LOT_PASSWORD };
  expect((await world.run(["run", "l6"], { env })).code).toBe(0);
  for (const { id } of rows) {
    const keystore = output("l6", "devices", id, "keystore.p12");
    const told = execFileSync("openssl", ["pkcs12", "-in", keystore, "-info", "-noenc", "-passin", "stdin"], {
      encoding: "utf8",
      input: LOT_PASSWORD,
      // The rounds stand on stderr.
      stdio: ["pipe", "pipe", "pipe"],
    });
    expect(told).toContain("PRIVATE KEY");
  }
  expect(existsSync(output("l6", "secrets", "passwords.csv"))).toBe(false);
  expect((await world.run(["check", "l6"], { env })).code).toBe(0);
  const written = readdirSync(world.home, { recursive: true, encoding: "utf8" }).map((name) => join(world.home, name));
  const holding = written.filter((path) => lstatSync(path).isFile() && readFileSync(path).includes(LOT_PASSWORD));
  expect(holding).toEqual([]);
});

test("an IDevID with an RSA key for a lot that is registered nowhere", async () => {
  const rows = makeRows("L7", 3);
  const registration = { mode: "none" };
  const subject = { O: "Acme GmbH", serialNumber: "{serial_number}" };
  writeLot(world.home, "l7", rows, {
    key: "rsa-2048",
    profile: "idevid",
    outliveIssuer: "permit",
    subject,
    registration,
  });
  const run = await world.run(["run", "l7", "--json"]);
  expect([run.code, json(run)]).toEqual([
    0,
    expect.objectContaining({ counts: expect.objectContaining({ minted: 3 }) }),
  ]);
  const pem = output("l7", "devices", "L7-00002", "certificate.pem");
  const told = execFileSync("openssl", ["x509", "-in", pem, "-noout", "-text"], { encoding: "utf8" });
  expect(told).toMatch(/Not After : Dec 31 23:59:59 9999 GMT/);
  expect(told).toMatch(/Subject: .*serialNumber ?= ?S2/);
  expect(told).toContain("Public-Key: (2048 bit)");
  expect(told).not.toContain("Extended Key Usage");
  expect(existsSync(output("l7", "registration"))).toBe(false);
  expect(world.sandbox.state.devices.has("L7-00002")).toBe(false);
  expect((await world.run(["check", "l7"])).code).toBe(0);
});

test("with automatic registration nothing is uploaded, and the lot is done once it is minted", async () => {
  const [trusted] = world.sandbox.state.certificates.values();
  writeLot(world.home, "l8", makeRows("L8", 3), { registration: { mode: "auto" } });
  const refused = await world.run(["run", "l8"]);
  expect([refused.code, refused.stderr]).toEqual([12, expect.stringContaining("registration")]);
  expect([...readLedger(world.home, "l8").certificates]).toEqual([]);
  if (trusted === undefined) throw new Error("the platform trusts nobody");
  trusted.autoRegistrationEnabled = true;
  expect((await world.run(["run", "l8"])).code).toBe(0);
  trusted.autoRegistrationEnabled = false;
  expect(existsSync(output("l8", "registration"))).toBe(false);
  expect(world.sandbox.state.devices.has("L8-00001")).toBe(false);
});

test.each([
  ["an unknown job", ["run", "nosuch"], 2, "usage"],
  ["an unknown option", ["run", "l1", "--nonsense"], 2, "usage"],
  ["an unknown lot", ["check", "nosuch"], 2, "usage"],
  ["an option without its value", ["run", "l1", "--issuer"], 2, "usage"],
  ["an option that is given twice", ["run", "l1", "--issuer", "a", "--issuer", "b"], 2, "usage"],
  ["a number that is none", ["check", "l1", "--sample", "some"], 2, "usage"],
  ["a wrong passphrase", ["run", "l9"], 10, "issuer-unusable"],
])("--json answers %s with the problem", async (_, args, exitCode, code) => {
  writeLot(world.home, "l9", makeRows("L9", 1));
  const ended = await world.run([...args, "--json"], { env: { LOTMINT_PASSPHRASE: "not the passphrase" } });
  expect([ended.code, json(ended)]).toEqual([
    exitCode,
    expect.objectContaining({ exitCode, error: { code, message: expect.any(String) } }),
  ]);
});

test.each([
  ["000", "644", "755"],
  ["077", "600", "700"],
])("with umask %s secrets are their owner's alone, and the rest is %s", async (umask, file, folder) => {
  const lot = `m${umask}`;
  const rows = makeRows(lot.toUpperCase(), 3);
  const job = { keystores: { pkcs12: {}, jks: {}, pem: { key: "encrypted" } } };
  writeLot(world.home, lot, [...rows, ...badRows(rows)], job);
  expect((await world.run(["run", lot], { umask })).code).toBe(3);
  const modes = Object.entries(treeOf(output(lot))).map(([name, told]) => [name, told.slice(0, 3)] as const);
  const shared = modes.filter(([name]) => !/^(?:devices|secrets|\.work)(?:\/|$)/.test(name));
  const secret = modes.filter((mode) => !shared.includes(mode));
  const modeOf = (names: typeof modes) => new Set(names.map(([name, mode]) => `${isFolder(lot, name)} ${mode}`));
  expect(modeOf(secret)).toEqual(new Set(["folder 700", "file 600"]));
  expect(modeOf(shared)).toEqual(new Set([`folder ${folder}`, `file ${file}`]));
  const state = Object.entries(treeOf(join(world.home, "state", "lots", lot)));
  expect(new Set(state.map(([, told]) => told.slice(0, 3)))).toEqual(new Set(["600"]));
});

function isFolder(lot: string, name: string): string {
  return lstatSync(output(lot, name)).isDirectory() ? "folder" : "file";
}

test("a device opens a mutual TLS connection with its keystore to a server that knows the root alone", async () => {
  writeLot(world.home, "l10", makeRows("L10", 2));
  expect((await world.run(["run", "l10"])).code).toBe(0);
  const id = "L10-00002";
  const password = lines(output("l10", "secrets", "passwords.csv")).find((line) => line.startsWith(`${id},`));
  const pfx = readFileSync(output("l10", "devices", id, "keystore.p12"));
  const root = readFileSync(join(world.home, "state", "authorities", "root", "certificate.pem"));
  const passphrase = password?.split(",")[1] ?? "";
  // The server shows another device's certificate: here only the client's is looked at.
  const server = createServer({ pfx, passphrase, ca: root, requestCert: true, rejectUnauthorized: true });
  const [seen] = await Promise.all([clientSeenBy(server), connectTo(server, pfx, passphrase)]);
  expect(seen).toBe(id);
});

function clientSeenBy(server: Server): Promise<unknown> {
  return new Promise((resolve, reject) => {
    server.once("tlsClientError", reject);
    server.once("secureConnection", (socket: TLSSocket) => {
      resolve(socket.authorized ? socket.getPeerCertificate().subject.CN : socket.authorizationError);
      socket.end();
      server.close();
    });
  });
}

function connectTo(server: Server, pfx: Buffer, passphrase: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      const socket = connect({ port, host: "127.0.0.1", pfx, passphrase, rejectUnauthorized: false });
      socket.on("error", reject);
      socket.on("close", () => resolve());
      socket.resume();
    });
  });
}
