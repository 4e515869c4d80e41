import { OnboardingError } from "../../domain/error.ts";
import { requireLot } from "../../run/lot/record-job.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { runOne } from "../run/run-targets.ts";

/** `lotmint submit`: runs a lot that exists, mints nothing, and sends again what the platform rejected. */
export async function runSubmit(name: string, context: CliContext): Promise<number> {
  return context.withLedger(async (ledger) => {
    const { lot, job } = await requireLot(ledger, name);
    if (job.registration.mode !== "bulk") {
      throw new OnboardingError(
        `lot ${lot} has nothing to submit: its job's registration mode is ${job.registration.mode}`,
        { code: "usage" },
      );
    }
    if (context.site().platform === undefined) await context.openPlatform();
    const tools = await makeRunTools(context, ledger, undefined);
    const sending = { ...job, submit: { ...job.submit, enabled: true } };
    // Nothing is signed, so that neither changed settings nor this machine's clock can spoil anything.
    return runOne(tools, context, { lot, job: sending, acceptChanges: true, acceptClock: true, resend: true });
  });
}
