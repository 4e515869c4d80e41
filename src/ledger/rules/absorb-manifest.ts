import { foldId } from "../../domain/device.ts";
import type { Decision, PlannedBatch, RejectedRow } from "../../domain/plan.ts";
import type { LotLease } from "../locks.ts";
import type { AbsorbedManifest, Lots, NewManifest } from "../lots.ts";
import { applyDecisions } from "./apply-decisions.ts";
import type { Append, Engine, Staging } from "./engine.ts";
import { requireLease } from "./require-lease.ts";
import type { RejectedRowJson } from "./statements/absorbing.ts";
import type { Statements } from "./statements.ts";

/** Takes a manifest in: its decisions are staged as they come, then applied in one transaction. */
export function absorbRules({ write, openStaging }: Engine): Pick<Lots, "absorbManifest"> {
  return {
    absorbManifest: async (lease, manifest, batches) => {
      // Asked before the reading, which takes its time, and again with the commit.
      await write(async (on) => {
        await requireLease(on, lease);
      });
      const staging = openStaging();
      try {
        const rows = await stage(staging, batches);
        return await write((on, append) => apply(on, append, staging, rows, lease, manifest));
      } finally {
        staging.close();
      }
    },
  };
}

interface Tally {
  mint: number;
  register: number;
  keep: number;
  rejected: number;
  readonly needsRemint: string[];
}

async function stage(staging: Staging, batches: AsyncIterable<PlannedBatch>): Promise<number> {
  let rows = 0;
  for await (const batch of batches) {
    rows += rowsOf(batch);
    await staging.add(JSON.stringify(batch));
  }
  return rows;
}

async function apply(
  on: Statements,
  append: Append,
  staging: Staging,
  rows: number,
  lease: LotLease,
  manifest: NewManifest,
): Promise<AbsorbedManifest> {
  const lot = await requireLease(on, lease);
  const number = await on.nextManifest(lot);
  const tally: Tally = { mint: 0, register: 0, keep: 0, rejected: 0, needsRemint: [] };
  await on.forgetNamed();
  for await (const text of staging.all()) {
    await applyBatch(on, lot, number, JSON.parse(text) as PlannedBatch, tally);
  }
  if (manifest.kind === "full") await on.dropRejects(lot, number);
  else await on.dropRejectLines(lot, number, [...(manifest.replacesLines?.() ?? [])]);
  await on.addManifest(lot, number, manifest, rows);
  const gone = manifest.kind === "full" ? await on.unnamedDevices(lot) : [];
  await on.forgetNamed();
  // Again: a long manifest takes its time, and the lot must not look deserted when this is committed.
  await requireLease(on, lease);
  const { mint, register, keep, rejected, needsRemint } = tally;
  const counts = { rows, mint, register, keep, rejected, needsRemint: needsRemint.length };
  const detail = { manifest: number, sha256: manifest.sha256, kind: manifest.kind, ...counts };
  append({ chain: lot, kind: "manifest-absorbed", subject: lease.lot, detail });
  return { plan: { lot: lease.lot, rows, ...tally, gone } };
}

async function applyBatch(
  on: Statements,
  lot: number,
  manifest: number,
  { decisions, rejected }: PlannedBatch,
  tally: Tally,
): Promise<void> {
  const { devices, refused } = await applyDecisions(on, lot, decisions);
  await on.nameDevices(devices);
  for (const decision of decisions) {
    if (decision.kind === "mint" && refused.has(decision)) continue;
    if (decision.kind === "needs-remint") tally.needsRemint.push(decision.device.externalId);
    else tally[decision.kind] += 1;
  }
  const conflicts = [...refused].map(([{ device }, message]) => conflictRow(device, message));
  const rows = [...conflicts, ...rejected];
  if (rows.length > 0) await on.addRejects(lot, manifest, rows.map(rejectJson));
  const named = rejected.filter(({ externalId }) => externalId !== "").map(({ externalId }) => foldId(externalId));
  if (named.length > 0) await on.nameLive(lot, named);
  tally.rejected += rows.length;
}

function idOf(decision: Decision): string {
  return decision.kind === "keep" ? decision.externalId : decision.device.externalId;
}

/** A row whose subject and registration both changed has two decisions, one after the other. */
function rowsOf({ decisions, rejected }: PlannedBatch): number {
  const again = decisions.filter((decision, index) => {
    const before = decisions[index - 1];
    return before?.kind === "needs-remint" && idOf(before) === idOf(decision);
  });
  return decisions.length - again.length + rejected.length;
}

function conflictRow(
  device: { readonly externalId: string; readonly line: number; readonly cells: Readonly<Record<string, string>> },
  message: string,
): RejectedRow {
  const { externalId, line, cells } = device;
  const field = Object.keys(cells).find((column) => cells[column] === externalId) ?? "";
  return { problem: { line, field, message }, externalId, cells };
}

function rejectJson({ problem, externalId, cells }: RejectedRow): RejectedRowJson {
  return { ...problem, externalId, cells: JSON.stringify(cells) };
}
