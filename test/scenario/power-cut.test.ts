import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byLength } from "../fixtures/test-length.ts";
import { seededRandom } from "./crash-lot.ts";
import { treeOf } from "./harness.ts";
import { type RecordedRun, recordRun } from "./power-cut/cut-power.ts";
import { type Cut, loseUnsynced, placeImage } from "./power-cut/lose-unsynced.ts";
import type { Operation } from "./power-cut/operations.ts";
import { canRecord } from "./power-cut/record.ts";

const SEED = Number(process.env["LOTMINT_SOAK_SEED"] ?? Date.now() % 1_000_000);
/** For each sync, in the long form. */
const SEEDS = 3;
const KEPT = [0, 0.5, 1] as const;
const TIMEOUT_MS = byLength({ short: 300_000, long: 3 * 3_600_000 });
const allowed = canRecord() || process.env["CI"] !== undefined;
const skipped = allowed ? "" : " (skipped: strace is missing or may not look into programs)";

type Point = Omit<Cut, "random">;

/** Right after each sync, and somewhere between it and the next one. */
function allPoints({ recording }: RecordedRun, random: () => number): Point[] {
  const syncs = syncsOf(recording.operations);
  return syncs.flatMap(([at], index) => {
    const next = syncs[index + 1]?.[0] ?? recording.operations.length;
    return Array.from({ length: SEEDS }, (_, seed): Point[] => [
      { at: at + 1, model: "any", kept: KEPT[seed % KEPT.length] ?? 0 },
      {
        at: at + 1 + Math.floor(random() * (next - at)),
        model: random() < 0.5 ? "ordered" : "any",
        kept: Math.round(random() * 4) / 4,
      },
    ]).flat();
  });
}

function syncsOf(operations: readonly Operation[]): (readonly [number, Extract<Operation, { kind: "sync" }>])[] {
  return [...operations.entries()].flatMap(([index, operation]) =>
    operation.kind === "sync" ? [[index, operation] as const] : [],
  );
}

/** Where something is decided. */
function chosenPoints(run: RecordedRun, random: () => number): Point[] {
  const { operations } = run.recording;
  const syncs = syncsOf(operations);
  const volume = syncs.findIndex(([, { call }]) => call === "syncfs");
  const after = (index: number) => (syncs[index]?.[0] ?? operations.length) + 1;
  const placed = syncs.findIndex(([, { path }]) => path.endsWith("/devices"));
  const all = allPoints(run, random);
  return [
    // The first batches are reserved; all that is written of them is lost.
    { at: after(volume) - 1, model: "any", kept: 0 },
    // Some folders are in their place, and their names may be lost or not.
    { at: after(placed) - 1, model: "any", kept: 0.5 },
    // A report is written aside and has not got its name.
    { at: after(syncs.findLastIndex(([, { path }]) => path.endsWith("/report.html.new"))), model: "any", kept: 0 },
    { at: operations.length, model: "ordered", kept: 0 },
    ...all.filter((_, index) => index === Math.floor(random() * all.length)),
  ];
}

async function problemsOf(run: RecordedRun, points: readonly Point[]): Promise<string[]> {
  const problems: string[] = [];
  for (const [index, point] of points.entries()) {
    const found = await run.cutPower(point, SEED + index);
    const { at, model, kept } = point;
    const where = `LOTMINT_SOAK_SEED=${SEED}, image ${index}, cut after operation ${at}, ${model}, ${kept} kept`;
    problems.push(...found.slice(0, 5).map((problem) => `${where}: ${problem}`));
  }
  return problems;
}

describe.skipIf(!allowed)(`a power cut${skipped}`, () => {
  describe.each([
    ["passwords below the lot's output", false],
    ["passwords on another file system", true],
  ])("%s", (_, elsewhere) => {
    let run: RecordedRun;
    beforeAll(async () => {
      process.stderr.write(`power cuts with LOTMINT_SOAK_SEED=${SEED}\n`);
      run = await recordRun(elsewhere);
    });
    afterAll(() => run?.close());

    test("the recording holds all that the run did", () => {
      const trees = () => run.roots.map((root) => treeOf(root));
      const real = trees();
      const { operations } = run.recording;
      const cut: Cut = { at: operations.length, model: "any", kept: 1, random: Math.random };
      placeImage(run.recording, loseUnsynced(run.recording, cut));
      expect(trees()).toEqual(real);
      const volumes = syncsOf(operations).filter(([, { call }]) => call === "syncfs").length;
      expect(volumes).toBeGreaterThan(run.isApart ? 3 : 1);
    });

    test("at any moment leaves what a run completes, with every promise kept", { timeout: TIMEOUT_MS }, async () => {
      const random = seededRandom(SEED);
      const points = byLength({ short: chosenPoints(run, random), long: allPoints(run, random) });
      expect(await problemsOf(run, points)).toEqual([]);
    });

    test.runIf(!elsewhere).each([
      // What is recorded as minted is not on the disk.
      [
        "syncfs",
        ({ call }: { readonly call: string }) => call === "syncfs",
        /have been minted, but their folders are neither/,
      ],
      // Folders are in their place that the ledger does not have as minted: their devices are rejected.
      [
        "the ledger's syncs",
        ({ path }: { readonly path: string }) => path.endsWith("/ledger.sqlite-wal"),
        /the run after it ended with 3/,
      ],
    ] as const)("without %s the promises break", async (_name, ignore, told) => {
      const syncs = syncsOf(run.recording.operations);
      const [at] = syncs.findLast(([, { path }]) => path.endsWith("/devices")) ?? [0];
      const cut = { at: at + 1, model: "any", kept: 0 } as const;
      expect(await run.cutPower(cut, SEED)).toEqual([]);
      expect((await run.cutPower({ ...cut, ignore }, SEED)).join("\n")).toMatch(told);
    });
  });
});
