import { describe, expect, it } from "vitest";
import type { Platform, Reply, TrustedCertificate } from "../../src/platform/platform.ts";
import { type PreflightOptions, preflight } from "../../src/platform/preflight.ts";
import { DEFAULT_RETRY } from "../../src/platform/retry.ts";
import { retrying } from "../../src/platform/retrying.ts";

const ROLES = ["ROLE_DEVICE_CONTROL_ADMIN", "ROLE_IDENTITY_READ", "ROLE_USER_MANAGEMENT_READ"];
const ISSUER = {
  name: "line-3",
  chainSha1: ["1".repeat(40), "2".repeat(40)],
  names: { ["1".repeat(40)]: "line-3", ["2".repeat(40)]: "acme-root" },
};
const NOW = Date.UTC(2026, 5, 1);

function trusted(more: Partial<TrustedCertificate> = {}): TrustedCertificate {
  return {
    fingerprint: "2".repeat(40),
    name: "root",
    status: "ENABLED",
    autoRegistrationEnabled: false,
    proofOfPossessionValid: true,
    notAfter: "2030-01-01T00:00:00.000Z",
    ...more,
  };
}

interface World {
  readonly tenant?: Reply<{ readonly id: string }>;
  readonly roles?: readonly string[];
  readonly trust?: Reply<readonly TrustedCertificate[]>;
}

async function fly(world: World, more: Partial<PreflightOptions> = {}, issuer = ISSUER) {
  const calls: string[] = [];
  const platform = {
    currentTenant: async () => {
      calls.push("tenant");
      return world.tenant ?? { kind: "answer", value: { id: "t1" }, date: NOW + 5 };
    },
    currentUser: async () => {
      calls.push("user");
      return { kind: "answer", value: { userName: "maker", roles: world.roles ?? ROLES } };
    },
    trustedCertificates: async (tenant: string) => {
      calls.push(`trust ${tenant}`);
      return world.trust ?? { kind: "answer", value: [trusted()] };
    },
  } as unknown as Platform;
  const retry = { ...DEFAULT_RETRY, sleep: async () => undefined };
  const outcome = await preflight(retrying(platform, retry), issuer, { mode: "bulk", now: () => NOW, ...more });
  return { outcome, calls };
}

