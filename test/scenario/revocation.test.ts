import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { type Ended, makeRows, makeWorld, type Step, untilStopped, type World, writeLot } from "./harness.ts";
import { readLedger } from "./prove-lot.ts";

const CRL_PATH = "/tenant/trusted-certificates/settings/crl";

const began = Date.now();
let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  setFaults(world.sandbox.state.faults, []);
  world.sandbox.state.revocations.clear();
});

function path(...names: readonly string[]): string {
  return join(world.home, ...names);
}

function json(ended: Ended): Record<string, unknown> {
  if (!ended.stdout.startsWith("{")) throw new Error(`${ended.code}: ${ended.stdout}${ended.stderr}`);
  return JSON.parse(ended.stdout);
}

async function mint(lot: string, count: number, job: object = {}): Promise<readonly string[]> {
  const rows = makeRows(lot.toUpperCase(), count);
  writeLot(world.home, lot, rows, job);
  const ended = await world.run(["run", lot]);
  if (ended.code !== 0) throw new Error(`the lot ended with ${ended.code}: ${ended.stderr}`);
  return rows.map(({ id }) => id);
}

function certificateOf(lot: string, id: string): X509Certificate {
  return new X509Certificate(readFileSync(path("output", lot, "devices", id, "certificate.pem")));
}

function serialOf(lot: string, id: string): string {
  return certificateOf(lot, id).serialNumber.toLowerCase();
}

function openssl(...args: readonly string[]): { readonly status: number | null; readonly words: string } {
  const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  return { status, words: stdout + stderr };
}

/** The serial numbers in an authority's list, which OpenSSL has verified, with their reasons. */
function revokedIn(authority: string): ReadonlyMap<string, string> {
  const folder = path("state", "authorities", authority);
  const { status, words } = openssl(
    ...["crl", "-in", join(folder, "crl.pem"), "-noout", "-text", "-verify"],
    ...["-CAfile", join(folder, "chain.pem")],
  );
  if (status !== 0 || !words.includes("verify OK")) throw new Error(`OpenSSL does not verify the list: ${words}`);
  const entries = words.split("Serial Number: ").slice(1);
  return new Map(
    entries.map((entry) => [
      entry.slice(0, entry.indexOf("\n")).toLowerCase(),
      /Reason Code:\s+([A-Za-z ]+)/.exec(entry)?.[1]?.trim() ?? "",
    ]),
  );
}

/** What OpenSSL says of a device's certificate with its issuer's list at hand. */
function verify(lot: string, id: string, issuer: string, option = "-crl_check"): string {
  const file = path("state", "lists.pem");
  const authorities = path("state", "authorities");
  const lists = readdirSync(authorities).map((name) => join(authorities, name, "crl.pem"));
  writeFileSync(
    file,
    lists
      .filter((list) => existsSync(list))
      .map((list) => readFileSync(list, "utf8"))
      .join(""),
  );
  const chain = join(authorities, issuer, "chain.pem");
  const certificate = path("output", lot, "devices", id, "certificate.pem");
  return openssl("verify", option, "-CAfile", chain, "-CRLfile", file, certificate).words;
}

function stages(lot: string): ReadonlyMap<string, string> {
  const lines = readFileSync(path("output", lot, "devices.csv"), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1);
  return new Map(lines.map((line) => [line.split(",")[0] ?? "", line.split(",").at(-1) ?? ""]));
}

function showsPushes(): number {
  return world.sandbox.state.requests.filter(({ path: asked }) => asked === CRL_PATH).length;
}

