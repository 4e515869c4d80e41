import { awaitsCertificate, describeAuthority, readAuthority } from "../../authority/load-authority.ts";
import { digests } from "../../authority/stored-authority.ts";
import { authorityLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { DEFAULT_RETRY } from "../../platform/retry.ts";
import { retrying } from "../../platform/retrying.ts";
import { type ShownTrust, showTrust } from "../../platform/show-trust.ts";
import { authorityBudget } from "../../run/lot/issuer-budget.ts";
import { describeRevocations } from "../../run/revoke/describe-revocations.ts";
import { chainWarnings, judgeChain } from "../../x509/judge-chain.ts";
import type { CliContext } from "../context.ts";
import { withRecoveredLedger } from "../with-recovered-ledger.ts";
import {
  authorityText,
  budgetText,
  judgementText,
  requestText,
  revocationListText,
  trustText,
} from "./authority-text.ts";

/** Enough for a lost answer; a person must not wait long for a platform that cannot be reached. */
const TRIES = 2;

export interface ShowArguments {
  readonly name: string;
  /** true: ask the platform, whatever is configured; undefined: where address and login are given. */
  readonly platform?: boolean | undefined;
}

/** `lotmint authority show`: what is here, beside what the platform has. A platform that is away is told, and hinders nothing. */
export async function runShow(args: ShowArguments, context: CliContext): Promise<number> {
  const { name } = args;
  if (awaitsCertificate(context.home, name)) return showRequest(name, context);
  const authority = describeAuthority(context.home, name);
  await recoverLeftovers(context);
  const { budget, list } = await context.withLedgerToRead(async (ledger) => ({
    budget: await authorityBudget(ledger, context.home, name),
    list: await describeRevocations(ledger, name, context.now()),
  }));
  const hasPlatform = context.site().platform !== undefined;
  const trust = await askTrust(args, context);
  const { issued, revoked, abandoned } = budget;
  const known = trust?.kind === "known" ? { ...trust, certificate: trust.trusted[0] ?? null } : trust;
  const { chain } = readAuthority(context.home, name);
  const problem = judgeChain(chain, { nowMs: context.now(), begins: "issuer", ends: "root" })?.message ?? null;
  const warnings = chainWarnings(chain);
  context.printJson({
    ...authority,
    problem,
    warnings,
    certificates: { issued, revoked, abandoned },
    budget,
    revocationList: list,
    ...(known !== undefined && { platform: known }),
  });
  const shown = trust === undefined ? [] : trustText(trust, authority);
  context.print(
    [
      authorityText(authority),
      ...judgementText(problem, warnings),
      ...budgetText(budget),
      ...revocationListText(name, list, hasPlatform),
      ...shown,
    ].join("\n"),
  );
  return 0;
}

function showRequest(name: string, context: CliContext): number {
  const { request } = authorityLayout(context.home, name);
  context.printJson({ state: "requested", name, request });
  context.print(requestText(name, request));
  return 0;
}

/** Where nothing can be written there is nothing to recover by looking. */
async function recoverLeftovers(context: CliContext): Promise<void> {
  const open = await context.withLedgerToRead((ledger) => ledger.openSerials());
  if (open.length === 0) return;
  try {
    await withRecoveredLedger(context, async () => undefined);
  } catch (error) {
    if (!(error instanceof OnboardingError) || error.code !== "disk-unwritable") throw error;
  }
}

/** Undefined: there is no platform to ask. */
async function askTrust(
  { name, platform: wanted }: ShowArguments,
  context: CliContext,
): Promise<ShownTrust | undefined> {
  if (wanted === false || (wanted === undefined && context.site().platform === undefined)) return undefined;
  let platform: Awaited<ReturnType<typeof context.openPlatform>>;
  try {
    // Nobody who only looks is asked for a password, unless the platform was asked for.
    platform = await context.openPlatform({ ask: wanted === true });
  } catch (error) {
    // Without a usable login this is no error, unless --platform asked for it.
    if (wanted === true || !(error instanceof OnboardingError)) throw error;
    return { kind: "away", message: error.message };
  }
  try {
    const chain = readAuthority(context.home, name).chainDer.map((der) => digests(der).sha1);
    return await showTrust(retrying(platform, { ...DEFAULT_RETRY, tries: TRIES, signal: context.signal }), chain);
  } finally {
    await platform.close();
  }
}
