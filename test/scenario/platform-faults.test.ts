import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type FaultRule, setFaults } from "../../src/sandbox/faults/faults.ts";
import { makeServerIdentity } from "../../src/sandbox/trust/sandbox-certificate.ts";
import { type Ended, makeRows, makeWorld, type World, writeLot } from "./harness.ts";
import { proveLot, readLedger } from "./prove-lot.ts";

const BULK = "/devicecontrol/bulkNewDeviceRequests";
const HURRY = new URL("./hurry.ts", import.meta.url).href;
/** The program's own bound for one step that is tried ten times, without a Retry-After. */
const LONGEST_PAUSES_MS = 60_000;
const DEVICES = 9;
const DAY_MS = 86_400_000;

let world: World;

beforeAll(async () => {
  world = await makeWorld();
  writeSite(world.sandbox.url);
});
afterAll(() => world.close());
afterEach(() => {
  setFaults(world.sandbox.state.faults, []);
  writeSite(world.sandbox.url);
});

/** As the world's own; answers have the program's own thirty seconds unless told. */
function writeSite(url: string, more: object = {}): void {
  const { tenant, credentials } = world.sandbox;
  const platform = { url, tenant, user: credentials.user, caFile: join(world.home, "platform-ca.pem") };
  writeFileSync(join(world.home, "lotmint.yaml"), JSON.stringify({ platform: { ...platform, ...more } }));
}

let lots = 0;
/** A lot that has not been run, in parts of three. */
function newLot(job: object = {}, devices = DEVICES): string {
  lots += 1;
  const lot = `p${lots}`;
  writeLot(world.home, lot, makeRows(lot.toUpperCase(), devices), { submit: { rowsPerUpload: 3 }, ...job });
  return lot;
}

function idsOf(lot: string): string[] {
  return makeRows(lot.toUpperCase(), DEVICES).map(({ id }) => id);
}

function run(lot: string, ...more: readonly string[]): Promise<Ended> {
  return world.run(["run", lot, "--log-level", "debug", ...more], { env: { NODE_OPTIONS: `--import ${HURRY}` } });
}

interface Entry {
  readonly level: number;
  readonly msg: string;
  readonly pauseMs?: number;
}

function entriesOf({ stderr }: Ended): readonly Entry[] {
  return stderr.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Entry] : []));
}

function faultOf(ended: Ended): string {
  return entriesOf(ended)
    .filter(({ level }) => level >= 50)
    .map(({ msg }) => msg)
    .join("\n");
}

/** What must hold whatever the platform says: all devices are minted, and what is confirmed is there. */
function proveHonest(lot: string): string[] {
  const { stages, certificates } = readLedger(world.home, lot);
  const { devices, users } = world.sandbox.state;
  const faults: string[] = [];
  const live = [...certificates.values()].filter(({ state }) => state === "issued").length;
  if (live !== DEVICES || stages.size !== DEVICES) faults.push(`${live} certificates, ${stages.size} devices`);
  for (const [id, stage] of stages) {
    if (stage === "confirmed" && !(devices.has(id) && users.has(`device_${id}`))) faults.push(`${id} is not there`);
    if (stage === "rejected" && devices.has(id)) faults.push(`${id} is rejected, but there`);
  }
  return faults;
}

/** No word of the login in what the program said or wrote. */
function proveSecret(lot: string, ended: Ended): string[] {
  const { password, user, token } = world.sandbox.credentials;
  const name = `${world.sandbox.tenant}/${user}:${password}`;
  const secrets = [password, token, Buffer.from(name).toString("base64")];
  const output = join(world.home, "output", lot);
  const files = ["report.json", "report.html", "rejects.csv"].filter((file) => readdirSync(output).includes(file));
  const texts = [ended.stdout, ended.stderr, ...files.map((file) => readFileSync(join(output, file), "latin1"))];
  texts.push(readFileSync(join(world.home, "state", "ledger.sqlite"), "latin1"));
  return secrets.filter((secret) => texts.some((text) => text.includes(secret))).map(() => "the login was told");
}

