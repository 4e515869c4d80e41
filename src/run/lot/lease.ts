import { EXIT, exitCodeOf } from "../../domain/exit-code.ts";
import type { LotLease } from "../../ledger/locks.ts";
import { keepHeartbeat } from "./heartbeat.ts";
import type { RunTools } from "./run-tools.ts";

/**
 * Takes a lot for the length of `work`, beats meanwhile, and frees it with the exit code that `work`
 * comes to. Throws `lot-held` when another run has it.
 */
export async function withLotLease<T extends { readonly exitCode: number }>(
  tools: RunTools,
  lot: string,
  work: (lease: LotLease) => Promise<T>,
): Promise<T> {
  const lease = await tools.ledger.acquireLot(lot, tools.owner);
  const heartbeat = keepHeartbeat(tools.ledger, lease, (error) =>
    tools.log.warn(
      { lot, reason: messageOf(error) },
      `another run may have taken over lot ${lot}: ${messageOf(error)}`,
    ),
  );
  let exitCode: number = EXIT.defect;
  try {
    const result = await work(lease);
    exitCode = result.exitCode;
    return result;
  } catch (error) {
    exitCode = exitCodeOf(error);
    throw error;
  } finally {
    heartbeat.stop();
    await tools.ledger.releaseLot(lease, exitCode).catch((error: unknown) => {
      tools.log.warn(
        { lot, reason: messageOf(error) },
        `lot ${lot} could not be released, and the next run takes it over: ${messageOf(error)}`,
      );
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
