import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { homeLayout } from "../../../src/disk/layout.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import { recoverLot } from "../../../src/run/backup/recover-lot.ts";
import * as world from "../../ledger/ledger-world.ts";

test("a batch whose devices were all rejected when the backup was made does not count as minted", async () => {
  const root = world.temporaryFolder();
  mkdirSync(join(root, "output"));
  const ledger = await openLedger(join(root, "state", "ledger.sqlite"), { now: Date.now });
  onTestFinished(() => ledger.close());
  const lease = await world.plannedLot(ledger, "L1", ["a", "b"]);
  const { batch } = await world.reserveNext(ledger, lease);
  const rejects = ["a", "b"].map((externalId) => ({ externalId, reason: "its folder is occupied" }));
  await ledger.rejectDevices(lease, rejects);
  expect(await recoverLot(ledger, lease, homeLayout(root))).toMatchObject({ devices: [] });
  expect(await ledger.openBatches("L1")).toMatchObject([{ number: batch, state: "reserved" }]);
  await ledger.voidBatch(lease, batch);
  expect(await ledger.countByStage("L1")).toMatchObject({ rejected: 2 });
});
