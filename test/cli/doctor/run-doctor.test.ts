import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DoctorFinding } from "../../../src/cli/doctor/doctor-check.ts";
import { type RunningSandbox, startSandbox } from "../../../src/sandbox/serve-sandbox.ts";
import { runInProcess } from "../../scenario/in-process.ts";

const ENV = { LOTMINT_PASSPHRASE: "a passphrase for tests" };
const DAY_MS = 86_400_000;
let folder = "";
let sandbox: RunningSandbox | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-doctor-"));
});
afterEach(async () => {
  await sandbox?.close();
  sandbox = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const at = (...path: readonly string[]) => join(folder, ...path);
const init = () => runInProcess(["init", "--without-platform"], folder, ENV);

/** What doctor says, without what is in order. */
async function doctor(env: Readonly<Record<string, string>> = {}, now = Date.now) {
  const { code, text } = await runInProcess(["doctor", "--json"], folder, env, { now });
  const { checks } = JSON.parse(text) as { readonly checks: readonly DoctorFinding[] };
  return { code, checks, found: checks.filter(({ state }) => state !== "ok") };
}

async function startPlatform(trust: readonly string[], site: object = {}): Promise<RunningSandbox> {
  const started = await startSandbox({ trust });
  sandbox = started;
  writeFileSync(at("ca.pem"), started.caPem);
  const platform = { url: started.url, tenant: started.tenant, user: started.credentials.user, caFile: at("ca.pem") };
  writeFileSync(at("lotmint.yaml"), JSON.stringify({ platform: { ...platform, ...site } }));
  return started;
}
const rootPem = () => readFileSync(at("state/authorities/root/certificate.pem"), "utf8");

test("a new home has nothing to cure, and doctor leaves nothing behind", async () => {
  await init();
  const before = readdirSync(folder, { recursive: true }).sort();
  const { code, found, checks } = await doctor();
  expect({ code, found }).toEqual({ code: 0, found: [] });
  expect(new Set(checks.map(({ name }) => name))).toEqual(
    new Set("home site rights disk runtime clock ledger authorities jobs secrets proxy trust platform".split(" ")),
  );
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
});

test("a folder that is no home is a problem whose cure is init, and nothing is made there", async () => {
  const { code, found } = await doctor();
  expect(code).toBe(3);
  expect(found).toContainEqual(
    expect.objectContaining({ name: "home", state: "problem", message: expect.stringContaining("lotmint init") }),
  );
  expect(readdirSync(folder)).toEqual([]);
});

test("a person gets each finding with its cure, and the count", async () => {
  await init();
  chmodSync(at("state/authorities/root/key.pem"), 0o644);
  const { code, text } = await runInProcess(["doctor"], folder);
  expect(code).toBe(3);
  expect(text).toMatch(/PROBLEM +rights +other users may reach .*key\.pem \(mode 0644\)\n +-> chmod 600 .*key\.pem/);
  expect(text).toContain("1 problem, no warnings");
});

test("errors of lotmint.yaml are told once, with the line", async () => {
  await init();
  writeFileSync(at("lotmint.yaml"), "colour: green\n");
  const { code, found } = await doctor();
  expect(code).toBe(3);
  expect(found.map(({ name }) => name)).toEqual(["site"]);
  expect(found[0]?.message).toContain("lotmint.yaml:1");
});

test.each<readonly [string, () => void, string, RegExp, RegExp]>([
  [
    "a job that cannot be read",
    () => writeFileSync(at("jobs/bad.yaml"), "issuer: line-1\nkey: ec-p999\n"),
    "jobs",
    /job bad: .*key/,
    /(?:)/,
  ],
  [
    "a job whose issuer is unknown",
    () => writeFileSync(at("jobs/x.yaml"), "issuer: line-9\n"),
    "jobs",
    /line-9/,
    /lotmint init/,
  ],
  [
    "a truststore with nothing pinned",
    () => writeFileSync(at("jobs/x.yaml"), "issuer: line-1\ntruststore: { formats: [pem] }\n"),
    "jobs",
    /none are pinned/,
    /lotmint truststore fetch/,
  ],
  [
    "a damaged authority",
    () => writeFileSync(at("state/authorities/line-1/certificate.pem"), "spoilt"),
    "authorities",
    /line-1/,
    /(?:)/,
  ],
  ["a folder of keys that others reach", () => chmodSync(at("state"), 0o755), "rights", /mode 0755/, /chmod 700/],
  [
    "a damaged pinned truststore",
    () => {
      mkdirSync(at("state/truststore"));
      writeFileSync(at("state/truststore/platform.pem"), "spoilt");
    },
    "trust",
    /platform\.pem/,
    /truststore fetch/,
  ],
])("%s is a problem", async (_what, spoil, name, message, cure) => {
  await init();
  spoil();
  const { code, found } = await doctor();
  expect(code).toBe(3);
  const problem = found.find((finding) => finding.name === name);
  expect(problem).toMatchObject({ state: "problem", message: expect.stringMatching(message) });
  expect(`${problem?.message} ${problem?.cure}`).toMatch(cure);
});

test("a schedule says when it is due next", async () => {
  await init();
  writeFileSync(at("jobs/x.yaml"), 'issuer: line-1\nschedule: "30 5 * * *"\ntimezone: UTC\n');
  const { checks } = await doctor({}, () => Date.UTC(2090, 0, 1, 5, 0));
  expect(checks.find(({ message }) => message.startsWith("job x"))?.message).toContain("due next at 2090-01-01T05:30");
});

test("an authority near its end is a warning, one past it a problem", async () => {
  await init();
  const soon = await doctor({}, () => Date.now() + 7250 * DAY_MS);
  expect(soon.found).toMatchObject([
    { name: "authorities", state: "warning", message: expect.stringContaining("line-1 ends on") },
  ]);
  expect(soon.code).toBe(0);
  const late = await doctor({}, () => Date.now() + 7400 * DAY_MS);
  expect(late.found).toMatchObject([
    { name: "authorities", state: "problem", message: expect.stringContaining("expired") },
  ]);
});

test("a clock before the ledger's newest signature is a problem", async () => {
  await runInProcess(["init", "--without-platform"], folder, ENV);
  writeFileSync(at("input/L1.csv"), "id\nd1\n");
  await runInProcess(["run", "input/L1.csv", "--issuer", "line-1"], folder, ENV);
  const { found } = await doctor({}, () => Date.now() - 60_000 * 6);
  expect(found.map(({ name, state }) => [name, state])).toContainEqual(["clock", "problem"]);
});

test("a secret file that others can read is a problem, and no secret is shown", async () => {
  await init();
  writeFileSync(at("secret"), "s3cret of the line", { mode: 0o644 });
  const { code, found, checks } = await doctor({
    LOTMINT_PASSPHRASE_FILE: at("secret"),
    LOTMINT_LOT_PASSWORD: "t0psecret",
  });
  expect(code).toBe(3);
  expect(found).toMatchObject([{ name: "secrets", state: "problem", cure: expect.stringContaining("chmod 600") }]);
  expect(JSON.stringify(checks)).not.toMatch(/s3cret|t0psecret/);
});

test("a platform that trusts the issuer's root is in order", async () => {
  await init();
  const { credentials } = await startPlatform([rootPem()]);
  const { code, found, checks } = await doctor({ LOTMINT_PLATFORM_PASSWORD: credentials.password });
  expect({ code, found }).toEqual({ code: 0, found: [] });
  expect(checks.at(-1)?.message).toContain("devices under line-1");
});

test("without a login the platform is only reached, which is told", async () => {
  await init();
  await startPlatform([rootPem()]);
  const { code, found } = await doctor();
  expect(code).toBe(0);
  expect(found).toMatchObject([
    { name: "platform", state: "warning", cure: expect.stringContaining("LOTMINT_PLATFORM_PASSWORD") },
  ]);
});

test("a platform that trusts none of the chain, refuses the login, is not trusted or is away is a problem with a cure", async () => {
  await init();
  const { credentials, close } = await startPlatform([]);
  const right = { LOTMINT_PLATFORM_PASSWORD: credentials.password };
  expect((await doctor(right)).found).toMatchObject([
    { name: "platform", state: "problem", cure: expect.stringContaining("lotmint authority upload") },
  ]);
  const wrong = await doctor({ LOTMINT_PLATFORM_PASSWORD: "wrong" });
  expect(wrong.found).toMatchObject([
    { name: "platform", state: "problem", cure: expect.stringContaining("password") },
  ]);
  const site = readFileSync(at("lotmint.yaml"), "utf8");
  writeFileSync(
    at("lotmint.yaml"),
    JSON.stringify({
      platform: { ...JSON.parse(site).platform, caFile: at("state/authorities/root/certificate.pem") },
    }),
  );
  expect((await doctor(right)).found).toMatchObject([
    { name: "platform", state: "problem", message: expect.stringContaining("not trusted") },
  ]);
  writeFileSync(at("lotmint.yaml"), site);
  await close();
  expect((await doctor(right)).found).toMatchObject([
    { name: "platform", state: "problem", message: expect.stringContaining("nothing listens there") },
  ]);
});

test("a key pool that is asked for is looked at: its passphrase, whose it is, and how full", async () => {
  await init();
  writeFileSync(at("lotmint.yaml"), JSON.stringify({ keyPool: { "rsa-2048": 1 } }));
  const given = { LOTMINT_POOL_PASSPHRASE: "a passphrase for the pool" };
  expect((await doctor()).found).toMatchObject([
    { name: "key pool", state: "warning", cure: expect.stringContaining("LOTMINT_POOL_PASSPHRASE") },
    { name: "key pool", state: "warning", message: expect.stringContaining("0 of 1"), cure: "lotmint keys fill" },
  ]);
  await runInProcess(["keys", "fill"], folder, { ...ENV, ...given });
  const { found, checks } = await doctor(given);
  expect(found).toEqual([]);
  expect(checks).toContainEqual(expect.objectContaining({ name: "key pool", state: "ok" }));
  cpSync(at("state/key-pool"), at("copy"), { recursive: true });
  rmSync(at("state/key-pool"), { recursive: true });
  cpSync(at("copy"), at("state/key-pool"), { recursive: true });
  expect((await doctor(given)).found).toMatchObject([
    { name: "key pool", state: "warning", message: expect.stringContaining("it is a copy") },
  ]);
});
