import { type LotLayout, lotLayout } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Job } from "../domain/job.ts";
import { nounFor } from "../domain/noun-for.ts";
import type { LotReport } from "../domain/report.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { absorbManifest } from "./absorb-manifest.ts";
import { type AskingBeside, askWhileMinting } from "./ask-while-minting.ts";
import { checkClock } from "./lot/check-clock.ts";
import { signerOf } from "./lot/describe-lot.ts";
import { finishRun } from "./lot/finish-run.ts";
import { watchIssuer } from "./lot/issuer-budget.ts";
import { withLotLease } from "./lot/lease.ts";
import type { LotAtWork } from "./lot/lot-at-work.ts";
import { requireOwn } from "./lot/owner-mark.ts";
import { type LotPreflight, preflightLot } from "./lot/preflight-lot.ts";
import { recordedJob, recordJob, refuseMixedIssuance } from "./lot/record-job.ts";
import { recoverAuthorities } from "./lot/recover-authorities.ts";
import { recoverBatches } from "./lot/recover-batches.ts";
import { hasAllFiles, requireFolders } from "./lot/require-folders.ts";
import { requireSoundLedger } from "./lot/require-sound-ledger.ts";
import { requireChecked } from "./lot/restored-home.ts";
import type { RunTools } from "./lot/run-tools.ts";
import { startWalk } from "./lot/walk.ts";
import { mintPlanned } from "./mint-planned.ts";
import { clearLeftMarks, requireOwnFolders } from "./passwords/claim-folders.ts";
import { requireSecrets } from "./passwords/require-secrets.ts";
import { withPasswords } from "./passwords/with-passwords.ts";
import { placeTruststore } from "./place-truststore.ts";
import { registerMinted } from "./register-minted.ts";
import { finishRemints } from "./revoke/finish-remints.ts";

export interface RunRequest {
  readonly lot: string;
  readonly job: Job;
  /** The manifest to take in; undefined: go on with what the lot has. */
  readonly manifest?: string;
  /** Go on although issuance settings changed under an unfinished lot. */
  readonly acceptChanges: boolean;
  /** Go on although this machine's clock looks wrong. */
  readonly acceptClock: boolean;
  /** Send again what the platform rejected, and mint nothing: what is planned waits for a run. */
  readonly resend: boolean;
}

/**
 * Takes one lot through all steps, from whatever point the ledger says it has reached: running again is
 * the resume. Returns how the lot stands; its exit code is the lot's state, also when there was nothing
 * to do. Errors that leave the lot as it was are thrown; later ones are thrown once the report is written.
 */
export async function runLot(tools: RunTools, asked: RunRequest): Promise<LotReport> {
  const { ledger } = tools;
  const request = { ...asked, lot: (await ledger.lotName(asked.lot)) ?? asked.lot };
  await requireChecked(tools.home, ledger);
  // Before the lot is taken, which is recorded: a ledger that is damaged or of another time is left as it is.
  await requireSoundLedger(ledger, tools.home, request.lot);
  if (!request.acceptClock) checkClock(tools.now(), await ledger.lastSignedAtMs(), undefined);
  await requireMintable(tools, request);
  return withLotLease(tools, request.lot, async (lease) => {
    const { job } = request;
    const layout = lotLayout(tools.home, lease.lot, job.secrets.folder);
    const work = { lease, job, layout, walk: startWalk(tools.now) };
    await openLot(tools, work, request);
    try {
      await walkRooms(tools, work, request);
    } catch (error) {
      // A run that has lost the lot must not overwrite the reports of the run that has it now.
      if (!(error instanceof OnboardingError) || error.code === "lot-held") throw error;
      await finishRun(tools, work, error);
      throw error;
    }
    return await finishRun(tools, work);
  });
}

/**
 * A lot that is new, or has devices to mint, is not touched without the secrets that this takes. Of any other lot its
 * manifest has to be read first: see `absorbManifest`.
 */
