import type { Parts } from "../registration.ts";
import { damaged } from "./damaged.ts";
import type { Engine } from "./engine.ts";
import { digestLines } from "./event-digest.ts";
import { requireLease } from "./require-lease.ts";
import { requireMoved } from "./require-moved.ts";

/** Registration parts: what is to be cut, what was cut, and who is in it. */
export function registrationRules({ read, write }: Engine): Parts {
  return {
    unlistedDevices: (lot, limit) => read((on) => on.unlisted(lot, limit)),
    commitPart: (lease, part, externalIds) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        if (!(await on.addPart(lot, part, externalIds.length))) {
          throw damaged(`lot ${lease.lot} has a part ${part.number} already; run \`lotmint check\``);
        }
        await requireMoved(on, lot, externalIds, await on.listDevices(lot, part.number, externalIds), "listed");
        const digest = digestLines(externalIds);
        const detail = { part: part.number, sha256: part.sha256, rows: externalIds.length, digest };
        append({ chain: lot, kind: "part-listed", subject: lease.lot, detail });
      }),
    parts: (lot) => read((on) => on.partsOf(lot)),
    partDevices: (lot, part) => read((on) => on.partDevices(lot, part)),
  };
}
