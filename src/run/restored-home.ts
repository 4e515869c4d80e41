import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PRIVATE_FILE, remove, replaceShared } from "../disk/durable.ts";
import { type Home, idOfName, safeName } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";

/** Stands in state/ from a restore until every lot of output/ has been checked. */
interface Restored {
  readonly version: 1;
  /** When the backup was made, and when it was restored; ISO 8601, UTC. */
  readonly madeAt: string;
  readonly restoredAt: string;
  /** Folders of output/ that have been checked since. */
  readonly checked: readonly string[];
}

const MARK = "restored.json";

/** Notes, in the state that is being restored, that output/ may hold what it does not know. */
export function markRestored(state: string, madeAt: string, nowMs: number): void {
  write(join(state, MARK), { version: 1, madeAt, restoredAt: new Date(nowMs).toISOString(), checked: [] });
}

/** True from a restore until every lot of output/ has been checked. */
export function isRestored(home: Home): boolean {
  return existsSync(join(home.state, MARK));
}

/**
 * Throws `state-damaged`, naming the lots, while a restored home has lots in output/ that have not been checked:
 * the ledger may not know of certificates that were signed after the backup, and must before it signs more.
 */
export function requireChecked(home: Home): void {
  const restored = read(home);
  if (restored === undefined) return;
  const open = uncheckedLots(home, restored);
  if (open.length === 0) {
    remove(join(home.state, MARK));
    return;
  }
  throw new OnboardingError(
    `this home was restored from a backup of ${restored.madeAt}, and output/ may hold certificates that it does not know; take them in first: ${open.map((lot) => `lotmint check ${lot}`).join(", ")}`,
    { code: "state-damaged" },
  );
}

/** Notes that a lot has been checked; after the last one the home is like any other. */
export function noteChecked(home: Home, lot: string): void {
  const restored = read(home);
  if (restored === undefined) return;
  const checked = { ...restored, checked: [...new Set([...restored.checked, safeName(lot)])] };
  if (uncheckedLots(home, checked).length === 0) remove(join(home.state, MARK));
  else write(join(home.state, MARK), checked);
}

function uncheckedLots(home: Home, { checked }: Restored): readonly string[] {
  if (!existsSync(home.output)) return [];
  return readdirSync(home.output, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(home.output, entry.name, "devices")))
    .map((entry) => entry.name)
    .filter((name) => !checked.includes(name))
    .map(idOfName);
}

function read(home: Home): Restored | undefined {
  const path = join(home.state, MARK);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Restored) : undefined;
}

function write(path: string, restored: Restored): void {
  replaceShared(path, `${JSON.stringify(restored, null, 2)}\n`, PRIVATE_FILE);
}
