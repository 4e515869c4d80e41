import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  compileShim,
  emptyShimLog,
  hasShim,
  makeSoftHsm,
  PIN,
  type ShimSettings,
  type SoftHsm,
  shimCalls,
  shimEnv,
} from "../fixtures/hsm/soft-hsm.ts";
import { type Ended, makeWorld, type World } from "./harness.ts";

let world: World;
let hsm: SoftHsm;

function run(args: readonly string[], shim: ShimSettings = {}, pin = PIN): Promise<Ended> {
  const env = { ...hsm.env, ...shimEnv(hsm.folder, shim), LOTMINT_HSM_PIN: pin, LOTMINT_PASSPHRASE: undefined };
  return world.start(args, { env }).ended;
}

function writeManifest(lot: string, devices: number): string {
  const path = join(world.home, "input", `${lot}.csv`);
  writeFileSync(path, `id\n${Array.from({ length: devices }, (_, index) => `${lot}-${index}\n`).join("")}`);
  return path;
}

/** The serial numbers of a lot's devices, each certificate verified with its issuer's key. */
function serialsOf(lot: string): readonly string[] {
  const issuer = new X509Certificate(readFileSync(join(world.home, "state", "authorities", "top", "certificate.pem")))
    .publicKey;
  const devices = join(world.home, "output", lot, "devices");
  return readdirSync(devices).map((id) => {
    const certificate = new X509Certificate(readFileSync(join(devices, id, "certificate.pem")));
    expect(certificate.verify(issuer)).toBe(true);
    return certificate.serialNumber;
  });
}

async function proveLot(lot: string, devices: number): Promise<void> {
  expect(new Set(serialsOf(lot)).size).toBe(devices);
  const checked = await run(["check", lot]);
  expect(checked.code, checked.stdout + checked.stderr).toBe(0);
}