/** Runs a lot under faults, and once more without if it takes that; returns the first run and what speaks against either. */
async function runUnder(
  rules: readonly FaultRule[],
  lot: string,
): Promise<{ readonly ended: Ended; readonly faults: readonly string[] }> {
  const { state } = world.sandbox;
  const asked = state.requests.length;
  setFaults(state.faults, rules);
  const ended = await run(lot);
  setFaults(state.faults, []);
  writeSite(world.sandbox.url);
  const faults = [...proveHonest(lot), ...proveSecret(lot, ended)];
  if (!state.requests.slice(asked).some(({ fault }) => fault === rules[0]?.kind)) faults.push("no fault was played");
  const last = ended.code === 0 ? ended : await run(lot);
  if (last.code !== 0) faults.push(`the last run ended with ${last.code}: ${faultOf(last)}`);
  return { ended, faults: [...faults, ...proof(lot)] };
}

function proof(lot: string): string[] {
  return proveLot({ home: world.home, lot, ids: idsOf(lot), exitCode: 0, platform: world.sandbox.state });
}

const RATE = 0.6;
/** The answers that come late come later than that. */
const SHORT_MS = 1000;

describe("six of ten requests", () => {
  test.each<readonly [string, readonly FaultRule[]]>([
    ["are told to come again in a second", [{ kind: "status", status: 429, retryAfterSeconds: 1, rate: RATE }]],
    [
      "are told to come again at a time",
      [{ kind: "status", status: 503, retryAfterSeconds: 2, retryAfterAs: "date", rate: RATE }],
    ],
    ["are timed out by a proxy", [{ kind: "status", status: 408, rate: RATE }]],
    ["are answered 500", [{ kind: "status", status: 500, rate: RATE }]],
    ["are answered 502 when the work is done", [{ kind: "status", status: 502, afterWork: true, rate: RATE }]],
    ["break off before anything is done", [{ kind: "cut-before", rate: RATE }]],
    ["break off when all is done", [{ kind: "cut-after", rate: RATE }]],
    ["break off in the middle of the answer", [{ kind: "cut-in-body", rate: RATE }]],
    ["bring a page instead of an answer", [{ kind: "not-json", rate: RATE }]],
    ["bring a page when the work is done", [{ kind: "not-json", afterWork: true, rate: RATE }]],
    [
      "bring ten megabytes of error when the work is done",
      [{ kind: "huge-error-body", status: 503, afterWork: true, rate: RATE }],
    ],
    [
      "of each kind go wrong in another way",
      [
        { kind: "cut-after", rate: 0.15 },
        { kind: "status", status: 503, afterWork: true, rate: 0.15 },
        { kind: "cut-in-body", rate: 0.15 },
        { kind: "status", status: 429, retryAfterSeconds: 1, rate: 0.15 },
        { kind: "not-json", afterWork: true, rate: 0.15 },
      ],
    ],
  ])("%s: nothing is confirmed that is not, and nothing is lost", async (_name, rules) => {
    const { ended, faults } = await runUnder(rules, newLot());
    expect(faults).toEqual([]);
    expect([0, 13]).toContain(ended.code);
  });

  test.each<readonly [string, readonly FaultRule[]]>([
    ["are never answered", [{ kind: "stall", rate: RATE }]],
    ["are never answered, though they are done", [{ kind: "stall", afterWork: true, rate: RATE }]],
    ["are answered too late", [{ kind: "delay", delayMs: 3 * SHORT_MS, rate: RATE }]],
    ["are answered drop by drop", [{ kind: "drip", intervalMs: SHORT_MS / 10, rate: RATE }]],
  ])("of the uploads %s: nothing is confirmed that is not, and nothing is lost", async (_name, rules) => {
    // What is not delayed has ten tries to come in time, also on a machine that is busy with something else.
    writeSite(world.sandbox.url, { timeout: `${SHORT_MS}ms` });
    const { ended, faults } = await runUnder(
      rules.map((rule) => ({ ...rule, match: { path: BULK } })),
      newLot(),
    );
    expect(faults).toEqual([]);
    expect([0, 13]).toContain(ended.code);
  });
});

