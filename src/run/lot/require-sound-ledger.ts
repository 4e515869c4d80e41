import { existsSync, readFileSync } from "node:fs";
import { type Home, lotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { LotReport } from "../../domain/report.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/**
 * Refuses (`state-damaged`) to work on a ledger whose event chain is broken, or that does not have the event
 * which the lot's last report ends with: what it has lost could be done a second time. Changes nothing.
 */
export async function requireSoundLedger(ledger: Ledger, home: Home, lot: string): Promise<void> {
  await ledger.verifyLinks();
  const { reportJson } = lotLayout(home, lot);
  const head = reportedHead(reportJson);
  if (head === undefined || (await ledger.hasEvent(head))) return;
  throw new OnboardingError(
    `the ledger does not have the event that ${reportJson} ends with: its end was cut off, or it is an older copy; restore the newest backup, or move that report away if the older ledger is meant`,
    { code: "state-damaged" },
  );
}

/** The ledger's newest event as a report has it; undefined where there is no report, or none that can be read. */
export function reportedHead(reportJson: string): string | undefined {
  if (!existsSync(reportJson)) return undefined;
  try {
    const { ledgerHead } = JSON.parse(readFileSync(reportJson, "utf8")) as Partial<LotReport>;
    return typeof ledgerHead === "string" && ledgerHead !== "" ? ledgerHead : undefined;
  } catch {
    // A report is for reading: one that somebody has spoilt stops nothing, and is written anew.
    return undefined;
  }
}
