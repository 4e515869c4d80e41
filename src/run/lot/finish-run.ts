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
 * right after its last step has left nothing to do, but says that it was stopped. With a `fault` that ended the run already, one
 * that hinders the report is not told besides.
 */
export async function finishRun(
  tools: RunTools,
  { lease, job, layout, walk }: LotAtWork,
  fault?: OnboardingError,
): Promise<LotReport> {
  // Whoever throws the other one tells it as well.
  for (const { code, message } of walk.faults) tools.log.error({ lot: lease.lot, code }, message);
  const faults = fault === undefined ? walk.faults : [fault, ...walk.faults];
  const walked = { ...walk, notes: walk.notes, minted: walk.minted, faults };
  const report = await describeLot(tools, lease.lot, job, walked);
  const isCurrent =
    !walk.changed &&
    fault === undefined &&
    toldExitCode(layout.reportJson) === report.exitCode &&
    existsSync(layout.devicesCsv);
  if (isCurrent) return report;
  try {
    // A run that lost the lot while it slept leaves the reports to the run that has it now.
    await tools.ledger.heartbeat(lease);
    await writeOutputs(tools.ledger, layout, job, report);
  } catch (error) {
    if (fault === undefined || !(error instanceof OnboardingError)) throw error;
  }
  return report;
}

function toldExitCode(reportJson: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(reportJson, "utf8")) as LotReport).exitCode;
  } catch {
    return undefined;
  }
}
