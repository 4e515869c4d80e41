import { type Device, foldId } from "../domain/device.ts";
import type { DecidedBatch, Decision, KnownDevice, RejectedRow } from "../domain/plan.ts";
import type { Stage } from "../domain/stage.ts";
import { registrationDigest, subjectDigest } from "./digests.ts";

export interface PlanBatchInput {
  readonly lot: string;
  /** The good rows. */
  readonly devices: readonly Device[];
  /** The bad ones, which are handed on. */
  readonly rejected: readonly RejectedRow[];
  /** What the ledger knows of the devices' ids. */
  readonly known: readonly KnownDevice[];
  /** How many more devices the lot may take in; undefined: as many as come. */
  readonly quantityLeft?: number | undefined;
  /** The lot's quantity, for the message. */
  readonly quantity?: number | undefined;
  /** True for a rejects file that came back: what was rejected is tried again as it is. */
  readonly corrected: boolean;
}

/**
 * Decides what shall happen to each row of a batch, and does nothing; `taken` are the places that it uses
 * up. A device that the lot knows keeps
 * what it has; what has changed is registered again, or told when it would take a new certificate.
 */
export function planBatch(input: PlanBatchInput): DecidedBatch {
  const known = new Map(input.known.map((device) => [foldId(device.externalId), device]));
  const decisions: Decision[] = [];
  const rejected = [...input.rejected];
  const room = input.quantityLeft ?? Number.POSITIVE_INFINITY;
  let taken = 0;
  const registered: Partial<Record<Stage, number>> = {};
  for (const device of input.devices) {
    const before = known.get(foldId(device.externalId));
    const refusal = before === undefined ? undefined : refuseKnown(device, before, input.lot);
    if (refusal !== undefined) {
      rejected.push(rejectDevice(device, idColumn(device), refusal));
      continue;
    }
    const takesRoom = before === undefined || isRejectedBeforeMinting(before);
    const made = decide(device, before, input.corrected);
    if (takesRoom && made.some(({ kind }) => kind === "mint")) {
      if (taken >= room) {
        rejected.push(rejectDevice(device, "", `the row is over the lot's quantity of ${input.quantity}`));
        continue;
      }
      taken++;
    }
    if (before !== undefined && made.some(({ kind }) => kind === "register")) {
      registered[before.stage] = (registered[before.stage] ?? 0) + 1;
    }
    decisions.push(...made);
  }
  return { decisions, rejected, taken, registered };
}

function refuseKnown(device: Device, known: KnownDevice, lot: string): string | undefined {
  if (known.lot !== lot) return `the id is held by lot ${JSON.stringify(known.lot)}`;
  if (known.externalId !== device.externalId) {
    return `the id differs only in upper and lower case from ${JSON.stringify(known.externalId)}, which the lot holds`;
  }
  if (known.stage !== "revoked") return undefined;
  return `the device's certificate was revoked; lotmint remint ${device.externalId} makes it a new one`;
}

function decide(device: Device, known: KnownDevice | undefined, corrected: boolean): readonly Decision[] {
  const digests = {
    subjectDigest: subjectDigest(device.subject, device.certificateRequest, device.aliases),
    registrationDigest: registrationDigest(device.registration),
  };
  const mint: Decision = { kind: "mint", device, ...digests };
  if (known === undefined) return [mint];
  const subjectChanged = known.subjectDigest !== digests.subjectDigest;
  const registrationChanged = known.registrationDigest !== digests.registrationDigest;
  const triedAgain = known.stage === "rejected" && corrected;
  if (!isMinted(known)) {
    return subjectChanged || registrationChanged || triedAgain ? [mint] : [keep(device)];
  }
  const changes: Decision[] = [];
  // With which aliases it was minted is not known of every device; then they are no change.
  const withoutAliases = subjectDigest(device.subject, device.certificateRequest);
  if (subjectChanged && known.subjectDigest !== withoutAliases)
    changes.push({ kind: "needs-remint", device, subjectDigest: digests.subjectDigest });
  if (registrationChanged || triedAgain) {
    changes.push({ kind: "register", device, registrationDigest: digests.registrationDigest });
  }
  return changes.length === 0 ? [keep(device)] : changes;
}

/** The platform or an earlier check may have rejected the device; any other stage says it. */
function isMinted(known: KnownDevice): boolean {
  if (known.stage === "rejected") return known.minted;
  return known.stage !== "planned" && known.stage !== "reserved";
}

/** Such a device is none of the lot's live ones, so it needs a place like a new one. */
function isRejectedBeforeMinting(known: KnownDevice): boolean {
  return known.stage === "rejected" && !known.minted;
}

function keep(device: Device): Decision {
  return { kind: "keep", externalId: device.externalId, line: device.line };
}

/** The manifest's own name of the id's column. */
function idColumn({ cells, externalId }: Device): string {
  return Object.keys(cells).find((column) => cells[column] === externalId) ?? "";
}

function rejectDevice({ line, externalId, cells }: Device, field: string, message: string): RejectedRow {
  return { problem: { line, field, message }, externalId, cells };
}
