import { DatabaseSync } from "node:sqlite";
import { PRIVATE_FILE } from "../../disk/durable.ts";
import { closeToOthers } from "../../disk/modes.ts";
import { ARCHIVE, CHAIN_START, SITE } from "../rules/event-digest.ts";

/** Writes the ledger as it stands into a new file, 0600; gives the digest of the newest event of the site's chain. */
export function copyLedger(reader: DatabaseSync, path: string): string {
  reader.prepare("VACUUM INTO ?").run(path);
  closeToOthers(path, PRIVATE_FILE);
  // Asked of the copy: others may have committed since.
  const copy = new DatabaseSync(path, { readOnly: true });
  try {
    const head = copy.prepare("SELECT digest FROM chains WHERE chain IN (?, ?) ORDER BY chain DESC").get(SITE, ARCHIVE);
    return String(head?.["digest"] ?? CHAIN_START);
  } finally {
    copy.close();
  }
}
