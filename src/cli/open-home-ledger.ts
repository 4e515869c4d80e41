import { existsSync, readdirSync, statSync } from "node:fs";
import { authorityLayout, type Home } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Ledger, LedgerFile } from "../ledger/ledger.ts";
import { openLedger, openLedgerToRead } from "../ledger/sqlite/open-ledger.ts";

/**
 * Opens the home's ledger, making one where nothing has been recorded yet. Throws `state-damaged` where one
 * has been and is gone: a new one would not know what its authorities have signed. Else as `openLedger`.
 */
export async function openHomeLedger(home: Home, now: () => number): Promise<LedgerFile> {
  refuseLostLedger(home);
  return openLedger(home.ledger, { now });
}

/** The same to look into it: none is made. */
export async function openHomeLedgerToRead(home: Home, now: () => number): Promise<Ledger> {
  refuseLostLedger(home);
  return openLedgerToRead(home.ledger, { now });
}

/** An authority's serial number is recorded before its folder is there. */
function refuseLostLedger(home: Home): void {
  const size = statSync(home.ledger, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0 || !existsSync(home.authorities)) return;
  const names = readdirSync(home.authorities).filter(
    (name) => !name.startsWith(".") && existsSync(authorityLayout(home, name).certificate),
  );
  if (names.length === 0) return;
  throw new OnboardingError(
    `${home.ledger} is gone, and with it the record of what ${names.join(", ")} signed; move ${home.state} away and restore the newest backup with \`lotmint restore\``,
    { code: "state-damaged" },
  );
}
