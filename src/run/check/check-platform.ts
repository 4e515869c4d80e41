import { createHash } from "node:crypto";
import { OnboardingError } from "../../domain/error.ts";
import { DEFAULT_ID_TYPE } from "../../domain/registration.ts";
import type { MintedRecord } from "../../ledger/reading.ts";
import { inLanes } from "../../platform/in-lanes.ts";
import { MOST_AT_ONCE } from "../../platform/pace.ts";
import type { Reply } from "../../platform/platform.ts";
import { type Check, throwIfStopped } from "./check-scope.ts";

/** The tenant still trusts at least one certificate of the chain (the platform asks for no more). */
export async function checkTrust(check: Check, { platform, tenant }: NonNullable<Check["platform"]>): Promise<void> {
  for (const octets of check.chain) {
    const fingerprint = createHash("sha1").update(octets).digest("hex");
    const trusted = answerOf(await platform.trustedCertificate(tenant, fingerprint, check.signal));
    if (trusted?.status === "ENABLED") return;
  }
  check.tell({ externalId: "", what: `tenant ${tenant} trusts no certificate of the issuing chain any more` });
}

/** Asks for external id and user of the confirmed devices among these, at the platform's pace; returns how many those are. */
export async function checkPlatform(page: readonly MintedRecord[], check: Check): Promise<number> {
  if (check.platform === undefined) return 0;
  const { platform, tenant } = check.platform;
  const confirmed = page.filter(({ stage }) => stage === "confirmed");
  const ask = async ({ externalId, registration }: MintedRecord) => {
    const type = registration.idType ?? DEFAULT_ID_TYPE;
    const there = answerOf(await platform.hasExternalId(type, externalId, check.signal));
    if (!there) check.tell({ externalId, what: `the platform does not have it as ${type}` });
    const user = answerOf(await platform.hasDeviceUser(tenant, externalId, check.signal));
    if (!user) check.tell({ externalId, what: "the platform does not have its device user" });
  };
  await inLanes(confirmed, MOST_AT_ONCE, (device) => {
    throwIfStopped(check.signal);
    return ask(device);
  });
  return confirmed.length;
}

function answerOf<T>(reply: Reply<T>): T {
  if (reply.kind === "answer") return reply.value;
  if (reply.kind === "refused") {
    throw new OnboardingError(`the platform answered ${reply.status}: ${reply.message}`, { code: "platform-refused" });
  }
  throw new OnboardingError(`the platform did not answer: ${reply.message}; check again later`, {
    code: "platform-unreachable",
  });
}
