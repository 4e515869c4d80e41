import { randomBytes } from "node:crypto";
import { constrainingAuthorities } from "../authority/constrained-names.ts";
import { prepareLeaf } from "../authority/leaf/prepare-leaf.ts";
import { loadIssuer } from "../authority/load-authority.ts";
import { resolveValidity } from "../authority/resolve-validity.ts";
import { segmentPart } from "../disk/layout.ts";
import { isoDay } from "../domain/iso-time.ts";
import type { Job } from "../domain/job.ts";
import { needsPassword } from "../keystore/device-files.ts";
import type { PlannedDevice } from "../ledger/minting.ts";
import type { MintSetup } from "../mint/mint-batch.ts";
import { batchSize, mintLot } from "../mint/mint-lot.ts";
import { type MintPoolOptions, openMintPool } from "../mint/mint-pool.ts";
import { rejectBrokenNames } from "../plan/reject-broken-names.ts";
import { rejectTakenKeys } from "../plan/reject-taken-keys.ts";
import { loadTruststore } from "./lot/load-truststore.ts";
import type { LotAtWork } from "./lot/lot-at-work.ts";
import { withLotPool } from "./lot/lot-key-pool.ts";
import { refuseRevokedIssuer } from "./lot/refuse-revoked-issuer.ts";
import type { RunTools } from "./lot/run-tools.ts";
import type { Walk } from "./lot/walk.ts";
import { claimFolders } from "./passwords/claim-folders.ts";

/**
 * Mints what the ledger says is planned. The issuer's passphrase is asked for only if there is something
 * to sign; the lot's certificate is encoded once with a throw-away key and linted before the first real
 * signature. Throws `issuer-unusable`, `usage`, `disk-unwritable`, `lot-held`; what was committed before
 * an error stays.
 */
export async function mintPlanned(tools: RunTools, work: LotAtWork): Promise<void> {
  const { ledger, signal } = tools;
  const { lease, job, layout, walk } = work;
  const sample = await ledger.plannedSample(lease.lot);
  if (sample === undefined || signal.aborted) return;
  const prepared = await prepareMinting(tools, work, sample);
  await claimFolders(tools, lease.lot, layout);
  const { ledger: ledgerId } = await ledger.identity();
  const { planned: total } = await ledger.countByStage(lease.lot);
  const keysInHand = new Map<string, string>();
  const constraining = constrainingAuthorities(tools.home, job.issuer);
  await withLotPool(tools, work, async (lotPool) => {
    const setup = { ...prepared, keyPool: lotPool?.keyPool };
    const pool = openMintPool({ workers: tools.workers, setup });
    const sizeFor = (claimed: number) => batchSize(job.key, setup.signer.kind, total - claimed, pool.threads);
    try {
      await mintLot({
        ledger,
        lease,
        lot: layout,
        pool,
        issuer: job.issuer,
        notBeforeMs: prepared.template.notBeforeMs,
        nextSize: sizeFor,
        keys: lotPool?.keys,
        newSegmentPart: newSegmentParts(setup, ledgerId),
        signal,
        rejectUnfit: async (planned) =>
          rejectTakenKeys(ledger, lease, await rejectBrokenNames(ledger, lease, planned, constraining), keysInHand),
        onMinted: (devices) => {
          walk.addMinted(devices);
          tools.onProgress({ lot: lease.lot, room: "minting", done: walk.minted, total });
        },
      });
    } finally {
      await pool.close();
    }
  });
}

/** Names the password segments of batches of this setup; null where devices have no passwords of their own. */
export function newSegmentParts(
  { passwords, files }: Pick<MintSetup, "passwords" | "files">,
  ledgerId: string,
): (() => string) | null {
  if (passwords.kind !== "per-device" || !needsPassword(files)) return null;
  return () => segmentPart(ledgerId, randomBytes(8).toString("hex"));
}

/** The first of issuing's two moves: everything about the lot's certificates that can be wrong is found here. */
export async function prepareMinting(
  tools: RunTools,
  { lease, job, walk }: Pick<LotAtWork, "lease" | "job" | "walk">,
  sample: PlannedDevice,
): Promise<MintPoolOptions["setup"]> {
  const nowMs = tools.now();
  const issuer = loadIssuer(
    tools.home,
    job.issuer,
    await tools.issuerAccess(job.issuer),
    nowMs,
    tools.site.maxChain,
    tools.authorityKeys,
  );
  await refuseRevokedIssuer(tools.ledger, issuer);
  walk.keepSigner(issuer);
  const { validity, cut, outlives } = resolveValidity(job.validity, job.outliveIssuer, issuer, nowMs);
  if (cut) {
    const end = isoDay(validity.notAfterMs);
    const note = `certificates end with their issuer ${job.issuer}, on ${end}`;
    walk.note(note);
    tools.log.warn({ lot: lease.lot, issuer: job.issuer, notAfter: end }, note);
  }
  const template = prepareLeaf({
    issuerCertificate: issuer.certificateDer,
    signatureAlgorithm: issuer.signatureAlgorithm,
    profile: job.profile,
    key: job.key,
    validity,
    sample,
    mayOutliveIssuer: outlives,
  });
  return {
    template,
    signer: issuer.signer,
    key: job.key,
    files: {
      keystores: job.keystores,
      chain: issuer.chainDer,
      createdAtMs: nowMs,
      ...deviceTruststore(tools, job, nowMs, walk),
    },
    passwords:
      job.passwords === "per-lot" ? { kind: "per-lot", password: tools.lotPassword() } : { kind: "per-device" },
  };
}

/** What goes into each device's folder for it to trust; nothing where the lot has one truststore for all. */
function deviceTruststore(
  { home }: RunTools,
  { truststore }: Job,
  nowMs: number,
  walk: Walk,
): Pick<MintSetup["files"], "truststore"> {
  if (truststore?.per !== "device") return {};
  const { certificates, notes } = loadTruststore(home, truststore, nowMs);
  for (const note of notes) walk.note(note);
  return { truststore: { formats: truststore.formats, certificates } };
}
