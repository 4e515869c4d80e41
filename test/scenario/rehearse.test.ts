import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RehearsedDevice } from "../../src/run/rehearse/judge-rehearsal.ts";
import type { RehearsalOutcome } from "../../src/run/rehearse/rehearse-lot.ts";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { hasOpenssl } from "../fixtures/foreign-device.ts";
import { type Ended, makeRows, makeWorld, type StartOptions, type World, writeLot } from "./harness.ts";
import { hasMosquitto, startMosquitto } from "./mosquitto.ts";

const OFFLINE_CHECK = "configuration/crl.offline.check.enabled";
const DAY_MS = 24 * 3_600_000;
const REFUSED = { token: "HTTP 401: Invalid certificate chain!", mqtt: "CONNACK 5: not authorized" };

let world: World;

beforeAll(async () => {
  world = await makeWorld();
  await mint("good", 6, { keystores: { pkcs12: { alias: "key" }, jks: { alias: "key" }, pem: { key: "none" } } });
});
afterAll(() => world.close());
beforeEach(() => {
  const { state } = world.sandbox;
  setFaults(state.faults, []);
  state.revocations.clear();
  state.options.clear();
  state.connections.length = 0;
  world.writeSite(world.sandbox.url);
});

function path(...names: readonly string[]): string {
  return join(world.home, ...names);
}

async function mint(lot: string, count: number, job: object = {}): Promise<readonly string[]> {
  const rows = makeRows(lot.toUpperCase(), count);
  writeLot(world.home, lot, rows, job);
  const ended = await world.run(["run", lot]);
  if (ended.code !== 0) throw new Error(`the lot ended with ${ended.code}: ${ended.stderr}`);
  return rows.map(({ id }) => id);
}

interface Rehearsed {
  readonly ended: Ended;
  readonly outcome: RehearsalOutcome;
  /** Parts of the certificates in what went wrong. */
  readonly parts: readonly string[];
  readonly words: string;
  readonly first: RehearsedDevice;
}

async function rehearse(lot: string, args: readonly string[] = [], options?: StartOptions): Promise<Rehearsed> {
  const ended = await world.run(["rehearse", lot, "--json", ...args], options);
  if (!ended.stdout.startsWith("{")) throw new Error(`${ended.code}: ${ended.stdout}${ended.stderr}`);
  const outcome: RehearsalOutcome = JSON.parse(ended.stdout);
  const findings = outcome.results.filter(({ right }) => !right).flatMap((result) => result.findings);
  const [first] = outcome.results;
  if (first === undefined) throw new Error("nothing was rehearsed");
  const words = findings.map((finding) => finding.words).join("; ");
  return { ended, outcome, parts: [...new Set(findings.map(({ part }) => part))], words, first };
}

/** Sets something of the platform for the length of a test. */
async function withTrust(change: "disabled" | "removed", act: () => Promise<void>): Promise<void> {
  const { certificates } = world.sandbox.state;
  const kept = [...certificates];
  for (const [fingerprint, stored] of kept) {
    if (change === "removed") certificates.delete(fingerprint);
    else stored.status = "DISABLED";
  }
  try {
    await act();
  } finally {
    for (const [fingerprint, stored] of kept) {
      stored.status = "ENABLED";
      certificates.set(fingerprint, stored);
    }
  }
}

