import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPlatform } from "../../src/platform/http/http-platform.ts";
import type { Platform, Reply, TrustedCertificate } from "../../src/platform/platform.ts";
import { preflight } from "../../src/platform/preflight.ts";
import { DEFAULT_RETRY } from "../../src/platform/retry.ts";
import { retrying } from "../../src/platform/retrying.ts";
import { uploadAuthority } from "../../src/platform/upload-authority.ts";
import { startSandbox } from "../../src/sandbox/serve-sandbox.ts";

const SHA1 = "a".repeat(40);

function certificate(more: Partial<TrustedCertificate> = {}): TrustedCertificate {
  return {
    fingerprint: SHA1,
    name: "line-3",
    status: "ENABLED",
    autoRegistrationEnabled: false,
    proofOfPossessionValid: false,
    ...more,
  };
}

interface World {
  readonly roles?: readonly string[];
  readonly add: readonly Reply<TrustedCertificate>[];
  readonly own?: TrustedCertificate;
  readonly update?: Reply<TrustedCertificate>;
}

async function upload(world: World, autoRegistration = false) {
  const calls: string[] = [];
  let adds = 0;
  const platform = {
    currentUser: async () => ({
      kind: "answer",
      value: { userName: "maker", roles: world.roles ?? ["ROLE_TENANT_ADMIN"] },
    }),
    addTrustedCertificate: async (tenant: string, { name, pem, autoRegistrationEnabled }: Record<string, unknown>) => {
      calls.push(`add ${tenant} ${name} ${pem} ${autoRegistrationEnabled}`);
      adds += 1;
      return world.add[adds - 1];
    },
    trustedCertificate: async (tenant: string, sha1: string) => {
      calls.push(`get ${tenant} ${sha1}`);
      return { kind: "answer", value: world.own };
    },
    updateTrustedCertificate: async (_tenant: string, _sha1: string, change: object) => {
      calls.push(`put ${JSON.stringify(change)}`);
      return world.update ?? { kind: "answer", value: { ...world.own, ...change } };
    },
  } as unknown as Platform;
  const policy = { ...DEFAULT_RETRY, sleep: async () => undefined };
  const authority = { name: "line-3", pem: "PEM", sha1: SHA1, autoRegistration };
  const outcome = uploadAuthority(retrying(platform, policy), "t1", authority);
  return { outcome: await outcome.catch((error: unknown) => error), calls };
}

const conflict: Reply<never> = { kind: "refused", status: 409, message: "HTTP 409" };

describe("uploadAuthority", () => {
  it("adds a certificate that the tenant does not have", async () => {
    const { outcome, calls } = await upload({ add: [{ kind: "answer", value: certificate() }] });
    expect(outcome).toEqual({ kind: "added", certificate: certificate() });
    expect(calls).toEqual(["add t1 line-3 PEM false"]);
  });

  it("asks for the roles first", async () => {
    const { outcome, calls } = await upload({ roles: ["ROLE_DEVICE_CONTROL_ADMIN"], add: [] });
    expect(outcome).toMatchObject({
      code: "platform-refused",
      message: expect.stringContaining("ROLE_TENANT_ADMIN or ROLE_TENANT_MANAGEMENT_ADMIN"),
    });
    expect(calls).toEqual([]);
  });

  it("finds its own certificate there after a lost answer", async () => {
    const { outcome, calls } = await upload({
      add: [{ kind: "unknown", message: "reset" }, conflict],
      own: certificate(),
    });
    expect(outcome).toEqual({ kind: "unchanged", certificate: certificate() });
    expect(calls.at(-1)).toBe(`get t1 ${SHA1}`);
  });

  it.each([
    ["disabled", certificate({ status: "DISABLED" }), false],
    ["without auto registration", certificate(), true],
    ["with auto registration", certificate({ autoRegistrationEnabled: true }), false],
  ])("brings one that is there %s to what is asked", async (_name, own, auto) => {
    const { outcome, calls } = await upload({ add: [conflict], own }, auto);
    expect(outcome).toMatchObject({
      kind: "changed",
      certificate: { status: "ENABLED", autoRegistrationEnabled: auto },
    });
    expect(calls.at(-1)).toBe(`put {"status":"ENABLED","autoRegistrationEnabled":${auto}}`);
  });

  it("says so when the certificate belongs to another tenant", async () => {
    const { outcome, calls } = await upload({ add: [conflict] });
    expect(outcome).toMatchObject({
      code: "platform-refused",
      message: expect.stringContaining("belongs to another tenant"),
    });
    expect(calls.some((call) => call.startsWith("put"))).toBe(false);
  });

  it("hands on what else the platform says", async () => {
    const bad = await upload({ add: [{ kind: "refused", status: 422, message: "HTTP 422: not a CA" }] });
    expect(bad.outcome).toMatchObject({ code: "platform-refused", message: expect.stringContaining("not a CA") });
    const silent = await upload({ add: Array(10).fill({ kind: "unknown", message: "reset" }) });
    expect(silent.outcome).toMatchObject({ code: "platform-unreachable" });
  });
});

describe("uploadAuthority to the sandbox", () => {
  it("makes the preflight pass, and does so again without a change", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lotmint-upload-"));
    const sandbox = await startSandbox();
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, sandbox.caPem);
    const site = { url: sandbox.url, tenant: sandbox.tenant, deviceTokenPort: 1, mqttPort: 1, timeoutMs: 5000, caFile };
    const platform = retrying(openPlatform(site, sandbox.credentials), DEFAULT_RETRY);
    try {
      const sha1 = new X509Certificate(sandbox.caPem).fingerprint.replaceAll(":", "").toLowerCase();
      const check = (mode: "bulk" | "auto") =>
        preflight(platform, { name: "ca", chainSha1: [sha1], names: { [sha1]: "ca" } }, { mode, now: Date.now });
      const send = (autoRegistration: boolean) =>
        uploadAuthority(platform, sandbox.tenant, { name: "ca", pem: sandbox.caPem, sha1, autoRegistration });

      expect(await check("bulk")).toMatchObject({ kind: "refused" });
      expect(await send(false)).toMatchObject({ kind: "added", certificate: { fingerprint: sha1, status: "ENABLED" } });
      expect(await check("bulk")).toMatchObject({ kind: "ready", tenant: sandbox.tenant, warnings: [] });
      expect(await send(false)).toMatchObject({ kind: "unchanged" });
      expect(await check("auto")).toMatchObject({ kind: "refused" });
      expect(await send(true)).toMatchObject({ kind: "changed", certificate: { autoRegistrationEnabled: true } });
      expect(await check("auto")).toMatchObject({ kind: "ready" });
      sandbox.state.certificates.clear();
      sandbox.state.foreignFingerprints.add(sha1);
      await expect(send(true)).rejects.toMatchObject({ code: "platform-refused" });
    } finally {
      await platform.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
