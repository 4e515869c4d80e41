import { expect, it } from "vitest";
import type { Platform, Reply, TrustedCertificate } from "../../src/platform/platform.ts";
import { DEFAULT_RETRY } from "../../src/platform/retry.ts";
import { retrying } from "../../src/platform/retrying.ts";
import { showTrust } from "../../src/platform/show-trust.ts";

const ROOT: TrustedCertificate = {
  fingerprint: "2".repeat(40),
  name: "root",
  status: "ENABLED",
  autoRegistrationEnabled: false,
  proofOfPossessionValid: true,
};

function show(tenant: Reply<{ readonly id: string }>, reply?: Reply<TrustedCertificate | undefined>) {
  const platform = {
    currentTenant: async () => tenant,
    trustedCertificate: async (_tenant: string, sha1: string) =>
      reply ?? { kind: "answer", value: sha1 === ROOT.fingerprint ? ROOT : undefined },
  } as unknown as Platform;
  const policy = { ...DEFAULT_RETRY, tries: 2, sleep: async () => undefined };
  return showTrust(retrying(platform, policy), ["1".repeat(40), ROOT.fingerprint]);
}

it("tells of each certificate of the chain whether and how the tenant has it", async () => {
  expect(await show({ kind: "answer", value: { id: "t1" } })).toEqual({
    kind: "known",
    tenant: "t1",
    trusted: [undefined, ROOT],
  });
});

it("says why when the platform is away or refuses, and throws nothing", async () => {
  expect(await show({ kind: "unknown", message: "the connection was reset" })).toEqual({
    kind: "away",
    message: expect.stringContaining("the connection was reset"),
  });
  expect(await show({ kind: "refused", status: 401, message: "HTTP 401" })).toMatchObject({
    kind: "away",
    message: expect.stringContaining("password or token"),
  });
  const forbidden = await show(
    { kind: "answer", value: { id: "t1" } },
    { kind: "refused", status: 403, message: "HTTP 403" },
  );
  expect(forbidden).toMatchObject({ kind: "away", message: expect.stringContaining("ROLE_TENANT_ADMIN") });
});