describe("a lot as it should be", () => {
  test("every device is accepted at both endpoints, with a clean session and no user name", async () => {
    const { ended, outcome } = await rehearse("good");
    expect(ended.code).toBe(0);
    expect(outcome).toMatchObject({ lot: "good", devices: 6, rehearsed: 6, letIn: 6, revoked: 0, found: 0, notes: [] });
    expect(new Set(outcome.results.map(({ keystore }) => keystore))).toEqual(new Set(["keystore.p12"]));
    const { connections, devices, tokens } = world.sandbox.state;
    expect(connections.map(({ clientId }) => clientId).sort()).toEqual([...devices.keys()].sort());
    for (const connection of connections) {
      expect(connection).toMatchObject({ clean: true, userName: false, returnCode: 0 });
    }
    // One token over HTTP and one over MQTT for each, and no second device made by the first message.
    for (const id of devices.keys()) {
      expect([...tokens.values()].filter((user) => user === `device_${id}`)).toHaveLength(2);
    }
    expect(devices.size).toBe(6);
  });

  test("a sample takes so many, and the text says how they fared", async () => {
    const ended = await world.run(["rehearse", "good", "--sample", "2"]);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("GREEN");
    expect(ended.stdout).toContain("2 of 6 devices connected with their own keystores: 2 accepted");
    expect(world.sandbox.state.connections).toHaveLength(2);
  });

  test("without PKCS#12 the Java keystore is opened", async () => {
    for (const id of world.sandbox.state.devices.keys()) rmSync(path("output", "good", "devices", id, "keystore.p12"));
    const { ended, outcome } = await rehearse("good");
    expect(ended.code).toBe(0);
    expect(new Set(outcome.results.map(({ keystore }) => keystore))).toEqual(new Set(["keystore.jks"]));
  });

  test.skipIf(!hasOpenssl)("sealed passwords are opened with their key (with openssl)", async () => {
    const [key, certificate] = [path("officer.key"), path("officer.pem")];
    const made = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-noenc",
      "-keyout",
      key,
      "-out",
      certificate,
      "-subj",
      "/CN=officer",
    ];
    expect(spawnSync("openssl", made).status).toBe(0);
    chmodSync(key, 0o600);
    await mint("officers", 2, { secrets: { sealTo: certificate } });
    const { ended, outcome } = await rehearse("officers", ["--secrets-key", key]);
    expect([ended.code, outcome.letIn]).toEqual([0, 2]);
    const without = await world.run(["rehearse", "officers"]);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("open them with --secrets-key")]);
  });

  test("devices that were never registered get in by auto registration, and are made by their first message", async () => {
    const ids = await mint("auto", 2, { registration: { mode: "none" } });
    const [anchor] = world.sandbox.state.certificates.values();
    if (anchor === undefined) throw new Error("nothing is trusted");
    anchor.autoRegistrationEnabled = true;
    const { ended } = await rehearse("auto").finally(() => {
      anchor.autoRegistrationEnabled = false;
    });
    expect(ended.code).toBe(0);
    expect(ids.map((id) => world.sandbox.state.devices.get(id)?.type)).toEqual(["c8y_Device", "c8y_Device"]);
  });
});

