import { type Device, foldId } from "../../domain/device.ts";
import type { Decision } from "../../domain/plan.ts";
import { damaged } from "./damaged.ts";
import type { OwnDevice } from "./statements/absorbing.ts";
import type { Statements } from "./statements.ts";

/** A decision to mint a device. */
export type Mint = Extract<Decision, { kind: "mint" }>;

/** What came of a batch of decisions. */
export interface Applied {
  /** Row numbers of the devices that they name. */
  readonly devices: readonly number[];
  /** Rows that are rejected after all, and why. */
  readonly refused: ReadonlyMap<Mint, string>;
}

/** Puts the decisions on some consecutive rows into the tables. */
export async function applyDecisions(on: Statements, lot: number, decisions: readonly Decision[]): Promise<Applied> {
  const mints = decisions.filter((decision) => decision.kind === "mint");
  const { devices, refused } = mints.length === 0 ? { devices: [], refused: new Map() } : await mint(on, lot, mints);
  const others = decisions.filter((decision) => decision.kind !== "mint");
  if (others.length === 0) return { devices, refused };
  const own = await ownDevices(on, lot, others);
  const idOf = (externalId: string) => own.get(externalId)?.id ?? 0;
  // The certificate stays; what the row asks for waits for the next one.
  const wishes = others.filter((decision) => decision.kind === "needs-remint");
  if (wishes.length > 0) {
    await on.keepNext(
      wishes.map(({ device, subjectDigest }) => ({
        device: idOf(device.externalId),
        subject: JSON.stringify(device.subject),
        subjectDigest,
        certificateRequest: device.certificateRequest ?? null,
        aliases: aliasesJson(device),
      })),
    );
  }
  const changes = others.filter((decision) => decision.kind === "register");
  if (changes.length > 0) {
    await on.forgetAnswers(
      changes.map(({ device }) => ({ device: idOf(device.externalId), idType: device.registration.idType })),
    );
    await on.changeRows(
      changes.map(({ device, registrationDigest }) => ({
        device: idOf(device.externalId),
        line: device.line,
        cells: JSON.stringify(device.cells),
        registration: JSON.stringify(device.registration),
        registrationDigest,
        subject: JSON.stringify(device.subject),
        certificateRequest: device.certificateRequest ?? null,
        aliases: aliasesJson(device),
      })),
    );
  }
  const kept = others.filter((decision) => decision.kind === "keep");
  if (kept.length > 0) await on.dropNext(kept.map(({ externalId }) => idOf(externalId)));
  return { devices: [...devices, ...[...own.values()].map(({ id }) => id)], refused };
}

async function ownDevices(
  on: Statements,
  lot: number,
  decisions: readonly Exclude<Decision, Mint>[],
): Promise<ReadonlyMap<string, OwnDevice>> {
  const ids = new Set(decisions.map((one) => (one.kind === "keep" ? one.externalId : one.device.externalId)));
  const found = await on.ownDevices(lot, [...ids].map(foldId));
  const own = new Map(found.filter(({ externalId }) => ids.has(externalId)).map((one) => [one.externalId, one]));
  for (const externalId of ids) {
    if (own.has(externalId)) continue;
    throw damaged(`device ${externalId} was planned as known, but the lot does not have it; run again`);
  }
  return own;
}

async function mint(on: Statements, lot: number, decisions: readonly Mint[]): Promise<Applied> {
  const rows = decisions.map(({ device: { externalId, line } }) => {
    return { externalId, foldedId: foldId(externalId), line };
  });
  const idOf = new Map((await on.addPlanned(lot, rows)).map(({ externalId, id }) => [externalId, id]));
  const refused = new Map<Mint, string>();
  const left = decisions.filter(({ device }) => !idOf.has(device.externalId));
  if (left.length > 0) await planKnown(on, lot, left, idOf, refused);
  const planned = decisions.filter((decision) => !refused.has(decision));
  await on.writeRows(
    planned.map(({ device, subjectDigest, registrationDigest }) => ({
      device: idOf.get(device.externalId) ?? 0,
      cells: JSON.stringify(device.cells),
      subject: JSON.stringify(device.subject),
      subjectDigest,
      registration: JSON.stringify(device.registration),
      registrationDigest,
      certificateRequest: device.certificateRequest ?? null,
      aliases: aliasesJson(device),
    })),
  );
  return { devices: [...idOf.values()], refused };
}

/** Devices that could not be added: the lot knows them, or their ids live elsewhere. */
async function planKnown(
  on: Statements,
  lot: number,
  decisions: readonly Mint[],
  idOf: Map<string, number>,
  refused: Map<Mint, string>,
): Promise<void> {
  const externalIds = decisions.map(({ device }) => device.externalId);
  const own = new Map((await on.ownDevices(lot, externalIds.map(foldId))).map((one) => [one.foldedId, one]));
  const elsewhere = new Map((await on.heldElsewhere(lot, externalIds)).map((one) => [one.externalId, one.lot]));
  const again: { readonly id: number; readonly line: number; readonly idType: string | undefined }[] = [];
  for (const decision of decisions) {
    const { externalId, line } = decision.device;
    const existing = own.get(foldId(externalId));
    const holder = elsewhere.get(externalId);
    if (existing !== undefined && existing.externalId !== externalId) {
      refused.set(decision, `id differs only in case from "${existing.externalId}", which the lot has`);
    } else if (holder !== undefined) refused.set(decision, `id is held by lot "${holder}"`);
    else if (existing === undefined || !mayPlan(existing)) {
      throw damaged(`device ${externalId} is ${existing?.stage ?? "unknown"} and cannot become planned`);
    } else {
      again.push({ id: existing.id, line, idType: decision.device.registration.idType });
      idOf.set(externalId, existing.id);
    }
  }
  if (again.length === 0) return;
  await on.planAgain(again);
  await on.forgetAnswers(again.map(({ id, idType }) => ({ device: id, idType })));
}

/**
 * Planned still, rejected before minting, or revoked. The last is no move of a stage: the id starts a
 * new life, and the old certificate stays revoked in its own table.
 */
function mayPlan(existing: OwnDevice): boolean {
  if (existing.stage === "rejected") return !existing.minted;
  return existing.stage === "planned" || existing.stage === "revoked";
}

function aliasesJson({ aliases }: Pick<Device, "aliases">): string | null {
  return aliases === undefined ? null : JSON.stringify(aliases);
}
