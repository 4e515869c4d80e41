import { expect, test } from "vitest";
import type { LotLease } from "../../../src/ledger/locks.ts";
import { lotModel } from "../../../src/page/models/lot-model.ts";
import { makeLotTable } from "../../../src/page/models/lot-table.ts";
import * as world from "../../ledger/ledger-world.ts";
import { makePage } from "../page-world.ts";

test("a lot's rejects are read again only when the lot has changed, however often its page is made", async () => {
  const { ledger, tools } = await makePage();
  let read = 0;
  const counting = {
    ...ledger,
    rejects: (lot: string) => {
      read += 1;
      return ledger.rejects(lot);
    },
  };
  const counted = { ...tools, useLedger: ((act) => act(counting)) as typeof tools.useLedger };
  const table = makeLotTable(counted);
  const make = async () => {
    const model = await lotModel("L1", { mayAct: true, signedIn: false }, counted, table, () => []);
    return [model?.rejects.map(({ externalId }) => externalId), model?.rejectsTotal, read];
  };
  const reject = async (lease: LotLease, externalId: string) => {
    await ledger.rejectDevices(lease, [{ externalId, reason: "no licence" }]);
    await ledger.releaseLot(lease, 3);
  };
  await reject(await world.plannedLot(ledger, "L1", ["a", "b"]), "a");
  expect(await make()).toEqual([["a"], 1, 1]);
  expect(await make()).toEqual([["a"], 1, 1]);
  await reject(await world.withLotLease(ledger, "L1"), "b");
  expect(await make()).toEqual([["a", "b"], 2, 2]);
});
