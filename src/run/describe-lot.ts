import { EXIT, exitCodeOf, worstExitCode } from "../domain/exit-code.ts";
import type { Job } from "../domain/job.ts";
import type { LotReport } from "../domain/report.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { buildReport } from "../report/build-report.ts";
import { countRejects } from "../report/count-rejects.ts";
import type { Walk } from "./walk.ts";

/** What of a walk a report tells. */
export type Walked = Pick<Walk, "startedAtMs" | "stages" | "notes" | "faults" | "minted">;

/**
 * How a lot stands, from the ledger, with what the walk adds to it. Its exit code is the lot's state: 3
 * while any row or device is rejected, whatever this run did.
 */
export async function describeLot(
  ledger: Ledger,
  lot: string,
  job: Job,
  walked: Walked,
  nowMs: number,
): Promise<LotReport> {
  const counts = await ledger.countByStage(lot);
  const rejects = await countRejects(ledger.rejects(lot));
  const rejected = Object.values(rejects).reduce((sum, of) => sum + of, 0);
  const devices = Object.values(counts).reduce((sum, of) => sum + of, 0);
  const manifests = await ledger.manifests(lot);
  const head = await ledger.head();
  const state = rejected > 0 ? EXIT.rejected : EXIT.done;
  return buildReport({
    lot,
    job: job.name,
    manifestSha256: manifests.at(-1)?.sha256 ?? "",
    issuer: job.issuer,
    startedAtMs: walked.startedAtMs,
    endedAtMs: nowMs,
    exitCode: worstExitCode([state, ...walked.faults.map(exitCodeOf)]),
    counts,
    rows: devices - counts.rejected + rejected,
    rejects,
    stages: walked.stages,
    minted: walked.minted,
    mintingMs: walked.stages["mint"] ?? 0,
    certificates: await ledger.countLotCertificates(lot),
    notes: [...jobNotes(job), ...walked.notes],
    ledgerHead: head?.digest ?? "",
    ...(job.taktSeconds !== undefined && { taktSeconds: job.taktSeconds }),
  });
}

/** What a reader of the report should know about the job itself. */
function jobNotes({ registration, submit, keystores }: Job): readonly string[] {
  const notes: string[] = [];
  if (registration.mode === "bulk" && !submit.enabled) {
    notes.push("submission is off: the registration parts were written, and nothing was sent to a platform");
  }
  if (keystores.pem.key === "plain")
    notes.push("key.pem holds each device's private key in the clear, as the job asks");
  return notes;
}
