import { statSync } from "node:fs";
import { constrainingAuthorities, subjectConstraintProblem } from "../../authority/constrained-names.ts";
import { readCertificateRequest } from "../../authority/request/read-pkcs10.ts";
import { announceStep } from "../../disk/announce-step.ts";
import { deviceFolder, type LotLayout, lotLayout } from "../../disk/layout.ts";
import type { RevocationReason } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { exitCodeOf, worstExitCode } from "../../domain/exit-code.ts";
import type { Job } from "../../domain/job.ts";
import { listIds } from "../../domain/list-ids.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { RemintDevice } from "../../ledger/reminting.ts";
import { batchSize, mintBatch, partFor, reservedBatch } from "../../mint/mint-lot.ts";
import { openMintPool } from "../../mint/mint-pool.ts";
import { findForeignFiles, replaceDevices } from "../../mint/replace-devices.ts";
import { describeHolder } from "../../plan/check-requests.ts";
import { newSerialNumber } from "../../x509/serial-number.ts";
import { checkClock } from "../lot/check-clock.ts";
import { withLeaseBeside } from "../lot/lease-beside.ts";
import type { LotAtWork } from "../lot/lot-at-work.ts";
import { withLotPool } from "../lot/lot-key-pool.ts";
import { preflightLot } from "../lot/preflight-lot.ts";
import { requireJob } from "../lot/record-job.ts";
import { recoverBatches } from "../lot/recover-batches.ts";
import { requireSoundLedger } from "../lot/require-sound-ledger.ts";
import { requireChecked } from "../lot/restored-home.ts";
import { rewriteReports } from "../lot/rewrite-reports.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { startWalk } from "../lot/walk.ts";
import { newSegmentParts, prepareMinting } from "../mint-planned.ts";
import { claimFolders, requireOwnFolders } from "../passwords/claim-folders.ts";
import { withPasswords } from "../passwords/with-passwords.ts";
import { registerMinted } from "../register-minted.ts";
import { finishRemints } from "../revoke/finish-remints.ts";
import type { Published } from "../revoke/publish-revocations.ts";

export interface RemintRequest {
  readonly lot: string;
  readonly externalIds: readonly string[];
  readonly reason: RevocationReason;
  /** Send the devices' rows to the platform again. */
  readonly register: boolean;
  /** Tell the platform of the old serial numbers. */
  readonly push: boolean;
}

export interface RemintOutcome {
  readonly lot: string;
  /** Devices with a new certificate; those of a remint that was killed before, and is finished now, included. */
  readonly devices: readonly {
    readonly externalId: string;
    readonly serialNumber: string;
    readonly replaces: string;
  }[];
  readonly published: Published | undefined;
  readonly notes: readonly string[];
  /** Errors after the devices had their new certificates. */
  readonly errors: readonly OnboardingError[];
  readonly exitCode: number;
}

/**
 * Gives devices of a lot new keys and certificates in place of theirs, in the order of docs/issuance.md; the
 * old ones are revoked in the same commit. Killed at any moment, saying it again finishes it, and a device
 * that got its new certificate before the kill does not get another. Throws `usage` before anything is done
 * for a device that cannot be reminted.
 */