describe("revoking devices", () => {
  let ids: readonly string[];
  const [a, b, c, d, e, f] = makeRows("RV", 6).map(({ id }) => id) as [string, string, string, string, string, string];
  beforeAll(async () => {
    ids = await mint("rv", 8);
  });

  test("one device is revoked at once, and OpenSSL rejects its certificate and no other", async () => {
    const ended = await world.run(["revoke", a, "--reason", "keyCompromise", "--json"]);
    expect(ended.code).toBe(0);
    expect(json(ended)).toMatchObject({
      dryRun: false,
      revoked: 1,
      crls: [{ issuer: "line-1", number: 1, entries: 1 }],
    });
    expect([...revokedIn("line-1")]).toEqual([[serialOf("rv", a), "Key Compromise"]]);
    expect(verify("rv", a, "line-1")).toContain("certificate revoked");
    expect(verify("rv", b, "line-1")).toContain("certificate.pem: OK");
    expect([stages("rv").get(a), stages("rv").get(b)]).toEqual(["revoked", "confirmed"]);
    const text = openssl(
      "crl",
      "-in",
      path("state/authorities/line-1/crl.der"),
      "-inform",
      "DER",
      "-noout",
      "-text",
    ).words;
    expect(text).toMatch(/Version 2 [\s\S]*Authority Key Identifier[\s\S]*CRL Number:\s+1\s/);
    const times = [...text.matchAll(/Update: (.+)/g)].map(([, time = ""]) => Date.parse(time));
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(30 * 86_400_000);
  });

  test("again it changes nothing, and check agrees with what is there", async () => {
    const again = await world.run(["revoke", a, "--json"]);
    expect([again.code, json(again)]).toMatchObject([
      0,
      { revoked: 0, alreadyRevoked: 1, crls: [{ kind: "current" }] },
    ]);
    expect(revokedIn("line-1").get(serialOf("rv", a))).toBe("Key Compromise");
    const check = await world.run(["check", "rv", "--platform"]);
    expect([check.code, check.stdout]).toEqual([0, expect.stringContaining("everything is as the ledger says")]);
  });

  test("several devices, a list and a lot are shown first, and done with --yes", async () => {
    const list = path("list.csv");
    writeFileSync(list, `serial;ID\n1;${b}\n2;${c}\n`);
    for (const target of [
      [b, c],
      ["--file", list],
      ["--lot", "rv"],
    ]) {
      const shown = await world.run(["revoke", ...target, "--json"]);
      expect([shown.code, json(shown)]).toMatchObject([
        0,
        { dryRun: true, lots: { rv: target[0] === "--lot" ? 7 : 2 } },
      ]);
    }
    expect(stages("rv").get(b)).toBe("confirmed");
    const done = await world.run(["revoke", "--file", list, "--yes", "--json"]);
    expect([done.code, json(done)]).toMatchObject([0, { revoked: 2, crls: [{ entries: 3 }] }]);
    expect(revokedIn("line-1").get(serialOf("rv", b))).toBe("");
  });

  test("an unknown id is refused by name and nothing is done", async () => {
    const ended = await world.run(["revoke", d, "RV-99999", "--yes"]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("RV-99999")]);
    expect(stages("rv").get(d)).toBe("confirmed");
    const lease = await world.run(["revoke", d, "--reason", "certificateHold"]);
    expect([lease.code, stages("rv").get(d)]).toEqual([2, "confirmed"]);
  });

  test("without a passphrase the revocation is recorded, and the list is shown as stale until it is written", async () => {
    const ended = await world.run(["revoke", d, "--json"], { env: { LOTMINT_PASSPHRASE: undefined } });
    expect([ended.code, json(ended)]).toMatchObject([0, { revoked: 1, crls: [{ kind: "skipped" }] }]);
    expect(revokedIn("line-1").has(serialOf("rv", d))).toBe(false);
    expect(json(await world.run(["authority", "show", "line-1", "--json"]))).toMatchObject({
      revocationList: { standing: "stale", due: 4, written: { entries: 3 } },
    });
    expect((await world.run(["authority", "crl", "line-1"])).code).toBe(0);
    expect(revokedIn("line-1").has(serialOf("rv", d))).toBe(true);
  });

  test("a lot that a run holds is not touched: 11", async () => {
    writeLot(world.home, "held", makeRows("HELD", 2));
    const run = world.start(["run", "held"], { at: { step: "upload-opened", signal: "SIGSTOP" } });
    await untilStopped(run);
    const [first, second] = makeRows("HELD", 2).map(({ id }) => id) as [string, string];
    const refused = await world.run(["revoke", first, e, "--yes"]);
    const reminted = await world.run(["remint", second, "--reason", "superseded"]);
    run.child.kill("SIGCONT");
    expect([refused.code, reminted.code, (await run.ended).code]).toEqual([11, 11, 0]);
    expect([stages("held").get(first), stages("rv").get(e)]).toEqual(["confirmed", "confirmed"]);
  });

  test("a revoked id is free: another lot may plan it, and revoking it means the new device", async () => {
    writeFileSync(path("input", "again.csv"), `id\n${a}\n`);
    expect((await world.run(["run", path("input", "again.csv"), "--issuer", "line-1"])).code).toBe(0);
    const ended = await world.run(["revoke", a, "--json"]);
    expect([ended.code, json(ended)]).toMatchObject([0, { revoked: 1 }]);
    expect(stages("again").get(a)).toBe("revoked");
    expect(revokedIn("line-1").has(serialOf("again", a))).toBe(true);
  });

  test("pushing tells the platform each serial number once, in lower-case hex, with its date", async () => {
    const { revocations, options } = world.sandbox.state;
    const ended = await world.run(["revoke", e, "--push", "--json"]);
    expect([ended.code, json(ended)]).toMatchObject([0, { revoked: 1, push: { serials: 6, offlineCheck: false } }]);
    expect([...revocations.keys()].sort()).toEqual([...revokedIn("line-1").keys()].sort());
    // To the second, and not before this file's first test.
    expect(revocations.get(serialOf("rv", e))).toBeGreaterThan(began - 1000);
    expect(revocations.get(serialOf("rv", e))).toBeLessThanOrEqual(Date.now());
    options.set("configuration/crl.offline.check.enabled", "true");
    const again = await world.run(["authority", "crl", "line-1", "--push"]);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("knew it all; its offline check is on")]);
    expect(world.sandbox.state.requests.filter(({ path: asked }) => asked === CRL_PATH).length).toBe(1);
  });

  test("a platform that breaks off or refuses loses no serial number", async () => {
    setFaults(world.sandbox.state.faults, [{ kind: "cut-after", times: 1, match: { path: CRL_PATH } }]);
    const broken = await world.run(["revoke", f, "--push", "--json"]);
    expect([broken.code, json(broken)]).toMatchObject([0, { push: { serials: 1 } }]);
    expect(showsPushes()).toBeGreaterThanOrEqual(2);

    setFaults(world.sandbox.state.faults, [{ kind: "status", status: 403, match: { path: CRL_PATH } }]);
    const [last = ""] = ids.slice(6, 7);
    const refused = await world.run(["revoke", last, "--push"]);
    expect([refused.code, refused.stderr]).toEqual([12, expect.stringContaining("ROLE_TENANT_ADMIN")]);
    expect([stages("rv").get(last), revokedIn("line-1").has(serialOf("rv", last))]).toEqual(["revoked", true]);

    setFaults(world.sandbox.state.faults, [{ kind: "status", status: 403, match: { path: "/tenant/options/*" } }]);
    const unread = await world.run(["revoke", last, "--push", "--json"]);
    expect([unread.code, json(unread)]).toMatchObject([0, { revoked: 0, push: { serials: 1, offlineCheck: null } }]);
    expect(world.sandbox.state.revocations.has(serialOf("rv", last))).toBe(true);
  });

  test("killed after the record, between list and platform, saying it again does what is left", async () => {
    const [last = ""] = ids.slice(7);
    const steps: readonly Step[] = ["revoked", "crl-staged", "crl-written", "push-answered"];
    const list = readFileSync(path("state/authorities/line-1/crl.der"));
    for (const step of steps) {
      const killed = await world.run(["revoke", last, "--push"], { at: { step, signal: "SIGKILL" } });
      expect([step, killed.signal]).toEqual([step, "SIGKILL"]);
      if (step === "crl-staged") expect(readFileSync(path("state/authorities/line-1/crl.der"))).toEqual(list);
    }
    const ended = await world.run(["revoke", last, "--push", "--json"]);
    expect([ended.code, json(ended)]).toMatchObject([0, { revoked: 0, push: { serials: 1 } }]);
    expect(revokedIn("line-1").has(serialOf("rv", last))).toBe(true);
    expect(world.sandbox.state.revocations.has(serialOf("rv", last))).toBe(true);
    expect(readdirSync(path("state/authorities/line-1")).filter((name) => name.endsWith(".new"))).toEqual([]);
    expect((await world.run(["check", "rv"])).code).toBe(0);
  });
});

