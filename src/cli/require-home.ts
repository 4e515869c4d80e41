import { accessSync, constants, existsSync } from "node:fs";
import { diskError, statIfThere, sudoUser, userName } from "../disk/disk-error.ts";
import type { Home } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";

/**
 * What a command needs of the home folder. `reads`: there has to be one, and nothing in it is written. `writes`:
 * there has to be one. `makes`: where there is none, one is made. `none`: the command needs no home.
 */
export type HomeUse = "reads" | "writes" | "makes" | "none";

/**
 * Refuses what would make a home by mistake, or files in a home that its owner cannot read. No home, or another
 * user's, is `usage`; one whose state may not be read is `disk-unwritable`. Nothing is written before.
 */
export function requireHome(home: Home, use: HomeUse, userId: number | undefined): void {
  if (use === "none") return;
  try {
    if (use !== "makes" && !isHome(home)) throw noHome(home);
    refuseOthersHome(home, use, userId);
    if (existsSync(home.state)) accessSync(home.state, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw diskError(error, home.state, "reach");
  }
}

function isHome(home: Home): boolean {
  return [home.siteFile, home.jobs, home.state].some((path) => statIfThere(path) !== undefined);
}

function noHome({ root }: Home): OnboardingError {
  return new OnboardingError(
    `${root} is not a lotmint home: it has no lotmint.yaml, no jobs/ and no state/. Name the home with --home DIR or LOTMINT_HOME, or make one here with: lotmint init`,
    { code: "usage" },
  );
}

/**
 * Only root gets as far as writing into another user's state/, and what it writes there locks the owner out. It may
 * read: SQLite gives the files that it makes beside the ledger to the ledger's owner.
 */
function refuseOthersHome({ root, state }: Home, use: HomeUse, userId: number | undefined): void {
  const place = statIfThere(state) === undefined ? root : state;
  const owner = statIfThere(place)?.uid;
  if (userId === undefined || owner === undefined || owner === userId) return;
  if (use === "reads") return;
  // Without a state/, a folder that several users may write to can become the home of any of them.
  if (userId !== 0 && place === root) return;
  throw new OnboardingError(
    `the home belongs to another user: ${place} belongs to ${userName(owner)}, and this is ${userName(userId)}; nothing was written. Run it as the owner: sudo -u ${sudoUser(owner)} lotmint …`,
    { code: "usage" },
  );
}
