import { readSealRecipient } from "../../authority/foreign/seal-recipient.ts";
import { describeAuthority, readAuthority } from "../../authority/load-authority.ts";
import { verifyChain } from "../../authority/verify-chain.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT, worstExitCode } from "../../domain/exit-code.ts";
import type { Job } from "../../domain/job.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { DecidedBatch } from "../../domain/plan.ts";
import type { Problem } from "../../domain/problem.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { planLot } from "../../plan/plan-lot.ts";
import { summarizePlan } from "../../plan/summarize-plan.ts";
import { planText } from "../../report/plan-text.ts";
import { isTakenIn } from "../../run/absorb-manifest.ts";
import { loadTruststore } from "../../run/lot/load-truststore.ts";
import { recordedJob, refuseMixedIssuance } from "../../run/lot/record-job.ts";
import type { CliContext } from "../context.ts";
import { type AskedLot, findLots } from "../find-lots.ts";

const MOST_PROBLEMS = 1000;

/** `lotmint plan`: what a run would decide, lot by lot; 3 when some rows would be rejected. Throws `issuer-unusable` where a run could mint nothing. */
export async function runPlan(
  args: { readonly target: string; readonly issuer?: string | undefined },
  context: CliContext,
): Promise<number> {
  return context.withLedgerToRead(async (ledger) => {
    const codes: number[] = [];
    for (const asked of await findLots(args.target, args.issuer, context, ledger)) {
      codes.push(await planOne(asked, context, ledger));
    }
    return worstExitCode(codes);
  });
}

async function planOne({ lot, job, manifest }: AskedLot, context: CliContext, ledger: Ledger): Promise<number> {
  const issuer = describeAuthority(context.home, job.issuer);
  const planned = await planLot({
    home: context.home,
    site: context.site(),
    ledger,
    job,
    lot,
    manifest,
    manifestName: manifest,
  });
  const problems: Problem[] = [];
  const before = await recordedJob(ledger, lot);
  const manifests = await ledger.manifests(lot);
  const plan = await summarizePlan({
    lot,
    job,
    batches: noting(planned.batches, problems),
    lotIds: () => ledger.deviceIds(lot),
    counts: await ledger.countByStage(lot),
    corrected: planned.corrected,
    takenIn: () => isTakenIn(planned.sha256(), manifests, before, job),
  });
  const settings = settingsOf(job);
  const notes = [
    ...(await findLotHindrances(lot, job, ledger)),
    ...(plan.run.mint > 0 ? findHindrances(job, context) : []),
  ];
  context.printJson({
    ...plan,
    manifest,
    issuer: job.issuer,
    job: job.name,
    settings: Object.fromEntries(settings),
    problems,
    notes,
  });
  context.print(
    planText({ plan, manifest, issuer: `${job.issuer} (${issuer.subject})`, settings, problems, notes }, context),
  );
  // The plan is shown first: what is wrong with its rows is worth knowing too.
  if (plan.run.mint > 0) verifyChain(job.issuer, readAuthority(context.home, job.issuer).chain, context.now());
  return plan.rejected > 0 ? EXIT.rejected : EXIT.done;
}

/** What of the lot as it stands a run would stop at. */
async function findLotHindrances(lot: string, job: Job, ledger: Ledger): Promise<readonly string[]> {
  const notes: string[] = [];
  const heldBy = (await ledger.lot(lot))?.heldBy ?? null;
  if (heldBy !== null) {
    notes.push(`the lot is held by process ${heldBy.pid} on ${heldBy.host}: if that still runs, these figures change`);
  }
  try {
    await refuseMixedIssuance(ledger, lot, job, false);
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    notes.push(`a run would stop: ${error.message}`);
  }
  return notes;
}

/** What of the files that the job names a run would stop at, or warn of. */
function findHindrances({ truststore, secrets, passwords }: Job, { home, now }: CliContext): readonly string[] {
  const notes: string[] = [];
  const attempt = (read: () => readonly string[]) => {
    try {
      notes.push(...read());
    } catch (error) {
      if (!(error instanceof OnboardingError)) throw error;
      notes.push(`a run would stop: ${error.message}`);
    }
  };
  if (truststore !== undefined) attempt(() => loadTruststore(home, truststore, now()).notes);
  const { sealTo } = secrets;
  if (sealTo !== undefined && passwords === "per-device") {
    attempt(() => {
      readSealRecipient(sealTo, now());
      return [];
    });
  }
  return notes;
}

async function* noting(batches: AsyncIterable<DecidedBatch>, problems: Problem[]): AsyncGenerator<DecidedBatch> {
  for await (const batch of batches) {
    for (const { problem } of batch.rejected) if (problems.length < MOST_PROBLEMS) problems.push(problem);
    yield batch;
  }
}

function settingsOf(job: Job): (readonly [string, string])[] {
  const { keystores, registration, submit, truststore, validity } = job;
  const formats = [
    keystores.pkcs12 === undefined ? "" : `PKCS#12 (${keystores.pkcs12.recipe})`,
    keystores.jks === undefined ? "" : "JKS",
    keystores.pem.key === "none" ? "" : `key.pem (${keystores.pem.key})`,
  ].filter((format) => format !== "");
  const days =
    validity.kind === "days"
      ? `${validity.days} ${nounFor(validity.days, "day")}`
      : validity.kind === "years"
        ? `${validity.years} ${nounFor(validity.years, "year")}`
        : "";
  const until = validity.kind === "until" ? `until ${new Date(validity.notAfterMs).toISOString()}` : "";
  return [
    ["profile", job.profile.name],
    ["key", job.key],
    ["validity", days || until || "no end"],
    ["keystores", formats.join(", ") || "PEM only"],
    ...(truststore === undefined
      ? []
      : [["truststore", `${truststore.formats.join(", ")} per ${truststore.per}`] as const]),
    ["registration", registration.mode === "bulk" && !submit.enabled ? "bulk, not submitted" : registration.mode],
  ];
}
