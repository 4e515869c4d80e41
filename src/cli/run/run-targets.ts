import { strayDiskError } from "../../disk/disk-error.ts";
import { lotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { exitCodeOf, worstExitCode } from "../../domain/exit-code.ts";
import { foldLotName } from "../../domain/lot.ts";
import type { LotReport } from "../../domain/report.ts";
import { reportText } from "../../report/report-text.ts";
import type { RunTools } from "../../run/lot/run-tools.ts";
import { type RunRequest, runLot } from "../../run/run-lot.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { errorJson } from "../error-json.ts";
import { findLots } from "../find-lots.ts";

export interface RunArguments {
  readonly target: string;
  readonly issuer?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly acceptChanges: boolean;
  readonly acceptClock: boolean;
}

/** `lotmint run`: every lot that the target means, one after the other; the worst exit code counts. */
export async function runTargets(args: RunArguments, context: CliContext): Promise<number> {
  return context.withLedger(async (ledger) => {
    const lots = await findLots(args.target, args.issuer, context, ledger);
    const tools = await makeRunTools(context, ledger, args.passphraseFile);
    const codes: number[] = [];
    for (const asked of lots) {
      if (context.signal.aborted) {
        codes.push(exitCodeOf(new OnboardingError("stopped before it was begun", { code: "stopped" })));
        break;
      }
      codes.push(
        await runOne(tools, context, {
          ...asked,
          acceptChanges: args.acceptChanges,
          acceptClock: args.acceptClock,
          resend: false,
        }),
      );
    }
    return worstExitCode(codes);
  });
}

/** Runs one lot and prints how it stands; an error that ends it is logged and becomes its exit code. */
export async function runOne(tools: RunTools, context: CliContext, request: RunRequest): Promise<number> {
  try {
    await tellIfStopped(tools, request.lot);
    const report = await runLot(tools, request);
    printReport(report, request.job.secrets.folder, context);
    return report.exitCode;
  } catch (cause) {
    const error = strayDiskError(cause);
    if (!(error instanceof OnboardingError)) throw error;
    context.log.error({ code: error.code, lot: request.lot }, error.message);
    context.printJson({ lot: request.lot, ...errorJson(error) });
    return exitCodeOf(error);
  }
}

/** Whoever runs a lot by hand means it; what the watcher was told stays as it is. */
async function tellIfStopped({ ledger, log }: RunTools, lot: string): Promise<void> {
  const folded = foldLotName(lot);
  const stop = (await ledger.stoppedLots()).find((stopped) => foldLotName(stopped.lot) === folded);
  if (stop === undefined) return;
  log.warn(
    { lot, stoppedAt: new Date(stop.atMs).toISOString() },
    `lot ${lot} is stopped for the watcher until it is resumed there; this run goes on regardless`,
  );
}

export function printReport(report: LotReport, secretsFolder: string | undefined, context: CliContext): void {
  const layout = lotLayout(context.home, report.lot, secretsFolder);
  context.printJson(report);
  context.print(
    reportText(report, { folder: layout.folder, rejects: layout.rejects, html: layout.reportHtml }, context),
  );
}
