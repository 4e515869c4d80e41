import { createHash } from "node:crypto";
import { announceStep } from "../disk/announce-step.ts";
import { ensureFolder, replaceFile, SHARED_FILE, SHARED_FOLDER, syncFolder } from "../disk/durable.ts";
import { type LotLayout, partFile } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotLease } from "../ledger/locks.ts";
import type { UnlistedDevice } from "../ledger/registration.ts";
import { writePart } from "./write-part.ts";

export interface CutParts {
  readonly ledger: Pick<Ledger, "heartbeat" | "parts" | "unlistedDevices" | "commitPart">;
  readonly lease: LotLease;
  readonly layout: LotLayout;
  readonly rowsPerUpload: number;
}

/**
 * Puts every device that is minted and placed into a registration part, in manifest order, and says
 * how many parts and rows that made. A part that is committed never changes again. Throws
 * `disk-unwritable`, `lot-held`.
 */
export async function cutParts({
  ledger,
  lease,
  layout,
  rowsPerUpload,
}: CutParts): Promise<{ readonly parts: number; readonly rows: number }> {
  let number = Math.max(0, ...(await ledger.parts(lease.lot)).map((part) => part.number));
  let parts = 0;
  let rows = 0;
  for (;;) {
    const devices = await ledger.unlistedDevices(lease.lot, rowsPerUpload);
    if (devices.length === 0) return { parts, rows };
    if (number === 0) {
      // Only for the first part: a folder that is gone later may be on a disk that is not there.
      ensureFolder(layout.registration, SHARED_FOLDER);
      syncFolder(layout.folder);
    }
    number += 1;
    const bytes = writePart(devices);
    // A run that has lost the lot must not touch a file that its new holder may have committed.
    await ledger.heartbeat(lease);
    // A file that is there already was cut by a run that was killed before the commit: it was never sent.
    replaceFile(partFile(layout, number), bytes, SHARED_FILE);
    announceStep("part-written");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await ledger.commitPart(
      lease,
      { number, sha256, paths: groupPaths(devices) },
      devices.map((device) => device.externalId),
    );
    announceStep("part-listed");
    parts += 1;
    rows += devices.length;
  }
}

/** Every group that the rows name, with those above it: the platform makes them all on the way. */
function groupPaths(devices: readonly UnlistedDevice[]): readonly string[] {
  const paths = new Set<string>();
  for (const { registration } of devices) {
    const names = (registration.path ?? "").split("/").filter((name) => name !== "");
    for (let depth = 1; depth <= names.length; depth += 1) paths.add(names.slice(0, depth).join("/"));
  }
  return [...paths].sort();
}
