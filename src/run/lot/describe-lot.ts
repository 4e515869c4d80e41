import { showText } from "../../domain/blank-text.ts";
import { EXIT, exitCodeOf, worstExitCode } from "../../domain/exit-code.ts";
import { type Job, PER_LOT_ITERATIONS } from "../../domain/job.ts";
import { listIds } from "../../domain/list-ids.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { LotReport } from "../../domain/report.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { buildReport } from "../../report/build-report.ts";
import { countRejects } from "../../report/count-rejects.ts";
import { count } from "../../report/plain-text.ts";
import { issuerBudget } from "./issuer-budget.ts";
import type { RunTools } from "./run-tools.ts";
import type { Walk } from "./walk.ts";

/** The part of a walk that a report shows. */
export type Walked = Pick<Walk, "startedAtMs" | "stages" | "notes" | "errors" | "minted">;

/**
 * A lot's state, from the ledger, with what the walk adds to it. Its exit code is the lot's state: 3
 * while any row or device is rejected, whatever this run did.
 */
export async function describeLot(
  { ledger, home, now }: Pick<RunTools, "ledger" | "home" | "now">,
  lot: string,
  job: Job,
  walked: Walked,
): Promise<LotReport> {
  const counts = await ledger.countByStage(lot);
  const rejects = await countRejects(ledger.rejects(lot));
  const rejected = Object.values(rejects).reduce((sum, of) => sum + of, 0);
  const devices = Object.values(counts).reduce((sum, of) => sum + of, 0);
  const manifests = await ledger.manifests(lot);
  const whole = manifests.findLast(({ kind }) => kind === "full") ?? manifests.at(-1);
  const secretColumns = whole?.form?.secretColumns ?? [];
  const signer = await signerOf(ledger, lot, job);
  const head = await ledger.head(lot);
  const state = rejected > 0 ? EXIT.rejected : EXIT.done;
  return buildReport({
    lot,
    job: job.name,
    manifestSha256: manifests.at(-1)?.sha256 ?? "",
    issuer: signer,
    issuerBudget: await issuerBudget(ledger, home, { ...job, issuer: signer }),
    startedAtMs: walked.startedAtMs,
    endedAtMs: now(),
    exitCode: worstExitCode([state, ...walked.errors.map(exitCodeOf)]),
    counts,
    rows: devices - counts.rejected + rejected,
    rejects,
    ...(secretColumns.length > 0 && { secretColumns }),
    stages: walked.stages,
    minted: walked.minted,
    mintingMs: walked.stages["mint"] ?? 0,
    certificates: await ledger.countLotCertificates(lot),
    reworks: await ledger.countReworks(lot),
    notes: [
      ...jobNotes(job),
      ...(await issuerNotes(ledger, lot, job)),
      ...(await subjectNotes(ledger, lot)),
      ...secretNotes(rejected, secretColumns),
      ...walked.notes,
    ],
    ledgerHead: head?.digest ?? "",
    ...(job.taktSeconds !== undefined && { taktSeconds: job.taktSeconds }),
  });
}

/** Who signed the lot's newest certificates; the job's issuer where none is signed yet. */
export async function signerOf(ledger: Pick<Ledger, "lotIssuers">, lot: string, job: Job): Promise<string> {
  return (await ledger.lotIssuers(lot)).at(-1) ?? job.issuer;
}

async function issuerNotes(ledger: Ledger, lot: string, job: Job): Promise<readonly string[]> {
  const signers = await ledger.lotIssuers(lot);
  const notes: string[] = [];
  if (signers.length > 1) notes.push(`certificates of this lot were signed by ${signers.join(", ")}, in this order`);
  if (signers.length > 0 && !signers.includes(job.issuer)) {
    notes.push(
      `the job names issuer ${job.issuer}, which has signed nothing in this lot; only devices that are minted or reminted from now on are signed by it`,
    );
  }
  return notes;
}

const IDS_SHOWN = 10;

/** How the note begins that tells of changed subjects: it stands until the devices are reminted, whatever runs. */
export const SUBJECT_NOTE = "the subject of ";

async function subjectNotes(ledger: Ledger, lot: string): Promise<readonly string[]> {
  const { count: changed, first } = await ledger.subjectChanges(lot, IDS_SHOWN);
  if (changed === 0) return [];
  const shown = listIds(first, IDS_SHOWN, ", ", changed);
  const devices = `${changed} ${nounFor(changed, "device")}`;
  return [
    `${SUBJECT_NOTE}${devices} (${shown}) has changed, or the alias in its keystores; the certificates stay as they are until \`lotmint remint\``,
  ];
}

/** rejects.csv lacks the columns, so that a row corrected there would not be the manifest's any more. */
function secretNotes(rejected: number, secretColumns: readonly string[]): readonly string[] {
  if (rejected === 0 || secretColumns.length === 0) return [];
  const noun = nounFor(secretColumns.length, "the secret column");
  return [
    `correct rejected rows in the manifest and run it again: rejects.csv leaves out ${noun} ${secretColumns.map(showText).join(", ")}`,
  ];
}

/** What a reader of the report should know about the job itself. */
function jobNotes({ registration, submit, keystores, passwords, truststore }: Job): readonly string[] {
  const notes: string[] = [];
  if (registration.mode === "bulk" && !submit.enabled) {
    notes.push("submission is off: the registration parts were written, and nothing was sent to a platform");
  }
  if (keystores.pem.key === "plain")
    notes.push("key.pem holds each device's private key in the clear, as the job asks");
  const ownTruststores = truststore?.per === "device" ? truststore.formats : [];
  const derived =
    keystores.pkcs12 !== undefined || keystores.pem.key === "encrypted" || ownTruststores.includes("pkcs12");
  if (passwords === "per-lot" && derived && (keystores.pkcs12?.iterations ?? 0) <= PER_LOT_ITERATIONS) {
    notes.push(
      `one password opens every keystore of the lot, so the rounds of its derivation are ${count(PER_LOT_ITERATIONS)}, the fewest for such a password`,
    );
  }
  if (passwords === "per-lot" && keystores.jks !== undefined) {
    notes.push(
      "keystore.jks gives one password for a whole lot little protection against guessing, whatever the rounds; PKCS#12 does",
    );
  }
  return notes;
}