describe("reminting devices", () => {
  /** Every step of a remint, in its order. */
  const STEPS: readonly Step[] = [
    "reserved",
    "written",
    "synced",
    "passwords-placed",
    "minted",
    "old-moved",
    "folder-placed",
    "batch-placed",
    "old-destroyed",
    "passwords-assembled",
    "crl-reserved",
    "crl-staged",
    "crl-written",
    "push-opened",
    "push-answered",
    "push-closed",
  ];
  const BEFORE_COMMIT = 4;
  const RECOVERED: readonly Step[] = ["old-moved", "folder-placed", "batch-placed", "old-destroyed"];
  const ids = makeRows("RM", STEPS.length).map(({ id }) => id);
  beforeAll(async () => {
    await mint("rm", STEPS.length, { keystores: { pkcs12: {}, jks: {}, pem: { key: "encrypted" } } });
  });

  function passwords(): ReadonlyMap<string, string> {
    const lines = readFileSync(path("output/rm/secrets/passwords.csv"), "utf8").trimEnd().split("\n").slice(1);
    const pairs = lines.map((line) => line.split(",") as [string, string]);
    if (new Map(pairs).size < pairs.length) throw new Error("passwords.csv lists an id twice");
    return new Map(pairs);
  }

  /** Every sentence that speaks against the lot: one live certificate, one keystore that opens, nothing of the old. */
  function problemsOf(): string[] {
    const problems: string[] = [];
    const { certificates, batchStates, openUploads } = readLedger(world.home, "rm");
    const listed = passwords();
    for (const id of ids) {
      const live = [...certificates].filter(([, one]) => one.id === id && one.state === "issued");
      if (live.length !== 1 || live[0]?.[0] !== serialOf("rm", id)) problems.push(`${id} has ${live.length} live ones`);
      const pfx = readFileSync(path("output/rm/devices", id, "keystore.p12"));
      try {
        createSecureContext({ pfx, passphrase: listed.get(id) ?? "" });
      } catch (error) {
        problems.push(`${id}: ${String(error)}`);
      }
    }
    const list = revokedIn("line-1");
    for (const [serial, { state }] of certificates) {
      if (state !== "issued" && !list.has(serial)) problems.push(`${serial} is ${state} and not in the list`);
      if (state === "issued" && list.has(serial)) problems.push(`${serial} is live and in the list`);
    }
    if (batchStates.some((state) => state !== "placed" && state !== "void")) problems.push(`batches: ${batchStates}`);
    if (openUploads > 0) problems.push(`${openUploads} uploads are open`);
    if (readdirSync(path("output/rm/.work")).length > 0) problems.push("something was left in .work");
    const left = readdirSync(path("output/rm/secrets")).filter((name) => name.startsWith("segment"));
    return left.length > 0 ? [...problems, `left: ${left}`] : problems;
  }

  test("a remint that is killed at any step is finished by the next one, and each device ends with one certificate", async () => {
    const old = ids.map((id) => serialOf("rm", id));
    for (const [index, step] of STEPS.entries()) {
      // What the kill before left is recovered first, and comes by these steps as well.
      const times = RECOVERED.includes(step) ? 2 : 1;
      const killed = await world.run(["remint", ids[index] ?? "", "--reason", "keyCompromise"], {
        at: { step, times, signal: "SIGKILL" },
      });
      expect([step, killed.signal]).toEqual([step, "SIGKILL"]);
    }
    const ended = await world.run(["remint", ...ids.slice(0, BEFORE_COMMIT), "--reason", "superseded", "--json"]);
    expect(ended.code).toBe(0);
    expect(problemsOf()).toEqual([]);
    const now = ids.map((id) => serialOf("rm", id));
    expect(now.filter((serial) => old.includes(serial))).toEqual([]);
    const list = revokedIn("line-1");
    expect(old.map((serial) => list.get(serial))).toEqual(
      ids.map((_, index) => (index < BEFORE_COMMIT ? "Superseded" : "Key Compromise")),
    );
    for (const serial of old) expect(world.sandbox.state.revocations.has(serial)).toBe(true);
    const check = await world.run(["check", "rm", "--platform"]);
    expect([check.code, check.stdout]).toEqual([0, expect.stringContaining("everything is as the ledger says")]);
    expect(JSON.parse(readFileSync(path("output/rm/report.json"), "utf8"))).toMatchObject({
      reworks: STEPS.length,
      counts: { confirmed: STEPS.length, revoked: 0 },
      certificates: { revoked: STEPS.length },
    });
  }, 180_000);

  test("killed after the decision and said again, it does not give the device yet another certificate", async () => {
    const [id = ""] = ids;
    const before = serialOf("rm", id);
    const args = ["remint", id, "--reason", "superseded"];
    for (const step of ["old-moved", "crl-reserved"] as const) {
      expect((await world.run(args, { at: { step, signal: "SIGKILL" } })).signal).toBe("SIGKILL");
    }
    const between = serialOf("rm", id);
    const ended = await world.run([...args, "--json"]);
    expect([ended.code, json(ended)]).toMatchObject([0, { devices: [{ serialNumber: between, replaces: before }] }]);
    expect(serialOf("rm", id)).toBe(between);
    expect(problemsOf()).toEqual([]);
  });

  test("a run recovers a killed remint too: folders, passwords, revocation list and platform", async () => {
    const [, id = ""] = ids;
    const before = serialOf("rm", id);
    const killed = await world.run(["remint", id, "--reason", "superseded"], {
      at: { step: "minted", signal: "SIGKILL" },
    });
    expect(killed.signal).toBe("SIGKILL");
    expect((await world.run(["run", "rm"])).code).toBe(0);
    expect(problemsOf()).toEqual([]);
    expect(revokedIn("line-1").has(before)).toBe(true);
    expect(world.sandbox.state.revocations.has(before)).toBe(true);
  });

  test("a platform that refuses ends it with 12, and saying it again only tells the platform", async () => {
    const [, , id = ""] = ids;
    setFaults(world.sandbox.state.faults, [{ kind: "status", status: 401, match: { path: CRL_PATH } }]);
    const args = ["remint", id, "--reason", "superseded", "--json"];
    const refused = await world.run(args);
    expect(refused.code).toBe(12);
    const serial = serialOf("rm", id);
    setFaults(world.sandbox.state.faults, []);
    const ended = await world.run(args);
    expect([ended.code, json(ended)]).toMatchObject([0, { devices: [{ serialNumber: serial }], push: { serials: 1 } }]);
    expect(problemsOf()).toEqual([]);
  });

  test("a revoked device is brought back, registered again; a foreign folder is never overwritten", async () => {
    const [, , , id = "", other = ""] = ids;
    expect((await world.run(["revoke", id])).code).toBe(0);
    const certificate = path("output/rm/devices", other, "certificate.pem");
    const own = readFileSync(certificate);
    writeFileSync(certificate, readFileSync(path("output/rm/devices", id, "certificate.pem")));
    const refused = await world.run(["remint", id, other, "--reason", "superseded"]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("move it away")]);
    writeFileSync(certificate, own);
    const ended = await world.run(["remint", id, "--reason", "superseded", "--register", "--no-push"]);
    expect(ended.code).toBe(0);
    expect(stages("rm").get(id)).toBe("confirmed");
    expect(problemsOf()).toEqual([]);
    expect((await world.run(["check", "rm"])).code).toBe(0);
  });

  test("ids without a device or a certificate are refused", async () => {
    const unknown = await world.run(["remint", "RM-99999", "--reason", "superseded"]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("RM-99999")]);
    expect((await world.run(["remint", ids[0] ?? ""])).code).toBe(2);
  });
});

