import type { Ledger } from "../../ledger/ledger.ts";
import { HEARTBEAT_MS, type LotLease } from "../../ledger/locks.ts";

/**
 * Shows the ledger now and then that the run is alive, until it is stopped. A beat that the ledger refuses
 * ends the beating and is told once: the run's next commit is refused as well, and says why.
 */
export function keepHeartbeat(
  ledger: Ledger,
  lease: LotLease,
  onLost: (error: unknown) => void,
): { readonly stop: () => void } {
  const timer = setInterval(() => {
    ledger.heartbeat(lease).catch((error: unknown) => {
      clearInterval(timer);
      onLost(error);
    });
  }, HEARTBEAT_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