describe("what the certificate has to do with a refusal", () => {
  test("chain: the platform's trusted certificate is disabled, or not there", async () => {
    await withTrust("disabled", async () => {
      const { ended, outcome, parts, words, first } = await rehearse("good");
      expect(ended.code).toBe(3);
      expect(outcome.found).toBe(6);
      expect(first).toMatchObject(REFUSED);
      expect(parts).toEqual(["chain"]);
      expect(words).toContain("is disabled in tenant t0815");
    });
    await withTrust("removed", async () => {
      const { ended, parts, words, first } = await rehearse("good");
      expect(ended.code).toBe(3);
      expect(first).toMatchObject(REFUSED);
      expect(parts).toEqual(["chain"]);
      expect(words).toContain("trusts no certificate of its chain: run `lotmint authority upload line-1`");
    });
  });

  test("expiry: the certificate has ended", async () => {
    await mint("short", 2, { validity: "1d" });
    const later = Date.now() + 3 * DAY_MS;
    const { state } = world.sandbox;
    const { nowMs } = state;
    Object.assign(state, { nowMs: () => later });
    const { ended, parts, words, first } = await rehearse("short", [], { clockMs: 3 * DAY_MS }).finally(() =>
      Object.assign(state, { nowMs }),
    );
    expect(ended.code).toBe(3);
    expect(first).toMatchObject(REFUSED);
    expect(parts).toEqual(["expiry"]);
    expect(words).toMatch(/its certificate expired on 20\d\d-/);
  });

  test("revocation: told apart by whose list it is on, and right when both say so", async () => {
    const [gone = "", pushed = "", kept = ""] = await mint("revoked", 3);
    const { state } = world.sandbox;
    const serialOf = (id: string) =>
      new X509Certificate(readFileSync(path("output", "revoked", "devices", id, "certificate.pem"))).serialNumber;
    expect((await world.run(["revoke", gone, "--push"])).code).toBe(0);
    const open = await rehearse("revoked");
    expect(open.ended.code).toBe(3);
    expect(open.outcome).toMatchObject({ found: 1, letIn: 2 });
    expect(open.first).toMatchObject({ externalId: gone, token: "let in", mqtt: "let in" });
    expect(open.parts).toEqual(["revocation"]);
    expect(open.words).toContain("still accepts it");
    expect(open.words).toContain("crl.offline.check.enabled is off");

    state.options.set(OFFLINE_CHECK, "true");
    const shut = await rehearse("revoked");
    expect(shut.ended.code).toBe(0);
    expect(shut.outcome).toMatchObject({ found: 0, letIn: 2, revoked: 1 });

    state.revocations.set(serialOf(pushed).toLowerCase(), Date.now());
    const foreign = await rehearse("revoked");
    expect(foreign.ended.code).toBe(3);
    expect(foreign.first).toMatchObject({ externalId: pushed, ...REFUSED });
    expect(foreign.words).toBe("its certificate is on the platform's revocation list");
    expect(foreign.outcome.results.find(({ externalId }) => externalId === kept)).toMatchObject({ right: true });
  });

  test("registration: the platform has no user for the device", async () => {
    await mint("unknown", 2, { submit: { enabled: false } });
    const { ended, parts, words, first } = await rehearse("unknown");
    expect(ended.code).toBe(3);
    expect(first).toMatchObject({ token: "HTTP 422: Cannot process certificate data.", mqtt: REFUSED.mqtt });
    expect(parts).toEqual(["registration"]);
    expect(words).toContain("no user device_UNKNOWN-0000");
    expect(words).toContain("its stage is listed");
    expect(words).toContain("auto registration is off");
  });

  test("name: a device that was given another one's files", async () => {
    const [a = "", b = ""] = await mint("swapped", 2, { keystores: { pem: { key: "plain" } } });
    const folder = (id: string) => path("output", "swapped", "devices", id);
    renameSync(folder(a), folder("tmp"));
    renameSync(folder(b), folder(a));
    renameSync(folder("tmp"), folder(b));
    const { ended, parts, words, first } = await rehearse("swapped");
    expect(ended.code).toBe(3);
    expect(parts).toEqual(["name"]);
    expect(words).toContain(`its certificate is for ${b}; the client id must equal the common name`);
    // The token endpoint asks for no name but the certificate's own.
    expect(first).toMatchObject({ keystore: "key.pem", token: "let in", mqtt: REFUSED.mqtt });
  });

  test("keystore: a password that opens nothing is told before anything connects", async () => {
    const [first = ""] = await mint("sealed", 2);
    const file = path("output", "sealed", "secrets", "passwords.csv");
    writeFileSync(file, readFileSync(file, "utf8").replace(new RegExp(`^${first},.`, "m"), `${first},!`));
    const { ended, outcome, parts, words } = await rehearse("sealed");
    expect(ended.code).toBe(3);
    expect(outcome).toMatchObject({ found: 1, letIn: 1 });
    expect(outcome.results[0]).toMatchObject({ externalId: first, token: "not tried", mqtt: "not tried" });
    expect(parts).toEqual(["keystore"]);
    expect(words).toContain("keystore.p12 does not open: ");
  });

  test("truststore: what the device trusts does not vouch for the platform", async () => {
    writeFileSync(path("platform-alone.pem"), world.sandbox.caPem);
    const anchor = path("state", "authorities", "root", "certificate.pem");
    const truststore = (certificate: string) => ({ formats: ["jks"], certificates: [certificate], per: "device" });
    await mint("trusting", 2, { truststore: truststore(path("platform-alone.pem")) });
    expect((await rehearse("trusting")).ended.code).toBe(0);
    await mint("distrusting", 2, { truststore: { ...truststore(anchor), per: "lot" } });
    const { ended, parts, words, first } = await rehearse("distrusting");
    expect(ended.code).toBe(3);
    // The device itself is accepted, once it is made to trust the platform.
    expect(first).toMatchObject({ token: "let in", mqtt: "let in", right: false });
    expect(parts).toEqual(["truststore"]);
    const { deviceTokenPort, mqttPort } = world.sandbox;
    for (const port of [deviceTokenPort, mqttPort]) {
      expect(words).toContain(`its truststore.jks does not accept the server at port ${port} (`);
    }
  });

  test("the text names each device, what it was told and the part that its certificate has in it", async () => {
    const ended = await world.run(["rehearse", "swapped"]);
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain("RED: 2 devices not as it should be");
    expect(ended.stdout).toMatch(/SWAPPED-00001 {2}token: accepted; MQTT: CONNACK 5: not authorized/);
    expect(ended.stdout).toContain("    name: its certificate is for SWAPPED-00002;");
  });
});

