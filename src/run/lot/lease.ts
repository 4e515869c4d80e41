import { EXIT, exitCodeOf } from "../../domain/exit-code.ts";
import type { LotHold } from "../../ledger/locks.ts";
import { keepHeartbeat } from "./heartbeat.ts";
import type { RunTools } from "./run-tools.ts";

/**
 * Takes a lot for the length of `work`, beats meanwhile, and frees it with the exit code that `work`
 * comes to. Throws `lot-held` when another run has it.
 */
export async function withLotLease<T extends { readonly exitCode: number }>(
  tools: RunTools,
  lot: string,
  work: (hold: LotHold) => Promise<T>,
): Promise<T> {
  const hold = await tools.ledger.acquireLot(lot, tools.owner);
  const beat = keepHeartbeat(tools.ledger, hold, (error) =>
    tools.log.warn({ lot, reason: messageOf(error) }, "the lot was lost"),
  );
  let exitCode: number = EXIT.defect;
  try {
    const result = await work(hold);
    exitCode = result.exitCode;
    return result;
  } catch (error) {
    exitCode = exitCodeOf(error);
    throw error;
  } finally {
    beat.stop();
    await tools.ledger.releaseLot(hold, exitCode).catch((error: unknown) => {
      tools.log.warn({ lot, reason: messageOf(error) }, "the lot could not be freed; the next run takes it over");
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
