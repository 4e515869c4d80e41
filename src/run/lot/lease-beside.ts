import { OnboardingError } from "../../domain/error.ts";
import { exitCodeOf } from "../../domain/exit-code.ts";
import type { LotLease } from "../../ledger/locks.ts";
import { withLotLease } from "./lease.ts";
import type { RunTools } from "./run-tools.ts";

/** What a lot is said to have ended with when no run of it ever ended: run it again. */
const NEVER_ENDED = exitCodeOf(new OnboardingError("", { code: "stopped" }));

/**
 * Takes a lot for work that is no run of it: how its last run ended stays as it was, whatever comes of this. Throws
 * `lot-held` when a run has it.
 */
export async function withLeaseBeside<T>(
  tools: RunTools,
  lot: string,
  work: (lease: LotLease) => Promise<T>,
): Promise<T> {
  const exitCode = (await tools.ledger.lot(lot))?.lastExitCode ?? NEVER_ENDED;
  const { ended } = await withLotLease(tools, lot, async (lease) => {
    const [ended] = await Promise.allSettled([work(lease)]);
    return { ended, exitCode };
  });
  if (ended.status === "rejected") throw ended.reason;
  return ended.value;
}
