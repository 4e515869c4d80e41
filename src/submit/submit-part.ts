import type { PartDevice, PartRecord } from "../ledger/registration.ts";
import { type Asked, replyMessage } from "../platform/reply-error.ts";
import { READ_IDENTITY_ROLE, READ_USERS_ROLE, REGISTER_ROLE } from "../platform/roles.ts";
import { askCollisions } from "./ask-collisions.ts";
import { halve, refusedAlike, type WholeRefusal } from "./halve.ts";
import { readPart } from "./read-part.ts";
import type { RowsOutcome } from "./recover-attempt.ts";
import { type SendablePart, sendRows } from "./send-rows.ts";
import { rejectRows, type Submission } from "./submission.ts";

/** settled: no row of the part is open any more; refused: the platform will not talk to us; silent: it did not answer usefully. */
export type PartOutcome =
  | { readonly kind: "settled" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "silent"; readonly message: string };

const REGISTERING: Asked = { doing: "register devices", role: REGISTER_ROLE };
export const READING_BACK: Asked = {
  doing: "show whether devices are there",
  role: `${READ_IDENTITY_ROLE} and ${READ_USERS_ROLE}`,
};

/**
 * Sends the open rows of one part until each is confirmed or rejected. What is refused whole, or
 * answered so that rows cannot be told apart, is sent in halves, one level after the other: so it shows
 * that all quarters are refused alike before any single row is rejected for it.
 */
export async function submitPart(submission: Submission, part: PartRecord): Promise<PartOutcome> {
  const { ledger, lease, layout } = submission;
  const bytes = readPart(layout, part);
  const listed = (await ledger.partDevices(lease.lot, part.number)).filter((device) => device.stage === "listed");
  const cleared = await askCollisions(submission, listed);
  if (cleared.kind === "unasked") {
    const { reply } = cleared;
    return { kind: reply.kind === "refused" ? "refused" : "silent", message: replyMessage(reply, READING_BACK) };
  }
  const sendable: SendablePart = { number: part.number, rows: part.rows, bytes, sent: new Set() };
  const rowsAtFirst = cleared.rows.length;
  let units: readonly (readonly PartDevice[])[] = rowsAtFirst === 0 ? [] : [cleared.rows];
  for (let level = 0; units.length > 0; level += 1) {
    const splits: { readonly rows: readonly PartDevice[]; readonly refused?: WholeRefusal }[] = [];
    for (const unit of units) {
      const outcome = await sendRows(submission, sendable, unit);
      if (outcome.kind === "split") splits.push(outcome);
      else if (outcome.kind !== "settled") return { kind: outcome.kind, message: silenceMessage(outcome) };
    }
    const alike = refusedAlike(
      level,
      rowsAtFirst,
      splits.map((split) => split.refused),
    );
    if (alike !== undefined) return { kind: "refused", message: refusedWhole(part, alike) };
    await rejectRows(submission, splits.flatMap(rejectAlone));
    units = splits.filter(({ rows }) => rows.length > 1).flatMap(({ rows }) => halve(rows));
  }
  return { kind: "settled" };
}

/** A refused file with one row: the row is to blame. */
function rejectAlone({
  rows,
  refused,
}: {
  readonly rows: readonly PartDevice[];
  readonly refused?: WholeRefusal;
}): readonly { readonly externalId: string; readonly reason: string }[] {
  const [row] = rows;
  return rows.length === 1 && row !== undefined && refused !== undefined
    ? [{ externalId: row.externalId, reason: refused.message }]
    : [];
}

function silenceMessage(outcome: Extract<RowsOutcome, { readonly kind: "silent" | "refused" }>): string {
  return replyMessage(outcome.reply, outcome.doing === "register" ? REGISTERING : READING_BACK);
}

function refusedWhole(part: PartRecord, { message }: WholeRefusal): string {
  return `the platform refuses part ${part.number} and every quarter of it with the same message (${message}): correct the cause there and run again, no device was rejected for it`;
}