describe("without a platform to ask", () => {
  test("a lot is rehearsed without a login, and what could not be looked up is told", async () => {
    const env = { LOTMINT_PLATFORM_PASSWORD: undefined };
    const { ended, outcome } = await rehearse("good", [], { env });
    expect(ended.code).toBe(0);
    expect(outcome.notes).toEqual([expect.stringContaining("no login for the platform is given")]);
    await withTrust("removed", async () => {
      const { parts, words } = await rehearse("good", ["--sample", "1"], { env });
      expect(parts).toEqual(["chain"]);
      expect(words).toContain("check that it trusts line-1");
    });
  });

  test("an endpoint that nobody opens is 13, and the message names it", async () => {
    const { tenant, credentials, url, deviceTokenPort } = world.sandbox;
    const caFile = path("platform-ca.pem");
    const platform = { url, tenant, user: credentials.user, caFile, deviceTokenPort, mqttPort: 9 };
    writeFileSync(path("lotmint.yaml"), JSON.stringify({ platform }));
    const ended = await world.run(["rehearse", "good", "--sample", "1"]);
    expect(ended.code).toBe(13);
    expect(ended.stderr).toContain("platform.mqttPort 9");
    expect(ended.stderr).toContain("nothing listens there");
  });

  test("a platform that this site does not trust is refused, not connected to", async () => {
    const { tenant, credentials, url, deviceTokenPort, mqttPort } = world.sandbox;
    const platform = { url, tenant, user: credentials.user, deviceTokenPort, mqttPort };
    writeFileSync(path("lotmint.yaml"), JSON.stringify({ platform }));
    const ended = await world.run(["rehearse", "good", "--sample", "1"], {
      env: { LOTMINT_PLATFORM_PASSWORD: undefined },
    });
    expect(ended.code).toBe(12);
    expect(ended.stderr).toContain("platform.caFile");
    expect(world.sandbox.state.connections).toEqual([]);
  });

  test("a lot that is not there is 2", async () => {
    expect((await world.run(["rehearse", "no-such-lot"])).code).toBe(2);
  });
});

describe.skipIf(!hasMosquitto && !process.env["CI"])("with a mosquitto (skipped where it is not installed)", () => {
  const anchorOf = (authority: string) =>
    readFileSync(path("state", "authorities", authority, "certificate.pem"), "utf8");

  async function rehearseAt(anchorPem: string) {
    const broker = await startMosquitto(anchorPem);
    const { tenant, credentials, url, deviceTokenPort, caPem } = world.sandbox;
    const caFile = path("both-ca.pem");
    writeFileSync(caFile, caPem + broker.caPem);
    const platform = { url, tenant, user: credentials.user, caFile, deviceTokenPort, mqttPort: broker.port };
    writeFileSync(path("lotmint.yaml"), JSON.stringify({ platform }));
    const rehearsed = await rehearse("good", ["--sample", "2"]).finally(() => broker.close());
    return { ...rehearsed, log: broker.log() };
  }

  test("the device's own keystore opens it, under the name in the certificate", async () => {
    const { ended, outcome, log } = await rehearseAt(anchorOf("root"));
    expect(ended.code).toBe(0);
    expect(outcome).toMatchObject({ rehearsed: 2, letIn: 2 });
    expect(outcome.notes).toEqual(["it was given no token over MQTT (s/uat, s/dat)"]);
    for (const { externalId } of outcome.results) {
      // Protocol 4, clean session, and the user name that mosquitto took from the certificate.
      expect(log).toMatch(new RegExp(`as ${externalId} \\(p2, c1, k60, u'${externalId}'\\)`));
      expect(log).toMatch(new RegExp(`Received PUBLISH from ${externalId} \\(d0, q1, r0, m2, 's/us'`));
    }
  });

  test("one that trusts another authority turns it away by a TLS alert", async () => {
    expect((await world.run(["authority", "create", "elsewhere"])).code).toBe(0);
    const { ended, outcome, first } = await rehearseAt(anchorOf("elsewhere"));
    expect(ended.code).toBe(3);
    expect(outcome.found).toBe(2);
    expect(first).toMatchObject({ token: "let in", mqtt: "TLS alert: unknown CA" });
  });
});
