import { createHash, sign as signOctets } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPlatform } from "../../src/platform/http/http-platform.ts";
import type { Platform, Reply, TrustedCertificate } from "../../src/platform/platform.ts";
import { provePossession } from "../../src/platform/prove-possession.ts";
import { DEFAULT_RETRY } from "../../src/platform/retry.ts";
import { retrying } from "../../src/platform/retrying.ts";
import { startSandbox } from "../../src/sandbox/serve-sandbox.ts";
import { makeCa } from "../sandbox/make-ca.ts";

const SHA1 = "a".repeat(40);
const NOW = Date.UTC(2026, 5, 1);

function certificate(more: Partial<TrustedCertificate> = {}): TrustedCertificate {
  return {
    fingerprint: SHA1,
    name: "root",
    status: "ENABLED",
    autoRegistrationEnabled: false,
    proofOfPossessionValid: false,
    verificationCode: "first code",
    codeUsableUntil: "2026-06-01T00:00:01.000Z",
    ...more,
  };
}
const answer = <T>(value: T): Reply<T> => ({ kind: "answer", value });
const PROVEN = answer(certificate({ proofOfPossessionValid: true }));

interface World {
  readonly roles?: readonly string[];
  /** What is there, one after the other. */
  readonly there?: readonly (TrustedCertificate | undefined)[];
  readonly proof?: readonly Reply<TrustedCertificate>[];
  readonly renewed?: Reply<TrustedCertificate>;
}

async function prove(world: World) {
  const calls: string[] = [];
  const taken = { there: 0, proof: 0 };
  const there = world.there ?? [certificate()];
  const proof = world.proof ?? [PROVEN];
  const platform = {
    currentUser: async () => answer({ userName: "maker", roles: world.roles ?? ["ROLE_TENANT_ADMIN"] }),
    trustedCertificate: async (tenant: string, sha1: string) => {
      calls.push(`get ${tenant} ${sha1}`);
      return answer(there[Math.min(taken.there++, there.length - 1)]);
    },
    renewVerificationCode: async () => {
      calls.push("renew");
      return world.renewed ?? answer(certificate({ verificationCode: "second code" }));
    },
    provePossession: async (tenant: string, sha1: string, signed: string) => {
      calls.push(`prove ${tenant} ${sha1} ${signed}`);
      return proof[Math.min(taken.proof++, proof.length - 1)];
    },
  } as unknown as Platform;
  const sign = async (code: string) => {
    calls.push(`sign ${code}`);
    return `<${code}>`;
  };
  const policy = { ...DEFAULT_RETRY, tries: 3, sleep: async () => undefined };
  const outcome = provePossession(retrying(platform, policy), "t1", { name: "root", sha1: SHA1, sign }, () => NOW);
  return { outcome: await outcome.catch((error: unknown) => error), calls };
}

const expired: Reply<never> = { kind: "refused", status: 400, message: "HTTP 400: The verification code has expired" };
const wrong: Reply<never> = { kind: "refused", status: 400, message: "HTTP 400: Wrong Proof Of Possession plaintext" };

