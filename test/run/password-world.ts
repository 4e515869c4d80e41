import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Home, homeLayout, type LotLayout, lotLayout, segmentName, segmentPart } from "../../src/disk/layout.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { LotLease } from "../../src/ledger/locks.ts";
import { openLedger } from "../../src/ledger/sqlite/open-ledger.ts";
import { markOwn } from "../../src/run/lot/owner-mark.ts";
import { certificateOf, plannedLot, serialNumber } from "../ledger/ledger-world.ts";

/** A lot L1 with a real ledger, whose devices are minted batch by batch. */
export interface PasswordWorld {
  readonly home: Home;
  readonly ledger: Ledger;
  readonly lease: LotLease;
  readonly lot: LotLayout;
  /** Mints the next devices as one batch and gives the path of its segment, which is written only with `lines`. */
  readonly mint: (ids: readonly string[], lines?: readonly string[]) => Promise<string>;
}

export async function passwordWorld(ids: readonly string[]): Promise<PasswordWorld> {
  const root = mkdtempSync(join(tmpdir(), "lotmint-passwords-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const home = homeLayout(root);
  const lot = lotLayout(home, "L1");
  const ledger = await openLedger(home.ledger, { now: Date.now });
  onTestFinished(() => ledger.close());
  const lease = await plannedLot(ledger, "L1", ids);
  mkdirSync(lot.secretsWork, { recursive: true, mode: 0o700 });
  await markOwn(ledger, home, "L1", lot.folder);
  const { ledger: id } = await ledger.identity();
  let batches = 0;
  return {
    home,
    ledger,
    lease,
    lot,
    mint: async (devices, lines) => {
      batches += 1;
      const segment = segmentPart(id, `5eed${batches}`);
      const numbered = devices.map((externalId) => ({ externalId, serialNumber: serialNumber() }));
      const batch = await ledger.reserveBatch(lease, { issuer: "line-3", segment, devices: numbered });
      const certificates = numbered.map((one) => certificateOf(one.externalId, one.serialNumber));
      await ledger.commitMinted(lease, batch, certificates);
      await ledger.commitPlaced(lease, batch);
      const path = join(lot.secrets, segmentName(batch, segment));
      if (lines !== undefined) writeFileSync(path, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
      return path;
    },
  };
}
