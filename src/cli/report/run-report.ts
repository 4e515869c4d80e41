import { requireLot } from "../../run/lot/record-job.ts";
import { rewriteReports } from "../../run/lot/rewrite-reports.ts";
import type { CliContext } from "../context.ts";
import { printReport } from "../run/run-targets.ts";

/** `lotmint report`: devices.csv, rejects.csv and the reports as the ledger has them; the answer is 0 once they are written. */
export async function runReport(name: string, context: CliContext): Promise<number> {
  return context.withLedgerToRead(async (ledger) => {
    const { lot, job } = await requireLot(ledger, name);
    const report = await rewriteReports({ ledger, home: context.home, now: context.now }, lot, job);
    printReport(report, job.secrets.folder, context);
    return 0;
  });
}
