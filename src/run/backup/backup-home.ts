import { cpSync, existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { pid } from "node:process";
import { packArchive } from "../../disk/archive.ts";
import { digestFile } from "../../disk/digest-file.ts";
import { diskError } from "../../disk/disk-error.ts";
import { ensureFolder, PRIVATE_FILE, PRIVATE_FOLDER, remove, writeNew } from "../../disk/durable.ts";
import type { Home } from "../../disk/layout.ts";
import { checkVacant } from "../../disk/place-new-file.ts";
import { portablePath } from "../../disk/relative-path.ts";
import type { LedgerFile } from "../../ledger/ledger.ts";
import { holdAlone } from "../../ledger/sqlite/hold-alone.ts";

/** What a backup says of itself, in backup.json. */
export interface BackupContents {
  readonly version: 1;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  readonly ledgerHead: string;
  /** Path in the backup -> SHA-256, lower-case hex. */
  readonly files: Readonly<Record<string, string>>;
}

/** What of state/ a backup holds besides the ledger: keys as they are, encrypted; nothing that only this process needs. */
const KEPT = ["authorities", "lots", "receipts", "truststore", "schedule.json"] as const;
/** A revocation list or a receipt that is being written: it may be gone before it is copied. */
const WRITTEN_ASIDE = /[/\\](?:crl\.(?:der|pem|entries)\.new|\.[^/\\]+\.new)$/;
export const BACKUP_CONTENTS = "backup.json";
export const BACKUP_LEDGER = "ledger.sqlite";

/**
 * Backs a home's state up into one file, 0600, while runs go on: authorities and copies first, the ledger last,
 * so that it knows of everything that any of them could have signed. One at a time in a home, else `lot-held`.
 * Throws `usage` for a file that is there already, `disk-unwritable`.
 */
export async function backupHome(
  home: Home,
  ledger: Pick<LedgerFile, "copyTo">,
  file: string,
  nowMs: number,
): Promise<BackupContents> {
  checkVacant(file);
  const lock = holdAlone(join(home.locks, "backup"), pid, `backs ${home.root} up`);
  try {
    return await backUp(home, ledger, file, nowMs);
  } finally {
    lock.release();
  }
}

async function backUp(
  home: Home,
  ledger: Pick<LedgerFile, "copyTo">,
  file: string,
  nowMs: number,
): Promise<BackupContents> {
  const staging = join(home.state, ".backup");
  // What a killed backup left.
  remove(staging);
  ensureFolder(staging, PRIVATE_FOLDER);
  try {
    for (const name of KEPT) copy(join(home.state, name), join(staging, name));
    const ledgerHead = await ledger.copyTo(join(staging, BACKUP_LEDGER));
    const contents: BackupContents = {
      version: 1,
      madeAt: new Date(nowMs).toISOString(),
      ledgerHead,
      files: await digestFiles(staging),
    };
    writeNew(join(staging, BACKUP_CONTENTS), `${JSON.stringify(contents, null, 2)}\n`, PRIVATE_FILE);
    await packArchive(file, staging);
    return contents;
  } finally {
    remove(staging);
  }
}

function copy(from: string, to: string): void {
  if (!existsSync(from)) return;
  try {
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter: (path) => !WRITTEN_ASIDE.test(path) });
  } catch (error) {
    throw diskError(error, to);
  }
}

/** SHA-256 of every file below a folder, by its path in it, with `/` on every system: a backup may be restored on another. */
export async function digestFiles(folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const path of globSync("**/*", { cwd: folder }).sort()) {
    if (!statSync(join(folder, path)).isFile()) continue;
    digests[portablePath(path)] = await digestFile(join(folder, path));
  }
  return digests;
}
