import { expect, it } from "vitest";
import type { Platform } from "../../src/platform/platform.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "../../src/platform/retry.ts";
import { retrying } from "../../src/platform/retrying.ts";

const POLICY: RetryPolicy = { ...DEFAULT_RETRY, tries: 3, sleep: async () => undefined };

/** Asks every method once; each is told apart by its first argument, and has as many arguments as the interface gives it. */
const QUESTIONS: Readonly<
  Record<Exclude<keyof Platform, "close" | "whenFree">, (platform: Platform) => Promise<unknown>>
> = {
  currentTenant: (platform) => platform.currentTenant(),
  currentUser: (platform) => platform.currentUser(),
  trustedCertificates: (platform) => platform.trustedCertificates("t1"),
  trustedCertificate: (platform) => platform.trustedCertificate("t1", "ab"),
  addTrustedCertificate: (platform) =>
    platform.addTrustedCertificate("t1", { name: "ca", pem: "PEM", autoRegistrationEnabled: false }),
  updateTrustedCertificate: (platform) => platform.updateTrustedCertificate("t1", "ab", { name: "ca" }),
  renewVerificationCode: (platform) => platform.renewVerificationCode("t1", "ab"),
  provePossession: (platform) => platform.provePossession("t1", "ab", "c2lnbmVk"),
  registerBulk: (platform) => platform.registerBulk(Buffer.from("ID\n"), "part-0001.csv"),
  hasExternalId: (platform) => platform.hasExternalId("c8y_Serial", "SN-1"),
  hasDeviceUser: (platform) => platform.hasDeviceUser("t1", "SN-1"),
  revokeSerials: (platform) => platform.revokeSerials([{ serialNumber: "01", revokedAtMs: 0 }]),
  revokedSerials: (platform) => platform.revokedSerials(),
  tenantOption: (platform) => platform.tenantOption("configuration", "key"),
};

/** A platform that is busy for the first `busy` requests and then answers with the arguments it got. */
function busyPlatform(busy: number): { readonly platform: Platform; readonly requests: unknown[][] } {
  const requests: unknown[][] = [];
  const platform = Object.fromEntries(
    Object.keys(QUESTIONS).map((name) => [
      name,
      async (...args: readonly unknown[]) => {
        requests.push([name, ...args]);
        if (requests.length <= busy) return { kind: "busy", status: 429, message: "busy" };
        return { kind: "answer", value: args };
      },
    ]),
  );
  return { platform: platform as unknown as Platform, requests };
}

const names = Object.keys(QUESTIONS) as (keyof typeof QUESTIONS)[];

it.each(names.filter((name) => name !== "registerBulk"))("asks %s again, with the same arguments", async (name) => {
  const { platform, requests } = busyPlatform(2);
  const bare = busyPlatform(0);
  await QUESTIONS[name](bare.platform);
  expect(await QUESTIONS[name](retrying(platform, POLICY))).toMatchObject({ kind: "answer" });
  const asked = bare.requests[0] ?? [];
  expect(requests.map((request) => request.slice(0, asked.length))).toEqual([asked, asked, asked]);
});

it("sends an upload once, whatever the platform answers", async () => {
  const { platform, requests } = busyPlatform(9);
  expect(await QUESTIONS.registerBulk(retrying(platform, POLICY))).toMatchObject({ kind: "busy" });
  expect(requests).toHaveLength(1);
});

it("stops asking when the signal given with the question is aborted, and passes it to each request", async () => {
  const { platform, requests } = busyPlatform(9);
  const stop = new AbortController();
  const policy = { ...POLICY, signal: new AbortController().signal, onPause: () => stop.abort() };
  expect(await retrying(platform, policy).currentTenant(stop.signal)).toMatchObject({ kind: "busy" });
  expect(requests).toEqual([["currentTenant", stop.signal]]);
});

it("closes the platform that it was given", async () => {
  let closed = 0;
  const close = async () => {
    closed += 1;
  };
  const platform = { close } as unknown as Platform;
  await retrying(platform, POLICY).close();
  expect(closed).toBe(1);
});
