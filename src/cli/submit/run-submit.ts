import { OnboardingError } from "../../domain/error.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { requireLot } from "../../run/lot/record-job.ts";
import type { RunRequest } from "../../run/run-lot.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { runOne } from "../run/run-targets.ts";

/** `lotmint submit`: runs a lot that exists, mints nothing, and sends again what the platform rejected. */
export async function runSubmit(name: string, context: CliContext): Promise<number> {
  return context.withLedger(async (ledger) => {
    const request = await requestToSend(ledger, name, context);
    const tools = await makeRunTools(context, ledger, undefined);
    return runOne(tools, context, request);
  });
}

/** The run that sends a lot again and mints nothing. Throws `usage` for a lot that is unknown or has nothing to send. */
export async function requestToSend(
  ledger: Ledger,
  name: string,
  context: Pick<CliContext, "site" | "openPlatform">,
): Promise<RunRequest> {
  const { lot, job } = await requireLot(ledger, name);
  if (job.registration.mode !== "bulk") {
    throw new OnboardingError(
      `lot ${lot} has nothing to submit: its job's registration mode is ${job.registration.mode}`,
      { code: "usage" },
    );
  }
  if (context.site().platform === undefined) await context.openPlatform();
  const sending = { ...job, submit: { ...job.submit, enabled: true } };
  // Nothing is signed, so that neither changed settings nor this machine's clock can spoil anything.
  return { lot, job: sending, acceptChanges: true, acceptClock: true, resend: true };
}
