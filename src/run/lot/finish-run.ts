import { existsSync, readFileSync } from "node:fs";
import { OnboardingError } from "../../domain/error.ts";
import type { LotReport } from "../../domain/report.ts";
import { describeLot } from "./describe-lot.ts";
import type { LotAtWork } from "./lot-at-work.ts";
import type { RunTools } from "./run-tools.ts";
import { writeOutputs } from "./write-outputs.ts";

/**
 * Says how a lot stands after a run, and writes that for everybody who reads it. A run that changed
 * nothing leaves the files of the run before as they are, unless these tell another state: a run that was stopped
 * right after its last step has left nothing to do, but says that it was stopped; one that was killed there has told
 * nothing of what it did. With an `error` that ended the run already, one
 * that hinders the report is not told besides.
 */
export async function finishRun(
  tools: RunTools,
  { lease, job, layout, walk }: LotAtWork,
  error?: OnboardingError,
): Promise<LotReport> {
  // The caller that throws the other error reports it as well.
  for (const { code, message } of walk.errors) tools.log.error({ lot: lease.lot, code }, message);
  const errors = error === undefined ? walk.errors : [error, ...walk.errors];
  const walked = { ...walk, notes: walk.notes, minted: walk.minted, errors };
  const report = await describeLot(tools, lease.lot, job, walked);
  const isCurrent =
    !walk.changed &&
    error === undefined &&
    toldState(layout.reportJson) === stateOf(report) &&
    existsSync(layout.devicesCsv);
  if (isCurrent) return report;
  try {
    // A run that lost the lot while it slept leaves the reports to the run that has it now.
    await tools.ledger.heartbeat(lease);
    await writeOutputs(tools.ledger, layout, job, report);
  } catch (cause) {
    if (error === undefined || !(cause instanceof OnboardingError)) throw cause;
  }
  return report;
}

/** What a report says of the lot itself, not of a run: every run leaves events, so the ledger's head would always be another. */
function stateOf(report: LotReport): string {
  const { exitCode, manifestSha256, issuer, counts, rows, rejects, certificates, reworks, receipt } = report;
  return JSON.stringify([exitCode, manifestSha256, issuer, counts, rows, rejects, certificates, reworks, receipt]);
}

function toldState(reportJson: string): string | undefined {
  try {
    return stateOf(JSON.parse(readFileSync(reportJson, "utf8")) as LotReport);
  } catch {
    return undefined;
  }
}
