import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PRIVATE_FILE, remove, replaceShared } from "../../disk/durable.ts";
import { type Home, idOfName, safeName } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/** Stands in state/ from a restore until every lot has been checked or written off. */
interface Restored {
  readonly version: 1;
  /** When the backup was made, and when it was restored; ISO 8601, UTC. */
  readonly madeAt: string;
  readonly restoredAt: string;
  /** Lots, by their folder names, that have been checked or written off since. */
  readonly checked: readonly string[];
}

/** A lot that a restored home has to check before anything is signed. */
export interface UncheckedLot {
  readonly lot: string;
  /** False: it stands in output/ alone, and cannot be written off. */
  readonly known: boolean;
}

type LotReader = Pick<Ledger, "lots" | "countByStage">;

const MARK = "restored.json";
const SHOWN = 10;

/** Notes, in the state that is being restored, that certificates may exist that it does not know. */
export function markRestored(state: string, madeAt: string, nowMs: number): void {
  write(join(state, MARK), { version: 1, madeAt, restoredAt: new Date(nowMs).toISOString(), checked: [] });
}

/** True from a restore until every lot has been checked or written off. */
export function isRestored(home: Home): boolean {
  return existsSync(join(home.state, MARK));
}

/** True for a lot of a restored home that has been neither checked nor written off. What a run left of it must stay. */
export function isUnchecked(home: Home, lot: string): boolean {
  const restored = read(home);
  return restored !== undefined && !restored.checked.includes(safeName(lot));
}

/**
 * The lots that a restored home has still to check: those of its ledger that have devices which are not all
 * revoked, whether or not their output is there, and those that stand in output/ alone. None in any other home.
 */
export async function uncheckedLots(home: Home, ledger: LotReader): Promise<readonly UncheckedLot[]> {
  const restored = read(home);
  if (restored === undefined) return [];
  const present = new Set(lotsInOutput(home).map(safeName));
  const open: UncheckedLot[] = [];
  for (const { name: lot } of await ledger.lots()) {
    const isPresent = present.delete(safeName(lot));
    if (restored.checked.includes(safeName(lot))) continue;
    if (isPresent || (await hasLiveDevices(ledger, lot))) open.push({ lot, known: true });
  }
  for (const name of present) {
    if (!restored.checked.includes(name)) open.push({ lot: idOfName(name), known: false });
  }
  return open;
}

/**
 * Throws `state-damaged`, naming the lots and the commands, while a restored home has lots that have been neither
 * checked nor written off: the ledger may not know of certificates that were signed after the backup, and
 * must before it signs more.
 */
export async function requireChecked(home: Home, ledger: LotReader): Promise<void> {
  const restored = read(home);
  if (restored === undefined) return;
  const open = await uncheckedLots(home, ledger);
  if (open.length === 0) {
    remove(join(home.state, MARK));
    return;
  }
  const shown = open.slice(0, SHOWN).map(({ lot }) => `lotmint check ${shellWord(lot)}`);
  const more = open.length > SHOWN ? ` and ${open.length - SHOWN} more, see lotmint status` : "";
  throw new OnboardingError(
    `this home was restored from a backup of ${restored.madeAt}, and certificates may exist that it does not know; nothing is signed until every lot has been checked. Bring output/ back and take them in first: ${shown.join(", ")}${more} (a lot whose output is lost for good: lotmint check LOT --write-off --reason TEXT)`,
    { code: "state-damaged" },
  );
}

/** Notes that a lot has been checked or written off; after the last one the home is like any other. */
export async function noteChecked(home: Home, ledger: LotReader, lot: string): Promise<void> {
  const restored = read(home);
  if (restored === undefined) return;
  write(join(home.state, MARK), { ...restored, checked: [...new Set([...restored.checked, safeName(lot)])] });
  if ((await uncheckedLots(home, ledger)).length === 0) remove(join(home.state, MARK));
}

/** A lot's name as one word of a shell's command line. */
export function shellWord(lot: string): string {
  return /^[\w.:@+][\w.:@+-]*$/.test(lot) ? lot : `'${lot.replaceAll("'", `'\\''`)}'`;
}

async function hasLiveDevices(ledger: LotReader, lot: string): Promise<boolean> {
  const { revoked: _revoked, ...live } = await ledger.countByStage(lot);
  return Object.values(live).some((devices) => devices > 0);
}

function lotsInOutput(home: Home): readonly string[] {
  if (!existsSync(home.output)) return [];
  return readdirSync(home.output, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(home.output, entry.name, "devices")))
    .map((entry) => idOfName(entry.name));
}

/** A mark that cannot be understood counts for lots none of which has been checked. */
function read(home: Home): Restored | undefined {
  const path = join(home.state, MARK);
  if (!existsSync(path)) return undefined;
  const unknown: Restored = { version: 1, madeAt: "an unknown time", restoredAt: "", checked: [] };
  try {
    const { checked, ...times } = JSON.parse(readFileSync(path, "utf8")) as Restored;
    return Array.isArray(checked) ? { ...unknown, ...times, checked } : unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return unknown;
    throw error;
  }
}

function write(path: string, restored: Restored): void {
  replaceShared(path, `${JSON.stringify(restored, null, 2)}\n`, PRIVATE_FILE);
}
