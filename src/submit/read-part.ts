import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type LotLayout, partFile } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import type { PartRecord } from "../ledger/ledger.ts";

/** The bytes of a part, as it was cut. Throws `state-damaged`, naming the file, when it is gone or has changed since. */
export function readPart(layout: LotLayout, part: Pick<PartRecord, "number" | "sha256">): Buffer {
  const path = partFile(layout, part.number);
  const cure = "put the file back as it was; nothing of it was sent";
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new OnboardingError(`the registration part ${path} cannot be read: ${cure}`, {
      code: "state-damaged",
      cause,
    });
  }
  if (createHash("sha256").update(bytes).digest("hex") !== part.sha256) {
    throw new OnboardingError(`the registration part ${path} has changed since it was cut: ${cure}`, {
      code: "state-damaged",
    });
  }
  return bytes;
}
