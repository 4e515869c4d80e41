import { expect, test } from "vitest";
import { adHocJob } from "../../../src/config/ad-hoc-job.ts";
import { jobToJson } from "../../../src/config/job-json.ts";
import type { LotLease } from "../../../src/ledger/locks.ts";
import { homeModel } from "../../../src/page/models/home-model.ts";
import { makeLotTable } from "../../../src/page/models/lot-table.ts";
import { errorOutcome } from "../../../src/watch/error-outcome.ts";
import type { WatchedWork } from "../../../src/watch/watch-control.ts";
import * as world from "../../ledger/ledger-world.ts";
import { makePage } from "../page-world.ts";

const SITE = { profiles: {}, maxChain: 10, lotsAtOnce: 1, settleMs: 5000 };
const ALL = { page: 1, filter: null, search: "" };
const REST = { authorities: [], preview: null, mayAct: true, signedIn: false };
const WORK: WatchedWork = {
  file: "x.csv",
  lot: "L1",
  job: "job",
  state: "waiting",
  reason: "the platform is away",
  sinceMs: 0,
  progress: null,
  rates: [],
  taktSeconds: null,
};

test("a page of the list asks the ledger twice, however many lots there are, and counts those alone that it shows", async () => {
  const { ledger, tools, watch, pass } = await makePage();
  for (let number = 0; number < 120; number++) {
    await ledger.releaseLot(await world.plannedLot(ledger, `lot-${number}`, []), 0);
  }
  const counted: (readonly string[])[] = [];
  let asked = 0;
  const counting = {
    ...ledger,
    lotFigures: (lots: readonly string[]) => {
      counted.push(lots);
      return ledger.lotFigures(lots);
    },
  };
  const table = makeLotTable({
    ...tools,
    useLedger: (act) => {
      asked += 1;
      return act(counting);
    },
  });
  const model = await homeModel({ ...REST, question: ALL, table, control: watch });
  expect([model.total, model.pages, model.cards.length, asked, counted.map(({ length }) => length)]).toEqual([
    120,
    3,
    50,
    2,
    [50],
  ]);
  // Nothing has changed: nothing is counted again, however often it is shown.
  pass(60_000);
  await homeModel({ ...REST, question: ALL, table, control: watch });
  expect([asked, counted.length]).toEqual([3, 1]);
  await world.plannedLot(ledger, "lot-119", ["a"]);
  pass(60_000);
  await homeModel({ ...REST, question: ALL, table, control: watch });
  expect(counted.at(-1)).toEqual(["lot-119"]);
});

test("what the watcher has of a lot goes before how its last run ended, and a stop before that it waits", async () => {
  const { ledger, tools, watch } = await makePage();
  await ledger.releaseLot(await world.plannedLot(ledger, "L1", ["a"]), 0);
  const table = makeLotTable(tools);
  const state = async () => {
    const row = await table.row("L1");
    const [card] = row === undefined ? [] : await table.cards([row]);
    return [card?.state, card?.stopping, card?.problem, card?.may.stop, card?.may.resume];
  };
  expect(await state()).toEqual(["done", false, null, false, false]);
  watch.works_ = [WORK];
  expect(await state()).toEqual(["waiting", false, "the platform is away", true, false]);
  watch.works_ = [WORK, { ...WORK, file: "y.csv", state: "running" }];
  expect(await state()).toEqual(["running", false, null, true, false]);
  await watch.stop("L1", { via: "page", who: "loopback", address: "::1" });
  watch.works_ = [{ ...WORK, state: "stopping" }];
  expect(await state()).toEqual(["running", true, null, false, true]);
  watch.works_ = [{ ...WORK, state: "stopped" }];
  expect(await state()).toEqual(["stopped", false, null, false, true]);
});

test("a file whose lot is not known, and one that was refused, have cards of their own", async () => {
  const { tools, watch } = await makePage();
  watch.works_ = [{ ...WORK, lot: null, file: "new.csv" }];
  const error = {
    exitCode: 2,
    problem: "there is no column id",
    concerns: undefined,
    lot: "bad",
    job: "job",
    nowMs: 0,
  };
  tools.record.ended({ name: "bad.csv", outcome: errorOutcome(error) });
  const table = makeLotTable(tools);
  const cards = await table.cards(await table.rows());
  expect(cards.map(({ key, state, hasPage, problem }) => [key, state, hasPage, problem])).toEqual([
    ["file:bad.csv", "failed", false, "there is no column id"],
    ["file:new.csv", "waiting", false, "the platform is away"],
  ]);
});

test("sending again is offered only where a device waits for the platform or was rejected by it", async () => {
  const { ledger, tools } = await makePage();
  const json = jobToJson(
    adHocJob(
      "/home/input/x.csv",
      "line-3",
      { ...SITE, locateDefault: () => ({ file: "lotmint.yaml", line: 1, key: "" }), defaults: {} },
      0,
    ),
  );
  const offered = async (hasPlatform = true) => {
    const table = makeLotTable({ ...tools, hasPlatform });
    const cards = await table.cards(await table.rows());
    return Object.fromEntries(cards.map(({ lot, may }) => [lot, may.sendAgain]));
  };
  const end = async (lease: LotLease) => {
    await ledger.recordJob(lease, { issuer: "line-3", name: "job", json });
    await ledger.releaseLot(lease, 3);
  };
  const badRows = await world.withLotLease(ledger, "bad-rows");
  await ledger.absorbManifest(
    badRows,
    world.manifest(),
    world.inBatches({ rejected: [world.rejectedRow(2, "x", "is bad")] }),
  );
  await end(badRows);
  const unminted = await world.plannedLot(ledger, "never-minted", ["a"]);
  await ledger.rejectDevices(unminted, [{ externalId: "a", reason: "the platform has it" }]);
  await end(unminted);
  const refused = await world.listedLot(ledger, "refused", ["b"]);
  await ledger.rejectDevices(refused, [{ externalId: "b", reason: "no licence" }]);
  await end(refused);
  await end(await world.listedLot(ledger, "listed", ["c"]));
  expect(await offered()).toEqual({ "bad-rows": false, "never-minted": false, refused: true, listed: true });
  expect(Object.values(await offered(false))).not.toContain(true);
});

test("a lot that runs is counted once a second at most, and at once when its run has ended", async () => {
  const { ledger, tools } = await makePage();
  let clockMs = 0;
  const table = makeLotTable({ ...tools, monotonic: () => clockMs });
  const rejects = async () => {
    table.changed(new Set(["L1"]));
    return (await table.cards(await table.rows())).map((card) => card.rejects);
  };
  const lease = await world.plannedLot(ledger, "L1", ["a", "b", "c"]);
  const reject = (externalId: string) => ledger.rejectDevices(lease, [{ externalId, reason: "no licence" }]);
  expect(await rejects()).toEqual([0]);
  await reject("a");
  clockMs = 999;
  expect(await rejects()).toEqual([0]);
  clockMs = 1000;
  expect(await rejects()).toEqual([1]);
  await reject("b");
  await ledger.releaseLot(lease, 3);
  expect(await rejects()).toEqual([2]);
});
