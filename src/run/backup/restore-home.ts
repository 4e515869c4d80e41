import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pid } from "node:process";
import { unpackArchive } from "../../disk/archive.ts";
import { ensureFolder, moveInto, PRIVATE_FILE, PRIVATE_FOLDER, remove, syncFolder } from "../../disk/durable.ts";
import type { Home } from "../../disk/layout.ts";
import { closeToOthers } from "../../disk/modes.ts";
import { openSyncPoint } from "../../disk/sync-point.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { holdAlone } from "../../ledger/sqlite/hold-alone.ts";
import { replaceMissingReceipts } from "../lot/place-receipts.ts";
import { markRestored } from "../lot/restored-home.ts";
import { BACKUP_CONTENTS, BACKUP_LEDGER, type BackupContents, digestFiles } from "./backup-home.ts";

export interface Restoring {
  readonly home: Home;
  readonly file: string;
  readonly nowMs: number;
  /** Opens a ledger for looking into it. */
  readonly openLedger: (path: string) => Promise<Ledger>;
}

/**
 * Restores a backup into a home that has no state yet: unpacked aside, held against its own digests and its
 * ledger against its event chain, and only then put in place. One at a time, else `lot-held`. Throws `usage` for a home that is not empty or
 * a file that is no backup, `state-damaged` for a backup whose ledger is damaged.
 */
export async function restoreHome(restoring: Restoring): Promise<BackupContents> {
  const { home, file } = restoring;
  if (!existsSync(file)) throw new OnboardingError(`there is no backup ${file}`, { code: "usage" });
  refuseState(home);
  ensureFolder(home.root);
  const lock = holdAlone(home.restoring.lock, pid, `restores a backup into ${home.root}`);
  let contents: BackupContents;
  try {
    // Another restore may have ended meanwhile.
    refuseState(home);
    contents = await restore(restoring);
  } finally {
    lock.release();
  }
  // A process that makes it anew finds state/ from now on. After an error it stays for the next restore.
  remove(home.restoring.folder);
  return contents;
}

/** A restore overwrites nothing. */
function refuseState({ state }: Home): void {
  if (!existsSync(state) || readdirSync(state).length === 0) return;
  throw new OnboardingError(`${state} is not empty, and a restore overwrites nothing; move it away first`, {
    code: "usage",
  });
}

async function restore({ home, file, nowMs, openLedger }: Restoring): Promise<BackupContents> {
  const aside = home.restoring.state;
  // What a killed restore left.
  remove(aside);
  const disk = openSyncPoint(home.restoring.folder);
  ensureFolder(aside, PRIVATE_FOLDER);
  try {
    await unpackArchive(file, aside);
    const contents = await requireWhole(aside, file);
    const ledger = await openLedger(join(aside, BACKUP_LEDGER));
    try {
      await ledger.verifyEvents();
      await ledger.openGeneration();
      // The ledger was copied last: it may know of receipts whose files were written after theirs were copied.
      await replaceMissingReceipts(ledger, join(aside, "receipts"));
    } finally {
      await ledger.close();
    }
    remove(join(aside, BACKUP_CONTENTS));
    makePrivate(aside);
    markRestored(aside, contents.madeAt, nowMs);
    await disk.sync([aside]);
    refuseState(home);
    moveInto(aside, home.state);
    syncFolder(dirname(home.state));
    return contents;
  } catch (error) {
    remove(aside);
    throw error;
  } finally {
    disk.close();
  }
}

/** What the backup says that it holds has to be there, unchanged, and nothing else. */
async function requireWhole(folder: string, file: string): Promise<BackupContents> {
  const contents = readContents(join(folder, BACKUP_CONTENTS));
  const { [BACKUP_CONTENTS]: _own, ...found } = await digestFiles(folder);
  const names = new Set([...Object.keys(found), ...Object.keys(contents?.files ?? {})]);
  const wrong = [...names].find((name) => contents?.files[name] !== found[name]);
  if (contents !== undefined && wrong === undefined) return contents;
  const where = wrong === undefined ? "" : ` (${wrong})`;
  throw new OnboardingError(`${file} is no backup of lotmint, or is damaged${where}; nothing was restored`, {
    code: "usage",
  });
}

function readContents(path: string): BackupContents | undefined {
  try {
    const contents = JSON.parse(readFileSync(path, "utf8")) as Partial<BackupContents>;
    const { version, madeAt, ledgerHead, files } = contents;
    if (version !== 1 || typeof madeAt !== "string" || typeof ledgerHead !== "string") return undefined;
    return typeof files === "object" && files !== null ? { version, madeAt, ledgerHead, files } : undefined;
  } catch {
    return undefined;
  }
}

function makePrivate(folder: string): void {
  for (const path of globSync("**/*", { cwd: folder })) {
    const full = join(folder, path);
    closeToOthers(full, statSync(full).isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE);
  }
  closeToOthers(folder, PRIVATE_FOLDER);
}