describe("preflight", () => {
  it("is ready when host, login, roles and trust are right, and tells tenant and clock", async () => {
    const { outcome, calls } = await fly({});
    expect(outcome).toEqual({ kind: "ready", tenant: "t1", warnings: [], platformTimeMs: NOW + 5 });
    expect(calls).toEqual(["tenant", "user", "trust t1"]);
  });

  it("takes any certificate of the chain, the issuer's own as well as its root's", async () => {
    const value = [trusted({ fingerprint: "9".repeat(40) }), trusted({ fingerprint: "1".repeat(40) })];
    expect((await fly({ trust: { kind: "answer", value } })).outcome.kind).toBe("ready");
  });

  it("refuses a wrong login at once", async () => {
    const { outcome, calls } = await fly({ tenant: { kind: "refused", status: 401, message: "HTTP 401" } });
    expect(outcome).toMatchObject({ kind: "refused", message: expect.stringContaining("password or token") });
    expect(calls).toEqual(["tenant"]);
  });

  it("calls a silent platform unreachable", async () => {
    const { outcome, calls } = await fly({ tenant: { kind: "unknown", message: "reset" } });
    expect(outcome.kind).toBe("unreachable");
    expect(calls).toHaveLength(DEFAULT_RETRY.tries);
  });

  it("refuses a login to another tenant than the site's", async () => {
    expect((await fly({}, { tenant: "t2" })).outcome).toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/t1.*t2/),
    });
  });

  it("refuses a user who may not register devices, naming the role", async () => {
    const { outcome } = await fly({ roles: ROLES.slice(1) });
    expect(outcome).toMatchObject({ kind: "refused", message: expect.stringContaining("ROLE_DEVICE_CONTROL_ADMIN") });
  });

  it("warns when devices and users may not be looked up", async () => {
    const { outcome } = await fly({ roles: ["ROLE_DEVICE_CONTROL_ADMIN", "ROLE_IDENTITY_ADMIN"] });
    expect(outcome).toMatchObject({
      kind: "ready",
      warnings: [expect.stringMatching(/lacks ROLE_USER_MANAGEMENT_READ:/)],
    });
  });

  it.each([
    ["nothing of the chain", [trusted({ fingerprint: "9".repeat(40) })], /trusts no.*authority upload line-3`/],
    ["only a disabled one", [trusted({ status: "DISABLED" })], /is disabled.*authority upload acme-root`/],
    ["only an expired one", [trusted({ notAfter: "2026-05-31T23:59:59.000Z" })], /has expired.*authority upload/],
    [
      "a disabled and an expired one",
      [trusted({ status: "DISABLED" }), trusted({ fingerprint: "1".repeat(40), notAfter: "2020-01-01T00:00:00Z" })],
      /is disabled/,
    ],
  ])("refuses a tenant that trusts %s, and says what to do", async (_name, value, message) => {
    const { outcome } = await fly({ trust: { kind: "answer", value } });
    expect(outcome).toMatchObject({ kind: "refused", message: expect.stringMatching(message) });
  });

  it("warns of a chain over two certificates without proof of possession", async () => {
    const trust: World["trust"] = { kind: "answer", value: [trusted({ proofOfPossessionValid: false })] };
    const { outcome } = await fly({ trust });
    expect(outcome).toMatchObject({
      kind: "ready",
      warnings: [expect.stringMatching(/3 certificates and no proof.*authority prove acme-root`/)],
    });
    const short = await fly({ trust }, {}, { name: "root", chainSha1: ["2".repeat(40)], names: {} });
    expect(short.outcome).toMatchObject({ kind: "ready", warnings: [] });
  });

  it("names the trusted certificate that has to be proven elsewhere when its authority is not in this home", async () => {
    const trust: World["trust"] = { kind: "answer", value: [trusted({ proofOfPossessionValid: false })] };
    const { outcome } = await fly({ trust }, {}, { ...ISSUER, names: { ["1".repeat(40)]: "line-3" } });
    expect(outcome).toMatchObject({
      warnings: [expect.stringMatching(/no proof of possession: prove it for root, where/)],
    });
  });

  it("gives its advice for a certificate whose authority is here, if several are trusted", async () => {
    const unproven = { proofOfPossessionValid: false };
    const value = [
      trusted({ ...unproven, fingerprint: "2".repeat(40) }),
      trusted({ ...unproven, fingerprint: "1".repeat(40) }),
    ];
    const { outcome } = await fly(
      { trust: { kind: "answer", value } },
      {},
      { ...ISSUER, names: { ["1".repeat(40)]: "line-3" } },
    );
    expect(outcome).toMatchObject({ warnings: [expect.stringMatching(/authority prove line-3`/)] });
  });

  it("warns of auto registration while devices are registered in bulk", async () => {
    const value = [trusted({ autoRegistrationEnabled: true })];
    const { outcome } = await fly({ trust: { kind: "answer", value } });
    expect(outcome).toMatchObject({ kind: "ready", warnings: [expect.stringMatching(/auto registration is on/)] });
  });

  it("refuses mode auto without auto registration, and needs no role for it with", async () => {
    const without = await fly({ roles: [] }, { mode: "auto" });
    expect(without.outcome).toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/upload acme-root --auto-registration`/),
    });
    const value = [trusted({ autoRegistrationEnabled: true })];
    const { outcome } = await fly({ roles: [], trust: { kind: "answer", value } }, { mode: "auto" });
    expect(outcome).toMatchObject({ kind: "ready", warnings: [] });
  });

  it("asks for the login alone when nothing is registered", async () => {
    const { outcome, calls } = await fly({ roles: [] }, { mode: "none" });
    expect(outcome).toMatchObject({ kind: "ready", warnings: [], platformTimeMs: NOW + 5 });
    expect(calls).toEqual(["tenant"]);
  });

  it("only warns when the trust list may not be read", async () => {
    const { outcome } = await fly({ trust: { kind: "refused", status: 403, message: "HTTP 403" } });
    expect(outcome).toMatchObject({
      kind: "ready",
      warnings: [expect.stringMatching(/may not read the trusted certificates/)],
    });
    const silent = await fly({ trust: { kind: "unknown", message: "reset" } });
    expect(silent.outcome.kind).toBe("unreachable");
  });
});
