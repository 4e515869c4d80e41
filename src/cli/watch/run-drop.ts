import { readFileSync } from "node:fs";
import { strayDiskError } from "../../disk/disk-error.ts";
import { lotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT, exitCodeOf } from "../../domain/exit-code.ts";
import type { Job } from "../../domain/job.ts";
import type { LotReport } from "../../domain/report.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { describeLot } from "../../run/lot/describe-lot.ts";
import { runLot } from "../../run/run-lot.ts";
import { errorOutcome } from "../../watch/error-outcome.ts";
import type { LotOutcome } from "../../watch/lot-outcome.ts";
import type { FileToRun } from "../../watch/watch-options.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import type { DropAssignment } from "./assign-drop.ts";
import type { SharedLedger } from "./share-ledger.ts";

/** Runs the lot of one file for the watcher. Never throws: a defect is logged and becomes exit code 1. */
export async function runDrop(
  file: FileToRun,
  context: CliContext,
  ledgers: SharedLedger,
  assignment: DropAssignment,
): Promise<LotOutcome> {
  const { path } = file;
  let { lot } = file;
  const startedAtMs = context.now();
  let job: Job | undefined;
  const blank = (error: unknown) =>
    errorOutcome({
      exitCode: exitCodeOf(error),
      problem: messageOf(error),
      concerns: concernsOf(error),
      lot,
      job: file.job,
      nowMs: context.now(),
    });
  try {
    // Another file of the same lot, spelled otherwise, may have come first since this one was claimed.
    lot = await ledgers.use(async (ledger) => (await ledger.lotName(file.lot)) ?? file.lot);
    job = await assignment.jobOf({ ...file, lot });
    return await ledgers.use((ledger) => runWith(ledger, job as Job));
  } catch (cause) {
    const error = strayDiskError(cause);
    if (!(error instanceof OnboardingError)) {
      context.log.fatal(
        { file: file.name, lot, stack: stackOf(error) },
        "this is a defect of lotmint; please report it",
      );
    }
    return blank(error);
  }

  async function runWith(ledger: Ledger, job: Job): Promise<LotOutcome> {
    const layout = lotLayout(context.home, lot, job.secrets.folder);
    const places = { folder: layout.folder, rejects: layout.rejects };
    const made = await makeRunTools(context, ledger, undefined);
    const tools = {
      ...made,
      issuerAccess: (name: string) => context.keyAccess(name, { ask: false }),
      onProgress: (progress: Parameters<typeof made.onProgress>[0]) => {
        file.onProgress();
        made.onProgress(progress);
      },
    };
    try {
      const request = { lot, job, manifest: path, acceptChanges: false, acceptClock: false, resend: false };
      const report = await runLot(tools, request);
      const { exitCode } = report;
      const ended = exitCode === EXIT.done || exitCode === EXIT.rejected;
      return { exitCode, report, places, unchanged: ended && isEarlier(layout.reportJson, report) };
    } catch (cause) {
      const error = strayDiskError(cause);
      if (!(error instanceof OnboardingError) || (await ledger.lot(lot)) === undefined) throw error;
      const walked = { startedAtMs, stages: {}, notes: [], errors: [error], minted: 0 };
      const report = await describeLot({ ledger, home: context.home, now: context.now }, lot, job, walked);
      const exitCode = exitCodeOf(error);
      const { message: problem, concerns } = error;
      return { exitCode, report: { ...report, exitCode }, problem, ...(concerns && { concerns }), places };
    }
  }
}

/** A run that changed nothing leaves the report of the run before as it is. */
function isEarlier(reportJson: string, report: LotReport): boolean {
  try {
    return (JSON.parse(readFileSync(reportJson, "utf8")) as LotReport).endedAt !== report.endedAt;
  } catch {
    return false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof OnboardingError ? error.message : "this is a defect of lotmint; its log says more";
}

function concernsOf(error: unknown): OnboardingError["concerns"] {
  return error instanceof OnboardingError ? error.concerns : undefined;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
