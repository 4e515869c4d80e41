import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { homeLayout, sandboxLayout } from "../../../src/disk/layout.ts";
import { listen } from "../../../src/sandbox/http/listen.ts";
import { runInProcess } from "../../scenario/in-process.ts";

const ENV = { LOTMINT_PASSPHRASE: "a passphrase for tests" };
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-sandbox-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  readonly url: string;
  readonly port: number;
  readonly deviceTokenPort: number;
  readonly mqttPort: number;
  readonly password?: string;
  readonly caFile: string;
}

/** Starts `lotmint sandbox`, does `work` while it runs, and stops it. */
async function withSandbox(
  work: (told: Told) => Promise<void>,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly told: Told; readonly log: string }> {
  const stop = new AbortController();
  let log = "";
  const ready = Promise.withResolvers<Told>();
  const stream = (write: (text: string) => void) =>
    ({ isTTY: true, hasColors: () => false, write }) as unknown as NodeJS.WriteStream;
  const ended = runInProcess(["sandbox", "--json", ...args], folder, env, {
    signal: stop.signal,
    stdout: stream((text) => ready.resolve(JSON.parse(text) as Told)),
    stderr: stream((text) => {
      log += text;
    }),
  });
  void ended.then(({ code }) => ready.reject(new Error(`it ended with ${code}: ${log}`)));
  const told = await ready.promise;
  try {
    await work(told);
  } finally {
    stop.abort();
    expect((await ended).code).toBe(0);
  }
  return { told, log };
}

const nothing = async () => undefined;
const layout = () => sandboxLayout(homeLayout(folder));

test("a sandbox that is started again has the ports, the password, the certificate and the trust from before", async () => {
  await runInProcess(["authority", "create", "root"], folder, ENV);
  const platformOf = ({ url, caFile, deviceTokenPort, mqttPort }: Told) =>
    JSON.stringify({ platform: { url, user: "admin", caFile, deviceTokenPort, mqttPort } });
  const first = await withSandbox(async (told) => {
    writeFileSync(join(folder, "lotmint.yaml"), platformOf(told));
    const env = { ...ENV, LOTMINT_PLATFORM_PASSWORD_FILE: layout().password };
    expect((await runInProcess(["authority", "upload", "root", "--prove"], folder, env)).code).toBe(0);
  });
  const ca = readFileSync(layout().ca, "utf8");
  const second = await withSandbox(async () => {
    const env = { LOTMINT_PLATFORM_PASSWORD: first.told.password ?? "" };
    const { text } = await runInProcess(["authority", "show", "root", "--json"], folder, env);
    expect(JSON.parse(text).platform).toMatchObject({
      certificate: { status: "ENABLED", proofOfPossessionValid: true, autoRegistrationEnabled: false },
    });
  });
  expect(second.told).toEqual(first.told);
  expect(readFileSync(layout().ca, "utf8")).toBe(ca);
  expect(second.log).not.toContain("taken");
  for (const file of [layout().record, layout().password]) expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a port that is taken meanwhile is told, and another one is used from then on", async () => {
  const { told } = await withSandbox(nothing);
  const other = createServer();
  await listen(other, "127.0.0.1", told.port);
  try {
    const moved = await withSandbox(nothing);
    expect(moved.told).toMatchObject({ deviceTokenPort: told.deviceTokenPort, mqttPort: told.mqttPort });
    expect(moved.told.port).not.toBe(told.port);
    expect(moved.log).toContain(`port ${told.port} is taken by another program`);
    expect(moved.log).toContain("lotmint.yaml");
    expect((await withSandbox(nothing)).told).toEqual(moved.told);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

test("a password from the environment is not written down", async () => {
  const { told } = await withSandbox(nothing, [], { LOTMINT_PLATFORM_PASSWORD: "given from outside" });
  expect(told).not.toHaveProperty("password");
  expect(readFileSync(layout().record, "utf8")).not.toContain("given from outside");
  expect(() => statSync(layout().password)).toThrow("ENOENT");
});

test("a second sandbox in one home is refused with 11", async () => {
  await withSandbox(async () => {
    expect((await runInProcess(["sandbox"], folder)).code).toBe(11);
  });
});

test("a damaged record is refused with 2, and names the file to remove", async () => {
  await withSandbox(nothing);
  writeFileSync(layout().record, "{");
  const { code, text } = await runInProcess(["sandbox", "--json"], folder);
  expect(code).toBe(2);
  expect(JSON.parse(text).error.message).toContain(layout().record);
});
