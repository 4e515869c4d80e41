import { pino } from "pino";
import { expect, test } from "vitest";
import type { Site } from "../../../src/domain/job.ts";
import type { RevokedSerial } from "../../../src/domain/revocation.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { Platform, Reply } from "../../../src/platform/platform.ts";
import type { RunTools } from "../../../src/run/lot/run-tools.ts";
import { pushRevocations } from "../../../src/run/revoke/push-revocations.ts";

const TAKEN: Reply<true> = { kind: "answer", value: true };

function serials(count: number): readonly RevokedSerial[] {
  return Array.from({ length: count }, (_, index) => ({
    serialNumber: (index + 1).toString(16).padStart(6, "0"),
    revokedAtMs: 1000,
    reason: "superseded" as const,
  }));
}

/** A ledger with a list of serial numbers, and a platform that gives these answers; both write down what comes. */
function makeWorld(list: readonly RevokedSerial[], replies: readonly Reply<true>[], option: Reply<string | undefined>) {
  const log: string[] = [];
  const sent: (readonly string[])[] = [];
  let push = 0;
  const ledger: Pick<Ledger, "unpushedSerials" | "openPush" | "closePush"> = {
    unpushedSerials: async ({ after, limit }) =>
      list.filter(({ serialNumber }) => serialNumber > after).slice(0, limit),
    openPush: async ({ platform, serialNumbers }) => {
      log.push(`open ${platform} ${serialNumbers.length}`);
      return ++push;
    },
    closePush: async (_push, { kind, serialNumbers }) => {
      log.push(`close ${kind} ${serialNumbers.length}`);
    },
  };
  const platform: Pick<Platform, "currentTenant" | "revokeSerials" | "tenantOption"> = {
    currentTenant: async () => ({ kind: "answer", value: { id: "t1" } }),
    revokeSerials: async (batch) => {
      log.push("send");
      sent.push(batch.map(({ serialNumber }) => serialNumber));
      return replies[sent.length - 1] ?? TAKEN;
    },
    tenantOption: async (category, key) => {
      log.push(`ask ${category}/${key}`);
      return option;
    },
  };
  const tools = {
    ledger: ledger as Ledger,
    site: { platform: { url: "https://p" } } as Site,
    signal: AbortSignal.abort(),
    log: pino({ level: "silent" }),
  } satisfies Pick<RunTools, "ledger" | "site" | "signal" | "log">;
  return { log, sent, push: () => pushRevocations(tools, platform as Platform, ["line-1"]) };
}

test("at most 5,000 serial numbers go at a time, each time recorded before and after", async () => {
  const list = serials(12_001);
  const { log, sent, push } = makeWorld(list, [], { kind: "answer", value: "true" });
  expect(await push()).toEqual({ tenant: "t1", serials: 12_001, offlineCheck: true });
  expect(sent.map((batch) => batch.length)).toEqual([5000, 5000, 2001]);
  expect(sent.flat()).toEqual(list.map(({ serialNumber }) => serialNumber));
  expect(log.slice(0, 3)).toEqual(["open https://p t1 5000", "send", "close answered 5000"]);
  expect(log.at(-1)).toBe("ask configuration/crl.offline.check.enabled");
});

test("a refusal is recorded, ends it and names the role; nothing after it is sent", async () => {
  const { log, push } = makeWorld(serials(6000), [TAKEN, { kind: "refused", status: 403, message: "no" }], {
    kind: "answer",
    value: undefined,
  });
  await expect(push()).rejects.toMatchObject({
    code: "platform-refused",
    message: expect.stringContaining("ROLE_TENANT_ADMIN or ROLE_TENANT_MANAGEMENT_ADMIN"),
  });
  expect(log.slice(-3)).toEqual(["open https://p t1 1000", "send", "close refused 1000"]);
});

test("no useful answer leaves it unknown, to be sent again", async () => {
  const { log, push } = makeWorld(serials(1), [{ kind: "unknown", message: "timed out" }], {
    kind: "answer",
    value: undefined,
  });
  await expect(push()).rejects.toMatchObject({ code: "platform-unreachable" });
  expect(log.at(-1)).toBe("close unknown 1");
});

test.each([
  ["off when it is not set", { kind: "answer", value: undefined }, false],
  ["off when it is set to something else", { kind: "answer", value: "false" }, false],
  ["not known when it cannot be read", { kind: "refused", status: 403, message: "no" }, null],
] as const)("the offline check is %s", async (_, option, offlineCheck) => {
  const { push } = makeWorld([], [], option);
  expect(await push()).toEqual({ tenant: "t1", serials: 0, offlineCheck });
});