describe.skipIf(!hasShim)("a token that fails (skipped without SoftHSM2, pkcs11js and gcc)", () => {
  beforeEach(async () => {
    world = await makeWorld();
    hsm = makeSoftHsm();
    hsm.addToken("line");
    const site = { hsm: { module: compileShim(), sessions: 3 } };
    writeFileSync(join(world.home, "lotmint.yaml"), JSON.stringify(site));
    const made = await run(["authority", "create", "top", "--hsm", "pkcs11:token=line"]);
    expect(made.code, made.stderr).toBe(0);
    emptyShimLog(hsm.folder);
  });
  afterEach(async () => {
    await world.close();
    hsm.close();
  });

  test("a lot takes one login, and its sessions are opened once", async () => {
    const ended = await run(["run", writeManifest("lot", 60), "--issuer", "top"]);
    expect(ended.code, ended.stderr).toBe(0);
    expect(shimCalls(hsm.folder)).toMatchObject({ C_Initialize: 1, C_Login: 1, C_OpenSession: 4, C_Finalize: 1 });
    await proveLot("lot", 60);
  });

  test("sessions that are closed in the middle of a lot, with the login, are opened again, and nobody notices", async () => {
    const ended = await run(["run", writeManifest("lot", 60), "--issuer", "top"], { close: 20 });
    expect(ended.code, ended.stderr).toBe(0);
    expect(shimCalls(hsm.folder)).toMatchObject({ C_Login: 2 });
    await proveLot("lot", 60);
  });

  test.each([
    ["CKR_SESSION_HANDLE_INVALID", 0xb3],
    ["CKR_USER_NOT_LOGGED_IN", 0x101],
    ["CKR_KEY_HANDLE_INVALID", 0x60],
    ["CKR_DEVICE_ERROR", 0x30],
  ])("%s of one signature costs a new session, not the lot", async (_, code) => {
    const ended = await run(["run", writeManifest("lot", 30), "--issuer", "top"], { fail: `C_Sign:10:${code}:1` });
    expect(ended.code, ended.stderr).toBe(0);
    // Beside the devices: two proofs that the key is the issuer's, the receipt, and the one that failed.
    expect(shimCalls(hsm.folder)).toMatchObject({ C_Sign: 30 + 4 });
    await proveLot("lot", 30);
  });

  test("a token that goes in the middle of a lot ends it with 10; back again, the same command completes it", async () => {
    const manifest = writeManifest("lot", 60);
    const ended = await run(["run", manifest, "--issuer", "top"], { gone: 30 });
    expect(ended.code, ended.stderr).toBe(10);
    expect(ended.stderr).toContain('the token \\"line\\" is gone');
    expect(shimCalls(hsm.folder)).toMatchObject({ C_Login: 1 });
    const still = await run(["run", manifest, "--issuer", "top"], { gone: 30 });
    expect(still.code).toBe(10);
    expect(still.stderr).toContain("there is no token for");
    rmSync(join(hsm.folder, "gone"));
    const again = await run(["run", manifest, "--issuer", "top"]);
    expect(again.code, again.stderr).toBe(0);
    await proveLot("lot", 60);
  });

  test("a signature that fails again and again, or for a reason that a session does not change, ends the lot with 10", async () => {
    const manifest = writeManifest("lot", 30);
    for (const code of [0xb3, 0x70]) {
      const ended = await run(["run", manifest, "--issuer", "top"], { fail: `C_Sign:10:${code}:0` });
      expect(ended.code, ended.stderr).toBe(10);
      expect(ended.stderr).toMatch(/the token .*(CKR_SESSION_HANDLE_INVALID|CKR 0x70)/);
    }
    expect((await run(["run", manifest, "--issuer", "top"])).code).toBe(0);
    await proveLot("lot", 30);
  });

  test("a token that does not sign the receipt leaves the lot complete, and the next run writes it", async () => {
    const manifest = writeManifest("lot", 30);
    // After two proofs that the key is the issuer's, and the devices.
    const ended = await run(["run", manifest, "--issuer", "top"], { fail: "C_Sign:32:112:0" });
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout.replace(/\s+/g, " ")).toMatch(/no receipt was written: .*the token .*CKR 0x70/);
    expect(existsSync(join(world.home, "output", "lot", "receipt.json"))).toBe(false);
    const again = await run(["run", manifest, "--issuer", "top"]);
    expect(again.code, again.stderr).toBe(0);
    expect(existsSync(join(world.home, "output", "lot", "receipt.p7s"))).toBe(true);
  });

  test("a wrong PIN is tried once and told apart from a locked one, which is not tried", async () => {
    const manifest = writeManifest("lot", 3);
    const wrong = await run(["run", manifest, "--issuer", "top"], {}, "wrong pin");
    expect(wrong.code).toBe(10);
    expect(wrong.stderr).toContain("CKR_PIN_INCORRECT");
    expect(wrong.stderr).not.toContain("wrong pin");
    expect(shimCalls(hsm.folder)).toMatchObject({ C_Login: 1 });

    emptyShimLog(hsm.folder);
    for (const flags of [0x40000, 0x20000]) {
      const locked = await run(["run", manifest, "--issuer", "top"], { flags });
      expect(locked.code).toBe(10);
      expect(locked.stderr).toMatch(flags === 0x40000 ? /CKR_PIN_LOCKED/ : /one try for its PIN left/);
    }
    expect(shimCalls(hsm.folder)).not.toHaveProperty("C_Login");
    const refused = await run(["run", manifest, "--issuer", "top"], { fail: "C_Login:0:0xa4:0" });
    expect(refused.code).toBe(10);
    expect(refused.stderr).toContain("CKR_PIN_LOCKED");
    // Few tries left are no reason not to try the right one.
    const low = await run(["run", manifest, "--issuer", "top"], { flags: 0x10000 });
    expect(low.code, low.stderr).toBe(0);
  });

  test("doctor finds the token without a PIN, and tells a locked one and one that is not there", async () => {
    const doctor = async (shim: ShimSettings) => (await run(["doctor"], shim)).stdout.replace(/\s+/g, " ");
    expect(await doctor({})).toContain('the token "line" with the key of top is there');
    expect(await doctor({ flags: 0x40000 })).toContain('the token "line" with the key of top has locked its PIN');
    writeFileSync(join(hsm.folder, "gone"), "");
    expect(await doctor({ gone: 1 })).toContain("there is no token for");
    expect(shimCalls(hsm.folder)).not.toHaveProperty("C_Login");
  });

  test("watch tries a wrong PIN once, whatever it has to sign, and goes on once the file holds another one", async () => {
    const file = join(hsm.folder, "pin");
    writeFileSync(file, "wrong pin", { mode: 0o600 });
    const jobs = join(world.home, "jobs", "line.yaml");
    writeFileSync(jobs, JSON.stringify({ manifest: "../input/*.csv", issuer: "top" }));
    const env = { ...hsm.env, ...shimEnv(hsm.folder, {}), LOTMINT_HSM_PIN_FILE: file, LOTMINT_PASSPHRASE: undefined };
    for (const lot of ["a", "b", "c"]) writeManifest(lot, 3);
    const watching = world.start(["watch"], { env });
    const rejected = () => readdirSync(join(world.home, "input"), { recursive: true, encoding: "utf8" });
    await expect
      .poll(() => rejected().filter((path) => /(?:rejected|done|work).*\.txt$/.test(path)).length, { timeout: 120_000 })
      .toBeGreaterThanOrEqual(3);
    expect(shimCalls(hsm.folder)).toMatchObject({ C_Login: 1 });
    writeFileSync(file, PIN, { mode: 0o600 });
    writeManifest("d", 3);
    await expect
      .poll(
        () => readdirSync(join(world.home, "output"), { encoding: "utf8" }).includes("d") && serialsOf("d").length,
        {
          timeout: 120_000,
        },
      )
      .toBe(3);
    expect(shimCalls(hsm.folder)).toMatchObject({ C_Login: 2 });
    watching.child.kill("SIGTERM");
    await watching.ended;
  });

  test("two processes on one token at a time each complete their lot", async () => {
    const [one, two] = await Promise.all([
      run(["run", writeManifest("one", 40), "--issuer", "top"], { delayUs: 2000 }),
      run(["run", writeManifest("two", 40), "--issuer", "top"], { delayUs: 2000 }),
    ]);
    expect([one.code, two.code], one.stderr + two.stderr).toEqual([0, 0]);
    expect(new Set([...serialsOf("one"), ...serialsOf("two")]).size).toBe(80);
  });
});