export async function remintLot(tools: RunTools, request: RemintRequest): Promise<RemintOutcome> {
  const { ledger, home } = tools;
  await requireChecked(home, ledger);
  const job = await requireJob(ledger, request.lot);
  await requireSoundLedger(ledger, home, request.lot);
  const layout = lotLayout(home, request.lot, job.secrets.folder);
  checkClock(tools.now(), await ledger.lastSignedAtMs(), undefined);
  return withLeaseBeside(tools, request.lot, async (lease) => {
    await requireOwnFolders(ledger, lease.lot, layout);
    await recoverBatches(ledger, lease, layout);
    const killed = (await ledger.openRemints(lease.lot)).flatMap(({ devices }) => devices);
    const finished = new Set(killed.map(({ externalId }) => externalId));
    const wanted = request.externalIds.filter((externalId) => !finished.has(externalId));
    const devices = await ledger.remintDevices(lease.lot, wanted);
    await refuseUnfit(ledger, lease.lot, devices, layout);
    const walk = startWalk(tools.now);
    const work = { lease, job, layout, walk };
    // The devices have their new certificates: what they replace is published whatever has become of passwords.
    const lost: OnboardingError[] = [];
    const onUnclosed = (error: unknown) => {
      if (!(error instanceof OnboardingError) || error.code === "lot-held") throw error;
      lost.push(error);
    };
    const minted = await withPasswords(tools, work, { minting: devices.length > 0, onUnclosed }, () =>
      mintAgain(tools, work, devices, request),
    );
    const published = await finishRemints(tools, lease, request.push);
    const refused = request.register ? await registerAgain(tools, work) : [];
    if (!request.register) await tellUnregistered(ledger, work);
    const errors = [...lost, ...(published?.errors ?? []), ...walk.errors, ...refused];
    await rewriteReports(tools, lease.lot, job);
    return {
      lot: lease.lot,
      devices: [...killed.map(({ issuer: _issuer, ...device }) => device), ...minted],
      published,
      notes: walk.notes,
      errors,
      exitCode: worstExitCode(errors.map(exitCodeOf)),
    };
  });
}

/** The platform has to be told again of a device with a new certificate, and a remint does so only when asked. */
async function tellUnregistered(ledger: Ledger, { lease: { lot }, job, walk }: LotAtWork): Promise<void> {
  const { minted } = await ledger.countByStage(lot);
  if (job.registration.mode !== "bulk" || minted === 0) return;
  const devices = `${minted} ${nounFor(minted, "device")}`;
  walk.note(
    `${devices} of lot ${lot} still to be registered: run the lot again for that, or pass --register with the next remint`,
  );
}

/** Everything that can be wrong with the devices is found before the first of them is reserved. */
async function refuseUnfit(
  ledger: Ledger,
  lot: string,
  devices: readonly RemintDevice[],
  layout: LotLayout,
): Promise<void> {
  for (const device of devices) {
    const { externalId, replaces } = device;
    const key = await refuseKey(ledger, lot, device);
    if (key !== undefined) throw new OnboardingError(`${externalId}: ${key}; nothing was done`, { code: "usage" });
    const foreign = findForeignFiles(deviceFolder(layout, externalId), replaces);
    if (foreign !== undefined) throw new OnboardingError(foreign, { code: "usage" });
  }
}

/** Why a device that keeps its own key cannot be reminted, in a clause. */
async function refuseKey(ledger: Ledger, lot: string, device: RemintDevice): Promise<string | undefined> {
  const { externalId, replaces, certificateRequest, lacksNewRequest } = device;
  const bring = "bring a manifest row with a new certificate request (csr), run the lot with it, and remint then";
  if (lacksNewRequest) return `it keeps its own key, which a new certificate would leave as it is: ${bring}`;
  if (certificateRequest === undefined) return undefined;
  const { publicKeySha256 } = readCertificateRequest(certificateRequest);
  const old = await ledger.certificate(replaces);
  if (old?.publicKeySha256 === publicKeySha256) return `its new request has the key of the old certificate: ${bring}`;
  return describeHolder(await ledger.publicKeyHolders([publicKeySha256]), lot, externalId);
}

