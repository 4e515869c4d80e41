import type { Ledger } from "../../ledger/ledger.ts";
import { LOCK_BEAT_MS, type LotHold } from "../../ledger/locks.ts";

/**
 * Shows the ledger now and then that the run is alive, until it is stopped. A beat that the ledger refuses
 * ends the beating and is told once: the run's next commit is refused as well, and says why.
 */
export function keepHeartbeat(
  ledger: Ledger,
  hold: LotHold,
  onLost: (error: unknown) => void,
): { readonly stop: () => void } {
  const timer = setInterval(() => {
    ledger.beat(hold).catch((error: unknown) => {
      clearInterval(timer);
      onLost(error);
    });
  }, LOCK_BEAT_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