describe("a changed subject", () => {
  test("waits for a remint, is taken from the row then, and is told until it is done", async () => {
    const rows = makeRows("SUB", 2);
    writeLot(world.home, "sub", rows, { subject: { serialNumber: "{serial_number}" } });
    expect((await world.run(["run", "sub"])).code).toBe(0);
    const [first = { id: "" }] = rows;
    const changed = rows.map((row) => (row.id === first.id ? { ...row, serial: "S999" } : row));
    writeLot(world.home, "sub", changed, { subject: { serialNumber: "{serial_number}" } });
    expect(json(await world.run(["run", "sub", "--json"]))["notes"]).toContainEqual(
      expect.stringContaining(`${first.id}) has changed`),
    );
    expect(certificateOf("sub", first.id).subject).not.toContain("S999");
    const sent = world.sandbox.state.requests.filter(({ path: asked }) => asked.startsWith("/devicecontrol/")).length;
    const ended = await world.run(["remint", first.id, "--reason", "affiliationChanged", "--register"]);
    expect([ended.code, certificateOf("sub", first.id).subject]).toEqual([0, expect.stringContaining("S999")]);
    const report = JSON.parse(readFileSync(path("output/sub/report.json"), "utf8")) as { notes: string[] };
    expect([report, report.notes.join()]).toMatchObject([{ reworks: 1 }, expect.not.stringContaining("has changed")]);
    const { requests } = world.sandbox.state;
    expect(requests.filter(({ path: asked }) => asked.startsWith("/devicecontrol/")).length).toBe(sent + 1);
    expect((await world.run(["run", "sub", "--json"])).stdout).not.toContain("has changed");
  });
});