test("a check that asks the platform asks again where six of ten requests fail", async () => {
  const lot = newLot();
  expect((await run(lot)).code).toBe(0);
  const { state } = world.sandbox;
  const asked = state.requests.length;
  setFaults(state.faults, [{ kind: "status", status: 503, rate: RATE }]);
  const check = await world.run(["check", lot, "--platform"], { env: { NODE_OPTIONS: `--import ${HURRY}` } });
  expect(check).toMatchObject({ code: 0 });
  expect(state.requests.slice(asked).filter(({ fault }) => fault === "status").length).toBeGreaterThan(0);
});

describe("an answer that does not add up confirms nothing by itself", () => {
  test.each<readonly [string, Readonly<Record<string, number>>]>([
    ["one row more than were sent", { numberOfAll: 1 }],
    ["one row less", { numberOfAll: -1 }],
    ["one good row more", { numberOfSuccessful: 1 }],
    ["one good row less, and nobody failed", { numberOfSuccessful: -1 }],
    ["one failed that is not named", { numberOfSuccessful: -1, numberOfFailed: 1 }],
    ["all failed, none of them named", { numberOfSuccessful: -3, numberOfFailed: 3 }],
  ])("%s", async (_name, add) => {
    const lot = newLot({ submit: { rowsPerUpload: 3, concurrency: 1 } });
    setFaults(world.sandbox.state.faults, [{ kind: "wrong-counts", add, times: 2 }]);
    const ended = await run(lot);
    const { stages } = readLedger(world.home, lot);
    const rejected = [...stages].filter(([, stage]) => stage === "rejected");
    // Rows of which the platform says that they failed are told so, although it has them.
    const untrue = add["numberOfFailed"] === 3 ? 6 : 0;
    expect([ended.code, rejected.length]).toEqual([untrue > 0 ? 3 : 0, untrue]);
    if (untrue > 0) return;
    expect([...proof(lot), ...proveSecret(lot, ended)]).toEqual([]);
  });
});

