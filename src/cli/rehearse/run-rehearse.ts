import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { siteEndpoints } from "../../platform/device/device-endpoint.ts";
import { DEFAULT_RETRY } from "../../platform/retry.ts";
import { retrying } from "../../platform/retrying.ts";
import { rehearsalText } from "../../report/rehearsal-text.ts";
import { requireLot } from "../../run/lot/record-job.ts";
import { rehearseLot } from "../../run/rehearse/rehearse-lot.ts";
import type { CliContext } from "../context.ts";
import { showProgress } from "../progress.ts";
import { readSecretsKey } from "../read-secrets-key.ts";

export interface RehearseArguments {
  readonly lot: string;
  readonly sample?: number | undefined;
  readonly secretsKey?: string | undefined;
}

/** Somebody waits in front of the terminal: a platform that is away is told soon. */
const TRIES = 4;
const ENDPOINT_TIMEOUT_MS = 30_000;
const TOKEN_ANSWER_MS = 3_000;

/** `lotmint rehearse`: 0 when the platform does with each device what it should, 3 when it does not. */
export async function runRehearse(args: RehearseArguments, context: CliContext): Promise<number> {
  const secretsKey = readSecretsKey(args.secretsKey, context);
  return context.withLedgerToRead(async (ledger) => {
    const { lot, job } = await requireLot(ledger, args.lot);
    const site = context.site().platform;
    if (site === undefined) {
      throw new OnboardingError(`${context.home.siteFile} names no platform to connect to`, { code: "usage" });
    }
    const retry = { ...DEFAULT_RETRY, tries: TRIES, signal: context.signal };
    const progress = showProgress(context.statusLine, context.log, context.now);
    const platform = context.secrets.hasPlatformLogin() ? retrying(await context.openPlatform(), retry) : undefined;
    try {
      const outcome = await rehearseLot({
        ledger,
        home: context.home,
        lot,
        doors: { ...siteEndpoints(site), timeoutMs: ENDPOINT_TIMEOUT_MS, answerMs: TOKEN_ANSWER_MS, retry },
        random: Math.random,
        now: context.now,
        onProgress: (done, total) => progress({ lot, room: "rehearsing", done, total }),
        ...(args.sample !== undefined && { sample: args.sample }),
        ...(platform !== undefined && { platform }),
        ...(job.passwords === "per-lot" && { lotPassword: context.secrets.lotPassword() }),
        ...secretsKey,
      });
      context.printJson(outcome);
      context.print(rehearsalText(outcome, context));
      return outcome.found > 0 ? EXIT.rejected : EXIT.done;
    } finally {
      await platform?.close();
    }
  });
}