describe("revoking an authority", () => {
  test("its issuer's list names it, no chain through it is good any more, and nothing is signed with it", async () => {
    expect((await world.run(["authority", "create", "line-2", "--issuer", "root"])).code).toBe(0);
    const [id = ""] = await mint("au", 1, { issuer: "line-2" });
    expect((await world.run(["authority", "crl", "line-2"])).code).toBe(0);
    const shown = await world.run(["authority", "revoke", "line-2", "--json"]);
    expect([shown.code, json(shown)]).toMatchObject([0, { dryRun: true, issuer: "root", validCertificates: 1 }]);
    expect(existsSync(path("state/authorities/root/crl.pem"))).toBe(false);

    const reason = ["--reason", "cACompromise", "--yes", "--json"];
    const done = await world.run(["authority", "revoke", "line-2", ...reason]);
    expect([done.code, json(done)]).toMatchObject([0, { revoked: true, crls: [{ issuer: "root", entries: 1 }] }]);
    expect([...revokedIn("root").values()]).toEqual(["CA Compromise"]);
    expect(verify("au", id, "line-2", "-crl_check_all")).toContain("certificate revoked");
    expect(json(await world.run(["authority", "revoke", "line-2", ...reason]))).toMatchObject({ revoked: false });

    writeLot(world.home, "au2", makeRows("AU2", 1), { issuer: "line-2" });
    const run = await world.run(["run", "au2"]);
    expect([run.code, run.stderr]).toEqual([10, expect.stringContaining("is revoked")]);
    expect((await world.run(["authority", "create", "line-3", "--issuer", "line-2"])).code).toBe(10);
    const root = await world.run(["authority", "revoke", "root", "--yes"]);
    expect([root.code, root.stderr]).toEqual([2, expect.stringContaining("is a root")]);
  });
});

test("serial numbers that a killed run left are abandoned and in the next list", async () => {
  writeLot(world.home, "ab", makeRows("AB", 3));
  const killed = await world.run(["run", "ab"], { at: { step: "written", signal: "SIGKILL" } });
  expect(killed.signal).toBe("SIGKILL");
  expect((await world.run(["authority", "crl", "line-1"])).code).toBe(0);
  const { certificates } = readLedger(world.home, "ab");
  expect([...certificates.values()].map(({ state }) => state)).toEqual(["abandoned", "abandoned", "abandoned"]);
  const list = revokedIn("line-1");
  for (const serial of certificates.keys()) expect(list.get(serial)).toBe("");
});