describe("a platform that says no", () => {
  const REDIRECT = { kind: "redirect", location: "https://elsewhere.example/" } as const;
  const ROLE = /register devices.*give it the role ROLE_DEVICE_CONTROL_ADMIN/;

  test("is asked once, ends the run with 12 and names the cure; when it says yes the lot is completed", async () => {
    const { state } = world.sandbox;
    const lot = newLot({ submit: { rowsPerUpload: DEVICES } });
    for (const [rule, minted, words] of [
      [{ kind: "status", status: 401 }, 0, /refuses the login.*check platform.tenant, platform.user and the password/],
      [REDIRECT, 0, /points to https:\/\/elsewhere\.example\/: put its address into platform\.url/],
      [{ kind: "status", status: 403, match: { path: BULK } }, DEVICES, ROLE],
      [{ ...REDIRECT, match: { path: BULK } }, DEVICES, /points to https:\/\/elsewhere\.example\//],
      [{ kind: "status", status: 404, match: { path: BULK } }, DEVICES, /refuses to register devices/],
      [{ kind: "huge-error-body", status: 403, match: { path: BULK } }, DEVICES, ROLE],
      [{ kind: "part-refused", status: 422 }, DEVICES, /refuses part 1 and every quarter of it with the same words/],
    ] as const satisfies readonly (readonly [FaultRule, number, RegExp])[]) {
      setFaults(state.faults, [rule]);
      const asked = state.requests.length;
      const ended = await run(lot);
      expect([ended.code, faultOf(ended)]).toEqual([12, expect.stringMatching(words)]);
      // A no is final. Only a file is halved, twice, to see whether it is the file's fault.
      const played = state.requests.slice(asked).filter(({ fault }) => fault === rule.kind);
      expect(played).toHaveLength(rule.kind === "part-refused" ? 7 : 1);
      expect(readLedger(world.home, lot).certificates.size).toBe(minted);
      expect([...(minted > 0 ? proveHonest(lot) : []), ...proveSecret(lot, ended)]).toEqual([]);
    }
    setFaults(state.faults, []);
    expect((await run(lot)).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });

  test("and repeats the login in its words, is quoted without it, everywhere", async () => {
    const { password, user, token } = world.sandbox.credentials;
    const basic = Buffer.from(`${world.sandbox.tenant}/${user}:${password}`).toString("base64");
    const message = `no: ${password} ${encodeURIComponent(password)} Basic ${basic} Bearer ${token}`;
    const lot = newLot();
    setFaults(world.sandbox.state.faults, [{ kind: "status", status: 403, message, match: { path: BULK } }]);
    const refused = await run(lot);
    expect([refused.code, faultOf(refused)]).toEqual([12, expect.stringContaining("no: ***")]);
    expect(proveSecret(lot, refused)).toEqual([]);
    const { ended, faults } = await runUnder([{ kind: "status", status: 500, message, rate: RATE }], lot);
    expect(faults).toEqual([]);
    expect(ended.stderr).toContain("***");
    const other = newLot();
    setFaults(world.sandbox.state.faults, [{ kind: "reject-rows", ids: idsOf(other).slice(0, 1), reason: message }]);
    const rejected = await run(other);
    expect([rejected.code, proveSecret(other, rejected)]).toEqual([3, []]);
  });

  test("to files with one row in them gets all others, and that row is told, however often it is sent again", async () => {
    const lot = newLot();
    const [, bad = ""] = idsOf(lot);
    for (const status of [413, 400, 422] as const) {
      const message = `not this one: ${status}`;
      setFaults(world.sandbox.state.faults, [{ kind: "part-refused", status, holdsId: bad, message }]);
      const ended = await (status === 413 ? run(lot) : world.run(["submit", lot]));
      expect([ended.code, proveHonest(lot)]).toEqual([3, []]);
      const rejected = [...readLedger(world.home, lot).stages].filter(([, stage]) => stage !== "confirmed");
      expect(rejected).toEqual([[bad, "rejected"]]);
      expect(readFileSync(join(world.home, "output", lot, "rejects.csv"), "utf8")).toContain(message);
    }
    setFaults(world.sandbox.state.faults, []);
    expect((await world.run(["submit", lot])).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });

  test.each([true, false])("to single rows, naming them: %s, gets all others", async (withDeviceId) => {
    const lot = newLot();
    const bad = idsOf(lot).filter((_, index) => index % 4 === 0);
    setFaults(world.sandbox.state.faults, [{ kind: "reject-rows", ids: bad, withDeviceId, reason: "no room" }]);
    const ended = await run(lot);
    expect([ended.code, proveHonest(lot)]).toEqual([3, []]);
    const open = [...readLedger(world.home, lot).stages].filter(([, stage]) => stage !== "confirmed");
    expect(open).toEqual(bad.map((id) => [id, "rejected"]));
    setFaults(world.sandbox.state.faults, []);
    expect((await world.run(["submit", lot])).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });
});

describe("a platform that is not to be had", () => {
  const pausesOf = (ended: Ended) =>
    entriesOf(ended).flatMap(({ pauseMs }) => (pauseMs === undefined ? [] : [pauseMs]));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

  test("is asked a few times with growing pauses; meanwhile all is minted, and the run ends with 13", async () => {
    const { ended, faults } = await runUnder([{ kind: "status", status: 503 }], newLot());
    expect([ended.code, faults]).toEqual([13, []]);
    const pauses = pausesOf(ended);
    expect(pauses.length).toBeGreaterThan(3);
    expect(sum(pauses)).toBeLessThan(LONGEST_PAUSES_MS);
    expect(Math.max(...pauses)).toBeGreaterThan(Math.min(...pauses) * 2);
  });

  test("for uploads alone is given up after ten tries, without trying the other parts", async () => {
    const { state } = world.sandbox;
    const asked = state.requests.length;
    const lot = newLot({ submit: { rowsPerUpload: 3, concurrency: 1 } });
    const { ended, faults } = await runUnder([{ kind: "cut-before", match: { path: BULK } }], lot);
    expect([ended.code, faults]).toEqual([13, []]);
    expect(state.requests.slice(asked).filter(({ fault }) => fault === "cut-before")).toHaveLength(10);
    expect(sum(pausesOf(ended))).toBeLessThan(LONGEST_PAUSES_MS);
  });

  test("and asks for a day's pause gets five minutes", async () => {
    const rule: FaultRule = { kind: "status", status: 429, retryAfterSeconds: 86_400, match: { path: BULK } };
    setFaults(world.sandbox.state.faults, [{ ...rule, times: 1 }]);
    const lot = newLot({ submit: { rowsPerUpload: 9 } });
    const ended = await run(lot);
    // A question of before may have been asked again for a reason of its own: no pause is as long.
    expect([ended.code, Math.max(...pausesOf(ended))]).toEqual([0, 300_000]);
  });

  test("whatever listens at its address: all is minted, each run ends with 13, and the last one submits", async () => {
    const lot = newLot();
    for (const [address, words, more] of [
      [`https://127.0.0.1:${await freePort()}`, "nothing listens there", {}],
      ["https://nowhere.invalid", "its name", {}],
      [`https://127.0.0.1:${await babbler()}`, "it does not speak TLS", {}],
      [`https://127.0.0.1:${await silence()}`, "did not answer completely in time", { timeout: "400ms" }],
    ] as const) {
      writeSite(address, more);
      const ended = await run(lot);
      expect([ended.code, proveHonest(lot), proveSecret(lot, ended)]).toEqual([13, [], []]);
      expect(faultOf(ended)).toContain(words);
      expect(faultOf(ended)).toContain("run again later, nothing is lost");
    }
    writeSite(world.sandbox.url);
    expect((await run(lot)).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });
});

describe("a server that cannot prove to be the platform", () => {
  test("by a certificate that is valid now, for this name, from a CA that is known, gets no login; nothing is minted", async () => {
    const lot = newLot();
    const now = Date.now();
    const other = async () => (await impostor({ nowMs: now, trusted: true })).replace("127.0.0.1", "127.0.0.2");
    for (const [address, words] of [
      [() => impostor({ nowMs: now - 400 * DAY_MS, trusted: true }), /expired; check this machine's clock too/],
      [() => impostor({ nowMs: now + 400 * DAY_MS, trusted: true }), /not valid yet; check this machine's clock/],
      [() => impostor({ nowMs: now, trusted: false }), /is not trusted.*platform\.caFile/],
      [other, /for another name; check platform\.url/],
    ] as const) {
      writeSite(await address(), { caFile: join(world.home, "impostor-ca.pem") });
      const ended = await run(lot);
      expect([ended.code, faultOf(ended)]).toEqual([12, expect.stringMatching(words)]);
    }
    expect(readLedger(world.home, lot).certificates.size).toBe(0);
    expect(heard).toEqual([]);
    writeSite(world.sandbox.url);
    expect((await run(lot)).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });
});

const servers: { close(): unknown }[] = [];
/** What came to a server that is not the platform. */
const heard: string[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function listening<
  T extends { close(): unknown; listen(port: number, host: string, then: () => void): unknown; address(): unknown },
>(server: T, host = "127.0.0.1"): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Talks plain HTTP to whoever comes. */
function babbler(): Promise<number> {
  return listening(createTcpServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 200 OK\r\n\r\nhello")));
}

function silence(): Promise<number> {
  return listening(createTcpServer((socket) => socket.on("error", () => {})));
}

/** An HTTPS server with a certificate of its own; `trusted`: its CA is in impostor-ca.pem, else another one. */
async function impostor({ nowMs, trusted }: { readonly nowMs: number; readonly trusted: boolean }): Promise<string> {
  const { caPem, certificatePem, keyPem } = makeServerIdentity(nowMs);
  writeFileSync(join(world.home, "impostor-ca.pem"), trusted ? caPem : world.sandbox.caPem);
  const server = createServer({ cert: certificatePem, key: keyPem }, (request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.end("{}");
  });
  return `https://127.0.0.1:${await listening(server, "0.0.0.0")}`;
}
