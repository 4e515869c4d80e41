import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { OnboardingError } from "../../../src/domain/error.ts";
import { currentLockOwner } from "../../../src/ledger/lock-owner.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import { withLeaseBeside } from "../../../src/run/lot/lease-beside.ts";
import type { RunTools } from "../../../src/run/lot/run-tools.ts";
import * as world from "../../ledger/ledger-world.ts";

test("how a lot's last run ended stays as it was, whatever comes of the work beside it", async () => {
  const ledger = await openLedger(join(world.temporaryFolder(), "ledger.sqlite"), { now: Date.now });
  onTestFinished(() => ledger.close());
  const owner = currentLockOwner();
  await ledger.releaseLot(await world.plannedLot(ledger, "L1", ["a"]), 3);
  const tools = { ledger, owner, log: pino({ enabled: false }) } as Partial<RunTools> as RunTools;
  await withLeaseBeside(tools, "L1", async () => "done");
  expect(await ledger.lot("L1")).toMatchObject({ lastExitCode: 3, heldBy: null });
  const error = new OnboardingError("output is missing", { code: "state-damaged" });
  await expect(withLeaseBeside(tools, "L1", () => Promise.reject(error))).rejects.toBe(error);
  expect(await ledger.lot("L1")).toMatchObject({ lastExitCode: 3, heldBy: null });
});