describe("provePossession", () => {
  it("signs the code that is there and hands it in", async () => {
    const { outcome, calls } = await prove({});
    expect(outcome).toMatchObject({ kind: "proven", certificate: { proofOfPossessionValid: true } });
    expect(calls).toEqual([`get t1 ${SHA1}`, "sign first code", `prove t1 ${SHA1} <first code>`]);
  });

  it("asks for the roles first", async () => {
    const { outcome, calls } = await prove({ roles: ["ROLE_DEVICE_CONTROL_ADMIN"] });
    expect(outcome).toMatchObject({ code: "platform-refused", message: expect.stringContaining("ROLE_TENANT_ADMIN") });
    expect(calls).toEqual([]);
  });

  it("signs nothing when possession is proven already", async () => {
    const { outcome, calls } = await prove({ there: [certificate({ proofOfPossessionValid: true })] });
    expect(outcome).toMatchObject({ kind: "already" });
    expect(calls).toEqual([`get t1 ${SHA1}`]);
  });

  it.each([
    ["missing", { verificationCode: undefined }],
    ["past its end", { codeUsableUntil: "2026-06-01T00:00:00.000Z" }],
  ])("has a new code made for one that is %s", async (_name, more) => {
    const { verificationCode: _code, ...bare } = certificate();
    const found = "verificationCode" in more ? bare : certificate(more);
    const { outcome, calls } = await prove({ there: [found] });
    expect(outcome).toMatchObject({ kind: "proven" });
    expect(calls.slice(1)).toEqual(["renew", "sign second code", `prove t1 ${SHA1} <second code>`]);
  });

  it("takes a code without an end for usable", async () => {
    const { codeUsableUntil: _end, ...endless } = certificate();
    expect((await prove({ there: [endless] })).calls).toContain("sign first code");
  });

  it("renews the code once when only the platform's clock says that it has run out", async () => {
    const { outcome, calls } = await prove({ proof: [expired, PROVEN] });
    expect(outcome).toMatchObject({ kind: "proven" });
    expect(calls.filter((call) => call === "renew").length).toBe(1);
    const again = await prove({ proof: [expired, expired] });
    expect(again.outcome).toMatchObject({ code: "platform-refused" });
    expect(again.calls.filter((call) => call === "renew").length).toBe(1);
  });

  it("sends again after a lost answer, and looks whether the first one did it", async () => {
    const lost: Reply<never> = { kind: "unknown", message: "reset" };
    const there = [certificate(), certificate({ proofOfPossessionValid: true })];
    const { outcome, calls } = await prove({ proof: [lost, wrong], there });
    expect(outcome).toMatchObject({ kind: "proven" });
    expect(calls.filter((call) => call.startsWith("prove")).length).toBe(2);
  });

  it.each([
    ["takes a wrong signature for one", { proof: [wrong] }, "platform-refused", /Wrong Proof Of Possession/],
    [
      "answers and shows nothing proven",
      { proof: [answer(certificate())] },
      "platform-refused",
      /does not show its possession/,
    ],
    ["does not have the certificate", { there: [undefined] }, "platform-refused", /authority upload root --prove`/],
    [
      "does not answer",
      { proof: [{ kind: "unknown", message: "reset" } as const] },
      "platform-unreachable",
      /run again later/,
    ],
    [
      "gives no code",
      { there: [{ ...certificate(), codeUsableUntil: "2020-01-01T00:00:00Z" }], renewed: answer(withoutCode()) },
      "platform-refused",
      /no verification code/,
    ],
  ])("says so when the platform %s", async (_name, world, code, message) => {
    expect((await prove(world)).outcome).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

function withoutCode(): TrustedCertificate {
  const { verificationCode: _code, ...bare } = certificate();
  return bare;
}

describe("provePossession to the sandbox", () => {
  it.each(["ec", "rsa"] as const)("is taken with an %s key, also with a code that had run out", async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), "lotmint-prove-"));
    const sandbox = await startSandbox();
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, sandbox.caPem);
    const site = { url: sandbox.url, tenant: sandbox.tenant, deviceTokenPort: 1, mqttPort: 1, timeoutMs: 5000, caFile };
    const platform = retrying(openPlatform(site, sandbox.credentials), DEFAULT_RETRY);
    try {
      const ca = makeCa({ kind });
      const sha1 = createHash("sha1").update(ca.der).digest("hex");
      const upload = { name: "ca", pem: ca.pem, autoRegistrationEnabled: false };
      await platform.addTrustedCertificate(sandbox.tenant, upload);
      const stored = sandbox.state.certificates.get(sha1);
      if (stored !== undefined) stored.codeUsableUntilMs = Date.now() - 1;
      const sign = async (code: string) => signOctets("sha256", Buffer.from(code), ca.key).toString("base64");
      const first = await provePossession(platform, sandbox.tenant, { name: "ca", sha1, sign }, Date.now);
      expect(first).toMatchObject({ kind: "proven", certificate: { fingerprint: sha1, proofOfPossessionValid: true } });
      const second = await provePossession(platform, sandbox.tenant, { name: "ca", sha1, sign }, Date.now);
      expect(second.kind).toBe("already");
    } finally {
      await platform.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