async function requireMintable(tools: RunTools, { lot, job, resend, acceptChanges }: RunRequest): Promise<void> {
  if (resend) return;
  const record = await tools.ledger.lot(lot);
  // Of a lot that another run may hold, what is left to mint is known once that run has ended.
  if (record?.heldBy === null) await refuseMixedIssuance(tools.ledger, lot, job, acceptChanges);
  const { planned, reserved } = await tools.ledger.countByStage(lot);
  if (record === undefined || planned + reserved > 0) await requireSecrets(tools, job);
}

/** What has to be right before a lot is touched: its job, what a killed run left, its manifest. */
async function openLot(tools: RunTools, work: LotAtWork, request: RunRequest): Promise<void> {
  const { ledger, home } = tools;
  const { lease, job, layout, walk } = work;
  await refuseMixedIssuance(ledger, lease.lot, job, request.acceptChanges);
  const before = await recordedJob(ledger, lease.lot);
  // The folder for passwords may be another one since the lot's last run.
  const layoutBefore = lotLayout(home, lease.lot, before?.secrets.folder);
  await requireOwnLot(ledger, lease.lot, [layoutBefore, layout]);
  await clearLeftMarks(tools, lease.lot, layoutBefore);
  await recoverAuthorities(ledger, tools);
  await walk.room("settle", () => recoverBatches(ledger, lease, layoutBefore));
  // A new lot has to know its job first; later the job is adopted last, so that a run killed in between
  // still sees that the manifest has to be read again.
  if (before === undefined) await recordJob(ledger, work);
  await walk.room("manifest", () => absorbManifest(tools, work, request.manifest, before));
  if (before !== undefined) await recordJob(ledger, work);
}

/** A finished lot needs no folder for passwords any more, whatever is in its place now; its reports are still written. */
async function requireOwnLot(ledger: Ledger, lot: string, [before, now]: readonly [LotLayout, LotLayout]) {
  await requireOwn(ledger, lot, now.folder);
  if (await hasAllFiles(ledger, lot)) return;
  await requireOwnFolders(ledger, lot, before);
  if (now.secrets !== before.secrets) await requireOwnFolders(ledger, lot, now);
}

async function walkRooms(tools: RunTools, work: LotAtWork, request: RunRequest): Promise<void> {
  const { ledger, signal } = tools;
  const { lease, job, walk } = work;
  const { acceptClock, resend } = request;
  await requireFolders(ledger, work);
  await watchIssuer(tools, work);
  if (resend) await ledger.relistRejected(lease);
  const { planned } = await ledger.countByStage(lease.lot);
  if (resend && planned > 0)
    walk.note(
      `${planned} ${nounFor(planned, "device is", "devices are")} still to be minted: that takes a run of the lot`,
    );
  // Where nothing is left to mint, the platform has to trust who has signed, whatever the job says now.
  const issuer = planned > 0 ? job.issuer : await signerOf(ledger, lease.lot, job);
  const asSigned = { ...work, job: { ...job, issuer } };
  let lotPreflight: LotPreflight | undefined;
  let asking: AskingBeside | undefined;
  try {
    await withPasswords(tools, work, { minting: planned > 0 && !resend }, async () => {
      lotPreflight = await walk.room("preflight", () => preflightLot(tools, asSigned, acceptClock));
      // What waits for a run is not asked for when the rest is only sent again.
      if (!resend) asking = askWhileMinting(tools, asSigned, lotPreflight);
      await placeTruststore(tools, work);
      if (!resend) await walk.room("mint", () => mintPlanned(tools, work));
    });
    await registerMinted(tools, asSigned, lotPreflight, asking);
    await finishKilledRemints(tools, work);
  } finally {
    await asking?.stop();
    await lotPreflight?.platform.close();
  }
  if (signal.aborted) walk.error(`lot ${lease.lot} was stopped; run it again to go on`, "stopped");
}

/** A remint that was killed after its devices had their new certificates has the old ones still to publish. */
async function finishKilledRemints(tools: RunTools, { lease, walk }: LotAtWork): Promise<void> {
  const published = await finishRemints(tools, lease, true);
  if (published === undefined) return;
  walk.progressed();
  for (const crl of published.crls) if (crl.kind === "skipped") walk.note(crl.reason);
  for (const { message, code } of published.errors) walk.error(message, code);
}