async function mintAgain(
  tools: RunTools,
  work: LotAtWork,
  devices: readonly RemintDevice[],
  request: RemintRequest,
): Promise<RemintOutcome["devices"]> {
  const { ledger } = tools;
  const { lease, job, layout, walk } = work;
  const [sample] = devices;
  if (sample === undefined) return [];
  const prepared = await prepareMinting(tools, work, sample);
  refuseBrokenNames(tools, job, devices);
  const { ledger: ledgerId } = await ledger.identity();
  const newSegmentPart = newSegmentParts(prepared, ledgerId);
  if (newSegmentPart !== null) requireSecretsFolder(layout);
  await claimFolders(tools, lease.lot, layout);
  const size = batchSize(job.key, prepared.signer.kind, devices.length, 1);
  const batches = Math.ceil(devices.length / size);
  const minted: { externalId: string; serialNumber: string; replaces: string }[] = [];
  await withLotPool(tools, work, async (lotPool) => {
    const setup = { ...prepared, keyPool: lotPool?.keyPool };
    const pool = openMintPool({ workers: Math.min(tools.workers, batches), setup });
    try {
      for (let start = 0; start < devices.length && !tools.signal.aborted; start += size) {
        const numbered = devices
          .slice(start, start + size)
          .map((device) => ({ ...device, serialNumber: newSerialNumber() }));
        const { reason, register, push } = request;
        const part = partFor({ newSegmentPart }, numbered);
        const wanted = numbered.filter(({ certificateRequest }) => certificateRequest === undefined).length;
        const keys = lotPool === undefined ? undefined : { ...lotPool.keys, wanted };
        const { notBeforeMs } = prepared.template;
        const asked = { issuer: job.issuer, notBeforeMs, ...part, devices: numbered, reason, register, push, keys };
        const number = await ledger.reserveRemint(lease, asked);
        announceStep("reserved");
        const place = () => replaceDevices(layout, number, numbered);
        const batch = reservedBatch(number, part);
        await mintBatch({ ledger, lease, lot: layout, pool, newSegmentPart, keys }, batch, numbered, place);
        for (const { externalId, serialNumber, replaces } of numbered)
          minted.push({ externalId, serialNumber, replaces });
        tools.onProgress({ lot: lease.lot, room: "reminting", done: minted.length, total: devices.length });
      }
    } finally {
      await pool.close();
    }
  });
  if (minted.length < devices.length) {
    walk.error(
      `stopped: ${minted.length} of ${devices.length} ${nounFor(devices.length, "device")} ${nounFor(minted.length, "has a new certificate", "have new certificates")}; run the command again for the others`,
      "stopped",
    );
  }
  return minted;
}

/** A certificate that relying parties refuse must not take the place of one that they accept. Throws `issuer-unusable`. */
function refuseBrokenNames({ home }: RunTools, { issuer }: Job, devices: readonly RemintDevice[]): void {
  const constraining = constrainingAuthorities(home, issuer);
  if (constraining.length === 0) return;
  const problems = devices.flatMap(({ externalId, subject }) => {
    const message = subjectConstraintProblem(subject, constraining);
    return message === undefined ? [] : [{ externalId, message }];
  });
  const [first] = problems;
  if (first === undefined) return;
  const ids = listIds(problems.map(({ externalId }) => externalId));
  throw new OnboardingError(
    `${problems.length} of ${devices.length} ${nounFor(devices.length, "device")} cannot be reminted under ${issuer} (${ids}): of ${first.externalId}, ${first.message}; nothing was minted`,
    { code: "issuer-unusable" },
  );
}

/** Passwords are on a drive that may be elsewhere: a folder in its place would take passwords that nobody finds. */
function requireSecretsFolder({ secrets }: LotLayout): void {
  if (statSync(secrets, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new OnboardingError(
    `${secrets}, the folder with the lot's passwords, is not there; mount its drive again and run the command again; nothing was done`,
    { code: "disk-unwritable" },
  );
}

/** Lists the devices anew and sends their rows, as a run would. Errors are handed back: the certificates stand. */
async function registerAgain(tools: RunTools, work: LotAtWork): Promise<readonly OnboardingError[]> {
  try {
    const lotPreflight = await preflightLot(tools, work, false);
    try {
      await registerMinted(tools, work, lotPreflight);
    } finally {
      await lotPreflight?.platform.close();
    }
    return [];
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return [error];
  }
}
