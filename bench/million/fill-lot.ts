import { appendFileSync, writeFileSync } from "node:fs";
import { type Home, lotLayout, partFile } from "../../src/disk/layout.ts";
import { currentLockOwner } from "../../src/ledger/lock-owner.ts";
import { openLedger } from "../../src/ledger/sqlite/open-ledger.ts";
import { newSerialNumber } from "../../src/x509/serial-number.ts";
import { digest, madeUpCertificate, madeUpDecisions } from "../ledger/made-up-rows.ts";

/** Before the numbers in the ids of the devices that a lot is filled with. */
export const FILLED_PREFIX = "REST";
const BATCH = 250;
const PART = 1000;
const ISSUER = "line";

/**
 * Fills a lot that has `from` devices up to `to`, through the ledger and as a run would have recorded it: minted, placed,
 * listed in parts, with a row in the password list. Nobody signs their certificates, and they have no folder.
 */
export async function fillLot(home: Home, lot: string, from: number, to: number): Promise<void> {
  const ledger = await openLedger(home.ledger, { now: Date.now });
  try {
    const lease = await ledger.acquireLot(lot, currentLockOwner());
    const manifest = { sha256: digest("manifest"), name: "rest.csv", kind: "full", header: ["id", "name"] } as const;
    await ledger.absorbManifest(
      lease,
      manifest,
      madeUpDecisions({ prefix: FILLED_PREFIX, type: "c8y_Device" }, from, to),
    );
    for (;;) {
      const serialNumbers = Array.from({ length: BATCH }, newSerialNumber);
      const claimed = await ledger.claimBatch(lease, { issuer: ISSUER, serialNumbers });
      if (claimed === undefined) break;
      await ledger.heartbeat(lease);
      await ledger.commitMinted(lease, claimed.batch, claimed.devices.map(madeUpCertificate));
      await ledger.commitPlaced(lease, claimed.batch);
    }
    const layout = lotLayout(home, lot);
    const before = (await ledger.parts(lot)).length;
    for (let number = before + 1; ; number++) {
      const ids = (await ledger.unlistedDevices(lot, PART)).map(({ externalId }) => externalId);
      if (ids.length === 0) break;
      const rows = ids.map((id) => `${id};CERTIFICATES;;c8y_Device;Sensor ${id};Hall 1/Line 1;true\n`).join("");
      const text = `ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME;PATH;com_cumulocity_model_Agent.active\n${rows}`;
      writeFileSync(partFile(layout, number), text, { mode: 0o600 });
      await ledger.commitPart(lease, { number, sha256: digest(text), paths: [] }, ids);
      appendFileSync(layout.passwords, ids.map((id) => `${id},ABCDEFGHIJKLMNOPQRSTUVWXYZ\n`).join(""));
    }
    await ledger.releaseLot(lease, 0);
  } finally {
    await ledger.close();
  }
}
