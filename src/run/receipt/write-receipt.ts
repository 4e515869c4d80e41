import { hash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { loadCrlSigner } from "../../authority/load-authority.ts";
import { signDetached } from "../../authority/sign-detached.ts";
import { openSigner } from "../../authority/signer.ts";
import { announceStep } from "../../disk/announce-step.ts";
import { OnboardingError } from "../../domain/error.ts";
import { type Receipt, receiptText } from "../../domain/receipt.ts";
import { digestDevices } from "../../verify/digest-devices.ts";
import { readCertificate } from "../../x509/read-certificate.ts";
import { signerOf } from "../lot/describe-lot.ts";
import type { LotAtWork } from "../lot/lot-at-work.ts";
import { copyLastReceipt, placeReceipts, replaceMissingReceipts } from "../lot/place-receipts.ts";
import type { ReceiptSigner, RunTools } from "../lot/run-tools.ts";
import type { Walk } from "../lot/walk.ts";

/** Lots that end together each take a number; the one that comes too late signs again. */
const MOST_TRIES = 1000;

/**
 * Writes the lot's receipt, when a run has completed anything since the last one and nothing is left to mint: number and
 * content are recorded, signed, in one commit, and the files are copies of that. Files that a killed run did not come to
 * write are written first. Where it cannot be signed, the walk gets a note that says why, and a later run writes it.
 */
export async function writeReceipt(tools: RunTools, work: LotAtWork): Promise<void> {
  const { ledger, home, log } = tools;
  const { lease, job, layout, walk } = work;
  await placeReceipts(ledger, home);
  if (await isDue(tools, work)) {
    const issuer = await signerOf(ledger, lease.lot, job);
    const signer = await receiptSigner(tools, work, issuer);
    const number = signer && (await walk.room("receipt", () => recordSigned(tools, work, issuer, signer)));
    if (number !== undefined) {
      announceStep("receipt-recorded");
      await placeReceipts(ledger, home);
      announceStep("receipt-placed");
      walk.progressed();
      log.info({ lot: lease.lot, receipt: number }, `receipt ${number} of lot ${lease.lot} is written`);
    }
  }
  const missing = await replaceMissingReceipts(ledger, home.receipts, lease.lot);
  if (missing.length > 0) {
    log.warn(
      { lot: lease.lot, receipts: missing },
      `the files of receipt ${missing.join(", ")} of lot ${lease.lot} were gone and are written again from the ledger`,
    );
  }
  await copyLastReceipt(ledger, lease.lot, layout);
}

async function isDue({ ledger }: RunTools, { lease, job }: LotAtWork): Promise<boolean> {
  if (job.receipt === false || !(await ledger.receiptDue(lease.lot))) return false;
  const { planned, reserved } = await ledger.countByStage(lease.lot);
  return planned + reserved === 0 && (await ledger.countMinted(lease.lot)) > 0;
}

/** Undefined, with a note, where there is none: what was completed stands all the same. */
async function receiptSigner(tools: RunTools, { walk }: LotAtWork, issuer: string): Promise<ReceiptSigner | undefined> {
  try {
    const known = walk.receiptSigner;
    const signer =
      known?.name === issuer ? known : loadCrlSigner(tools.home, issuer, await tools.givenAccess(issuer), tools.now());
    const { keyUsage } = readCertificate(signer.certificateDer);
    if (keyUsage?.includes("digitalSignature") === false) {
      return noteMissing(
        walk,
        `the certificate of authority ${issuer} forbids digitalSignature (keyUsage), and so receipts`,
      );
    }
    return signer;
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    const later = error.code === "usage" ? "; the next run of the lot that is given it writes the receipt" : "";
    return noteMissing(walk, `${error.message}${later}`);
  }
}

function noteMissing(walk: Walk, reason: string): undefined {
  walk.note(`no receipt was written: ${reason}`);
}

/** Gives its number; undefined, with a note, where the issuer's token does not sign it. */
async function recordSigned(
  tools: RunTools,
  work: LotAtWork,
  issuer: string,
  signer: ReceiptSigner,
): Promise<number | undefined> {
  const { ledger, now } = tools;
  const { lease } = work;
  const body = await receiptBody(tools, work, issuer, signer);
  const key = openSigner(signer.signer);
  for (let tried = 1; tried <= MOST_TRIES; tried++) {
    const { number, previous } = await ledger.nextReceipt();
    const signedAtMs = now();
    const content = receiptText({ ...body, number, previous, endedAt: new Date(signedAtMs).toISOString() });
    let signature: Buffer;
    try {
      signature = signDetached({ content: Buffer.from(content), signer: key, chain: signer.chainDer, signedAtMs });
    } catch (error) {
      if (!(error instanceof OnboardingError) || error.code !== "issuer-unusable") throw error;
      return noteMissing(work.walk, error.message);
    }
    const receipt = { number, previous: previous?.number ?? null, sha256: hash("sha256", content), content, signature };
    if (await ledger.recordReceipt(lease, receipt)) return number;
    await setTimeout(Math.random() * 10);
  }
  throw new Error(`no number for a receipt of lot ${lease.lot}`);
}

async function receiptBody(
  { ledger, owner, program }: RunTools,
  { lease, walk }: LotAtWork,
  issuer: string,
  { subject, sha256 }: ReceiptSigner,
): Promise<Omit<Receipt, "number" | "previous" | "endedAt">> {
  const { lot } = lease;
  const record = await ledger.lot(lot);
  const { ledger: id, generation } = await ledger.identity();
  const manifests = await ledger.manifests(lot);
  const parts = await ledger.parts(lot);
  return {
    version: 1,
    lot,
    tool: { name: "lotmint", version: program.version },
    host: owner.host,
    operator: program.operator(),
    startedAt: new Date(walk.startedAtMs).toISOString(),
    manifests: manifests.map(({ number, name, sha256 }) => ({ number, name, sha256 })),
    job: { name: record?.jobName ?? "", sha256: hash("sha256", record?.jobJson ?? "") },
    issuer: { name: issuer, subject, sha256 },
    counts: await ledger.countByStage(lot),
    devices: await digestDevices(ledger.devices(lot)),
    parts: parts.map(({ number, rows, sha256 }) => ({ number, rows, sha256 })),
    ledger: { id, generation, head: (await ledger.head(lot))?.digest ?? "" },
  };
}
