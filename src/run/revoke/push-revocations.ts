import { announceStep } from "../../disk/announce-step.ts";
import { askTenant } from "../../platform/ask-tenant.ts";
import type { Platform } from "../../platform/platform.ts";
import { type Asked, replyError } from "../../platform/reply-error.ts";
import { retrying } from "../../platform/retrying.ts";
import { TRUST_ROLES } from "../../platform/roles.ts";
import { type RunTools, retryPolicy } from "../lot/run-tools.ts";

/** Most serial numbers in one request: the platform's own limit for a file. */
const MOST_SERIALS = 5000;
/** Whether the list is used is told only for convenience: not worth a minute's wait. */
const HINT_TRIES = 2;
const PUSHING: Asked = { doing: "add to its list of revoked certificates", role: TRUST_ROLES.join(" or ") };

export interface PushOutcome {
  readonly tenant: string;
  /** Serial numbers that the platform has taken now. */
  readonly serials: number;
  /** Whether the platform looks into that list at all; null: that could not be read. */
  readonly offlineCheck: boolean | null;
}

/**
 * Tells the platform of everything in these issuers' revocation lists that it was not told before: recorded,
 * sent, recorded. What a killed run sent is sent again, which changes nothing there. Throws
 * `platform-refused` and `platform-unreachable`.
 */
export async function pushRevocations(
  tools: Pick<RunTools, "ledger" | "site" | "signal" | "log">,
  platform: Platform,
  issuers: Iterable<string>,
): Promise<PushOutcome> {
  const policy = retryPolicy(tools);
  const asked = retrying(platform, policy);
  const tenant = tools.site.platform?.tenant ?? (await askTenant(asked));
  const target = `${tools.site.platform?.url ?? ""} ${tenant}`;
  let serials = 0;
  for (const issuer of new Set(issuers)) serials += await pushOne(tools, asked, issuer, target);
  return { tenant, serials, offlineCheck: await askOfflineCheck(retrying(platform, { ...policy, tries: HINT_TRIES })) };
}

async function pushOne(
  { ledger }: Pick<RunTools, "ledger">,
  platform: Platform,
  issuer: string,
  target: string,
): Promise<number> {
  let after = "";
  for (let pushed = 0; ; ) {
    const batch = await ledger.unpushedSerials({ issuer, platform: target, after, limit: MOST_SERIALS });
    const last = batch.at(-1);
    if (last === undefined) return pushed;
    const serialNumbers = batch.map(({ serialNumber }) => serialNumber);
    const push = await ledger.openPush({ issuer, platform: target, serialNumbers });
    announceStep("push-opened");
    const reply = await platform.revokeSerials(batch);
    announceStep("push-answered");
    if (reply.kind !== "answer") {
      const kind = reply.kind === "refused" ? "refused" : "unknown";
      await ledger.closePush(push, { kind, message: reply.message, serialNumbers });
      throw replyError(reply, PUSHING);
    }
    await ledger.closePush(push, { kind: "answered", serialNumbers });
    announceStep("push-closed");
    pushed += batch.length;
    after = last.serialNumber;
  }
}

/** Off unless the option says otherwise: that is the platform's default. */
async function askOfflineCheck(platform: Platform): Promise<boolean | null> {
  const reply = await platform.tenantOption("configuration", "crl.offline.check.enabled");
  return reply.kind === "answer" ? reply.value === "true" : null;
}
