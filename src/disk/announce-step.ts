import { channel } from "node:diagnostics_channel";

/**
 * What a command has just done, where a crash right after it leaves something to settle: the letters are those of
 * docs/issuance.md, where it stands what the next run does.
 */
type Step =
  /** (a) A batch's serial numbers are committed. */
  | "reserved"
  /** (b) A batch's files and passwords are written. */
  | "written"
  /** (c) They are synced. */
  | "synced"
  /** (d) The password segment is in place. */
  | "passwords-placed"
  /** (e) The batch is committed as minted. */
  | "minted"
  /** (f) One folder is in place. */
  | "folder-placed"
  /** (f) All folders of a batch are in place; that is not committed yet. */
  | "batch-placed"
  /** (g) A part is in place; it is not committed yet. */
  | "part-written"
  /** (g) A part is committed. */
  | "part-listed"
  /** The platform has said of some devices whether it has them; that is not recorded yet. */
  | "collisions-answered"
  /** An attempt is recorded and not yet made. */
  | "upload-opened"
  /** The platform has answered it, or will not; that is not recorded yet. */
  | "upload-answered"
  /** What came of it is recorded. */
  | "upload-closed"
  /** The folder of a certificate that was replaced is out of the way; the new one is not in place yet. */
  | "old-moved"
  /** The folders of a batch's old certificates are destroyed. */
  | "old-destroyed"
  /** Certificates are recorded as revoked, and published nowhere yet. */
  | "revoked"
  /** A revocation list has its number. */
  | "crl-reserved"
  /** Its entries are written aside; the list before is still in place. */
  | "crl-staged"
  /** The list is in place; that is not recorded yet. */
  | "crl-written"
  /** It is recorded that the platform shall be told of revocations. */
  | "push-opened"
  /** The platform has answered; that is not recorded yet. */
  | "push-answered"
  /** The answer is recorded. */
  | "push-closed"
  /** passwords.csv is in place; its segments are there still. */
  | "passwords-assembled"
  /** A file with sealed passwords is in place; the segments that it was made from are there still. */
  | "passwords-sealed"
  /** The serial number of an authority's certificate is committed; nothing is signed with it yet. */
  | "serial-reserved"
  /** An authority's folder is in place; its certificate is not recorded yet. */
  | "authority-placed"
  /** What an imported authority has signed is committed; its folder is not in place yet. */
  | "certificates-adopted"
  /** A certificate for another organisation is signed and kept; it is neither recorded nor handed over yet. */
  | "certificate-kept"
  /** A new key pool has its header, and no keys. */
  | "pool-made"
  /** A file of sealed keys is written aside, whole. */
  | "pool-segment-written"
  /** It is in place, durably; the ledger does not know of it yet. */
  | "pool-segment-placed"
  /** The ledger knows of it. */
  | "pool-filled"
  /** Keys that were handed out are overwritten; that is not recorded yet. */
  | "pool-wiped"
  /** Files without any key left are gone; that is not recorded yet. */
  | "pool-segment-gone";

const steps = channel("lotmint:step");

/**
 * Tells the subscribers of the diagnostics channel `lotmint:step` in this process that a step is done,
 * before anything else happens. Nobody does but a preload (`node --import`) that kills or stops the process
 * there; without one it costs nothing.
 */
export function announceStep(step: Step): void {
  if (steps.hasSubscribers) steps.publish(step);
}
