import { expect, test } from "vitest";
import type { Device } from "../../src/domain/device.ts";
import type { DecidedBatch } from "../../src/domain/plan.ts";
import { planManifest } from "../../src/plan/plan-manifest.ts";
import { summarizePlan } from "../../src/plan/summarize-plan.ts";

function device(externalId: string): Device {
  return {
    externalId,
    line: 1,
    cells: { id: externalId },
    subject: [{ attribute: "CN", value: externalId }],
    registration: { type: "t", name: externalId, agent: true, properties: {}, externalIds: {} },
  };
}

async function* batches(...ids: readonly (readonly string[])[]) {
  for (const batch of ids) {
    const bad = { problem: { line: 1, field: "", message: "bad" }, externalId: "", cells: {} };
    yield { devices: batch.map(device), rejected: batch.length === 0 ? [bad] : [] };
  }
}

async function collect(plan: AsyncIterable<DecidedBatch>): Promise<readonly DecidedBatch[]> {
  const all: DecidedBatch[] = [];
  for await (const batch of plan) all.push(batch);
  return all;
}

test("the quantity counts over all batches and the devices that the lot has", async () => {
  const asked: string[][] = [];
  const planned = await collect(
    planManifest({
      lot: "L",
      rows: batches(["a", "b"], [], ["c", "d"]),
      known: async (ids) => {
        asked.push([...ids]);
        return [];
      },
      liveCount: 2,
      quantity: 5,
      corrected: false,
    }),
  );
  expect(asked).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  expect(planned.map(({ decisions, rejected }) => [decisions.length, rejected.length])).toEqual([
    [2, 0],
    [0, 1],
    [1, 1],
  ]);
  expect(planned[2]?.rejected[0]).toMatchObject({
    externalId: "d",
    problem: { message: "the row is over the lot's quantity of 5" },
  });
});

const STANDING = {
  planned: 3,
  reserved: 4,
  minted: 5,
  listed: 6,
  submitted: 7,
  confirmed: 8,
  rejected: 9,
  revoked: 10,
};

test("a plan's summary counts rows once, and tells who is gone", async () => {
  async function* planned() {
    yield {
      decisions: [
        { kind: "keep", externalId: "a", line: 2 },
        { kind: "needs-remint", device: device("b"), subjectDigest: "x" },
        { kind: "register", device: device("b"), registrationDigest: "x" },
        { kind: "mint", device: device("c"), subjectDigest: "x", registrationDigest: "x" },
      ],
      rejected: [{ problem: { line: 5, field: "", message: "bad" }, externalId: "d", cells: {} }],
      taken: 1,
      registered: { confirmed: 1 },
    } satisfies DecidedBatch;
  }
  async function* ids() {
    yield ["a", "b"];
    yield ["d", "e"];
  }
  const counts = { lot: "L", rows: 4, mint: 1, register: 1, keep: 1, rejected: 1, needsRemint: ["b"] };
  const sum = (corrected: boolean, takenIn: boolean) =>
    summarizePlan({
      lot: "L",
      job: { registration: { mode: "bulk" }, submit: { enabled: true } },
      batches: planned(),
      lotIds: ids,
      counts: STANDING,
      corrected,
      takenIn: () => takenIn,
    });
  expect(await sum(false, false)).toEqual({
    ...counts,
    gone: ["e"],
    counts: STANDING,
    run: { mint: 3 + 4 + 1, recover: 4, list: 8 + 5 + 1, submit: 14 + 6, sendAgain: 7 },
  });
  expect((await sum(true, false)).gone).toEqual([]);
  // A file that is taken in already changes nothing: what is left is what the lot itself has left.
  expect(await sum(false, true)).toMatchObject({
    mint: 0,
    register: 0,
    keep: 3,
    run: { mint: 7, recover: 4, list: 12, submit: 18, sendAgain: 7 },
  });
});
