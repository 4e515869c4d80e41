import { readFileSync } from "node:fs";
import { jobFromJson } from "../../config/job-json.ts";
import { type Home, lotLayout } from "../../disk/layout.ts";

/** Where a lot's passwords are when its job keeps them apart; undefined where it does not, or nothing is recorded. */
export function recordedSecretsFolder(home: Home, lot: string): string | undefined {
  try {
    return jobFromJson(readFileSync(lotLayout(home, lot).jobCopy, "utf8")).secrets.folder;
  } catch {
    return undefined;
  }
}
