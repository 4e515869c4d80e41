/** How far a device has come, in the order of the steps of a run. */
export const STAGES = [
  "planned",
  "reserved",
  "minted",
  "listed",
  "submitted",
  "confirmed",
  "rejected",
  "revoked",
] as const;

/**
 * - planned: read from the manifest, nothing done
 * - reserved: a serial number stands in the ledger
 * - minted: the certificate and its files are on disk and recorded
 * - listed: its row is in a registration part
 * - submitted: its row has been sent, the answer is not final
 * - confirmed: the platform has it
 * - rejected: refused by the platform or a check, after it was planned
 * - revoked: its certificate is revoked and nothing replaces it
 */
export type Stage = (typeof STAGES)[number];

/**
 * Which stage may follow which. `reserved -> planned` is a batch that was voided; the ways back to
 * `minted` are a device whose registration has to be cut again, because a cell changed, its
 * certificate was replaced, or somebody corrected the row that the platform rejected.
 */
const FOLLOWERS: Readonly<Record<Stage, readonly Stage[]>> = {
  planned: ["reserved", "rejected"],
  reserved: ["minted", "planned", "rejected"],
  minted: ["listed", "minted", "rejected", "revoked"],
  listed: ["submitted", "minted", "rejected", "revoked"],
  submitted: ["confirmed", "listed", "rejected", "minted", "revoked"],
  confirmed: ["minted", "revoked"],
  rejected: ["planned", "minted", "listed", "submitted", "confirmed", "revoked"],
  revoked: [],
};

/** True when a device at `from` may be recorded at `to` next. */
export function mayFollow(from: Stage, to: Stage): boolean {
  return FOLLOWERS[from].includes(to);
}
