import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type LotLayout, partFile } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import type { PartRecord } from "../ledger/registration.ts";

/**
 * The bytes of a part, as it was cut. Throws, naming the file, `disk-unwritable` when it is gone or cannot be
 * read, and `state-damaged` when it has changed since.
 */
export function readPart(layout: LotLayout, part: Pick<PartRecord, "number" | "sha256">): Buffer {
  const path = partFile(layout, part.number);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new OnboardingError(
      `the registration part ${path} cannot be read: bring the disk or the file back as it was and run again; nothing of it was sent`,
      { code: "disk-unwritable", cause },
    );
  }
  if (createHash("sha256").update(bytes).digest("hex") !== part.sha256) {
    throw new OnboardingError(
      `the registration part ${path} has changed since it was cut: put the file back as it was; nothing of it was sent`,
      { code: "state-damaged" },
    );
  }
  return bytes;
}
