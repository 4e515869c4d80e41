import { expect, test } from "vitest";
import { buildReport } from "../../src/report/build-report.ts";
import { lotReport, reportInput } from "../fixtures/lot-report.ts";

test("times are ISO 8601 and stages whole milliseconds", () => {
  const report = lotReport();
  expect(report.startedAt).toBe("2026-11-20T05:30:00.000Z");
  expect(report.endedAt).toBe("2026-11-20T05:31:44.000Z");
  expect(report.stages).toEqual({ manifest: 320, mint: 4210, submit: 97_400 });
});

test("the rate is told against the takt", () => {
  expect(lotReport({ minted: 4000, mintingMs: 8000, taktSeconds: 0.002 }).rate).toEqual({
    minted: 4000,
    devicesPerSecond: 500,
    secondsPerDevice: 0.002,
    taktSeconds: 0.002,
    withinTakt: true,
  });
  expect(lotReport({ minted: 1, mintingMs: 2000, taktSeconds: 1.9 }).rate.withinTakt).toBe(false);
});

test("a run that minted nothing has no rate, and one without a takt is neither within nor behind", () => {
  const { rate } = lotReport({ minted: 0, mintingMs: 50 });
  expect([rate.devicesPerSecond, rate.secondsPerDevice, rate.withinTakt]).toEqual([null, null, null]);
  const { taktSeconds: _, ...without } = reportInput();
  expect(buildReport(without).rate).toMatchObject({ minted: 4985, taktSeconds: null, withinTakt: null });
});

test("a note that is given twice is told once", () => {
  expect(lotReport({ notes: ["a", "b", "a"] }).notes).toEqual(["a", "b"]);
});
