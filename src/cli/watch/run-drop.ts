import { readFileSync } from "node:fs";
import { strayDiskError } from "../../disk/disk-error.ts";
import { lotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT, exitCodeOf } from "../../domain/exit-code.ts";
import type { LotReport } from "../../domain/report.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { describeLot } from "../../run/lot/describe-lot.ts";
import { type RunRequest, runLot } from "../../run/run-lot.ts";
import { errorOutcome } from "../../watch/error-outcome.ts";
import type { LotOutcome } from "../../watch/lot-outcome.ts";
import type { FileToRun, LotToRun } from "../../watch/watch-options.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { requestToSend } from "../submit/run-submit.ts";
import type { DropAssignment } from "./assign-drop.ts";
import type { SharedLedger } from "./share-ledger.ts";

/** Runs the lot of one file for the watcher. Never throws: a defect is logged and becomes exit code 1. */
export async function runDrop(
  file: FileToRun,
  context: CliContext,
  ledgers: SharedLedger,
  assignment: DropAssignment,
): Promise<LotOutcome> {
  return runWatched(file, context, ledgers, async (ledger) => {
    // Another file of the same lot, spelled otherwise, may have come first since this one was claimed.
    const lot = (await ledger.lotName(file.lot)) ?? file.lot;
    const job = await assignment.jobOf({ ...file, lot });
    return { lot, job, manifest: file.path, acceptChanges: false, acceptClock: false, resend: false };
  });
}

/** Sends a lot again for the watcher, as `lotmint submit` does. Never throws, as `runDrop`. */
export async function sendLot(sent: LotToRun, context: CliContext, ledgers: SharedLedger): Promise<LotOutcome> {
  return runWatched(sent, context, ledgers, (ledger) => requestToSend(ledger, sent.lot, context));
}

async function runWatched(
  work: LotToRun & { readonly name?: string },
  context: CliContext,
  ledgers: SharedLedger,
  prepare: (ledger: Ledger) => Promise<RunRequest>,
): Promise<LotOutcome> {
  let { lot } = work;
  const startedAtMs = context.now();
  try {
    return await ledgers.use(async (ledger) => {
      const request = await prepare(ledger);
      lot = request.lot;
      work.onBegun({ taktSeconds: request.job.taktSeconds ?? null });
      return runWith(ledger, request);
    });
  } catch (cause) {
    const error = strayDiskError(cause);
    if (!(error instanceof OnboardingError)) {
      context.log.fatal(
        { file: work.name, lot, stack: stackOf(error) },
        "this is a defect of lotmint; please report it",
      );
    }
    return errorOutcome({
      exitCode: exitCodeOf(error),
      problem: messageOf(error),
      concerns: concernsOf(error),
      lot,
      job: work.job,
      nowMs: context.now(),
    });
  }

  async function runWith(ledger: Ledger, request: RunRequest): Promise<LotOutcome> {
    const { job } = request;
    const layout = lotLayout(context.home, lot, job.secrets.folder);
    const places = { folder: layout.folder, rejects: layout.rejects };
    const made = await makeRunTools(context, ledger, undefined);
    const tools = {
      ...made,
      signal: AbortSignal.any([made.signal, work.signal]),
      onProgress: (progress: Parameters<typeof made.onProgress>[0]) => {
        work.onProgress(progress);
        made.onProgress(progress);
      },
    };
    try {
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
