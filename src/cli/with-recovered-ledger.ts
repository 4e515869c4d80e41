import type { Ledger } from "../ledger/ledger.ts";
import { recoverAuthorities } from "../run/lot/recover-authorities.ts";
import type { CliContext } from "./context.ts";

/** Opens the ledger for a command about authorities, and recovers first what a killed command left. */
export function withRecoveredLedger<T>(context: CliContext, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  return context.withLedger(async (ledger) => {
    await recoverAuthorities(ledger, context);
    return use(ledger);
  });
}
