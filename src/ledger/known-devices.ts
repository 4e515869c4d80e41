import { foldId } from "../domain/device.ts";
import type { KnownDevice } from "../domain/plan.ts";
import type { Engine } from "./engine.ts";
import type { Ledger } from "./ledger.ts";
import { pages } from "./pages.ts";
import { prepare } from "./statement.ts";

interface KnownRow extends Omit<KnownDevice, "minted"> {
  readonly minted: number;
}

const KNOWN = `
  SELECT d.external_id AS externalId, lots.name AS lot, d.stage,
         r.subject_digest AS subjectDigest, r.registration_digest AS registrationDigest,
         d.certificate IS NOT NULL AS minted`;
const ROWS = "CROSS JOIN device_rows AS r ON r.device = d.id CROSS JOIN lots ON lots.id = d.lot";

/**
 * What planning asks. All of it reads the last commit, so that the producer of a manifest's decisions
 * may ask while `absorbManifest` holds its transaction open.
 */
export function knownDeviceMethods(engine: Engine): Pick<Ledger, "knownDevices" | "countLive" | "deviceIds"> {
  const { reader, read } = engine;
  // CROSS JOIN: SQLite keeps the order, so that each id is one look-up in the index.
  const live = prepare<KnownRow>(
    reader,
    `${KNOWN} FROM json_each(?) AS asked
     CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = 1 ${ROWS}`,
  );
  const ended = prepare<KnownRow>(
    reader,
    `${KNOWN} FROM json_each(?) AS asked
     CROSS JOIN devices AS d ON d.folded_id = asked.value AND d.live = 0
       AND d.lot = (SELECT id FROM lots WHERE name = ?) ${ROWS}`,
  );
  const count = prepare<{ n: number }>(
    reader,
    "SELECT count(*) AS n FROM devices WHERE lot = (SELECT id FROM lots WHERE name = ?) AND live = 1",
  );
  const ids = prepare<{ id: number; line: number; external_id: string }>(
    reader,
    `SELECT id, line, external_id FROM devices
     WHERE lot = (SELECT id FROM lots WHERE name = ?) AND live = 1 AND (line, id) > (?, ?)
     ORDER BY line, id LIMIT ?`,
  );
  return {
    knownDevices: (lot, externalIds) =>
      read(() => {
        const asked = new Set(externalIds);
        const own = ended.all(JSON.stringify(externalIds.map(foldId)), lot);
        const known = [...live.all(JSON.stringify(externalIds)), ...own.filter((row) => asked.has(row.externalId))];
        return known.map((row): KnownDevice => ({ ...row, minted: row.minted === 1 }));
      }),
    countLive: (lot) => read(() => count.get(lot)?.n ?? 0),
    deviceIds: (lot) =>
      pages(
        read,
        (after, limit) => ids.all(lot, after.line, after.id, limit),
        (row) => row.external_id,
      ),
  };
}
