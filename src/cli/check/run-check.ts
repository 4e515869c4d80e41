import { readAuthority } from "../../authority/load-authority.ts";
import { EXIT } from "../../domain/exit-code.ts";
import type { Job } from "../../domain/job.ts";
import { askTenant } from "../../platform/ask-tenant.ts";
import { DEFAULT_RETRY } from "../../platform/retry.ts";
import { retrying } from "../../platform/retrying.ts";
import { checkText } from "../../report/check-text.ts";
import { type CheckOutcome, checkLot } from "../../run/check/check-lot.ts";
import type { LotToCheck } from "../../run/check/check-scope.ts";
import { requireLot } from "../../run/lot/record-job.ts";
import type { CliContext } from "../context.ts";
import { showProgress } from "../progress.ts";
import { readSecretsKey } from "../read-secrets-key.ts";
import { recoverRestored } from "./recover-restored.ts";

export interface CheckArguments {
  readonly lot: string;
  readonly sample?: number | undefined;
  readonly platform: boolean;
  readonly secretsKey?: string | undefined;
}

/** `lotmint check`: 0 when all is as the ledger says, 3 when anything differs. */
export async function runCheck(args: CheckArguments, context: CliContext): Promise<number> {
  const secretsKey = readSecretsKey(args.secretsKey, context);
  await recoverRestored(args.lot, context);
  return context.withLedgerToRead(async (ledger) => {
    const { lot, job } = await requireLot(ledger, args.lot);
    const { issued } = await ledger.countLotCertificates(lot);
    const total = Math.min(issued, args.sample ?? issued);
    const progress = showProgress(context.statusLine, context.log, context.now);
    const outcome = await withPlatform(args.platform, context, (platform) =>
      checkLot({
        ledger,
        home: context.home,
        lot,
        chain: readAuthority(context.home, job.issuer).chainDer,
        random: Math.random,
        now: context.now,
        signal: context.signal,
        onProgress: (done) => progress({ lot, room: "checking", done, total }),
        ...(args.sample !== undefined && { sample: args.sample }),
        ...(platform !== undefined && { platform }),
        ...lotPassword(job, context),
        ...secretsKey,
      }),
    );
    context.printJson(outcome);
    context.print(checkText(outcome, context));
    return outcome.found > 0 ? EXIT.rejected : EXIT.done;
  });
}

function lotPassword(job: Job, context: CliContext): { readonly lotPassword?: string } {
  return job.passwords === "per-lot" ? { lotPassword: context.secrets.lotPassword() } : {};
}

async function withPlatform(
  wanted: boolean,
  context: CliContext,
  check: (platform: LotToCheck["platform"]) => Promise<CheckOutcome>,
): Promise<CheckOutcome> {
  if (!wanted) return check(undefined);
  const platform = retrying(await context.openPlatform(), { ...DEFAULT_RETRY, signal: context.signal });
  try {
    return await check({ platform, tenant: await askTenant(platform) });
  } finally {
    await platform.close();
  }
}
