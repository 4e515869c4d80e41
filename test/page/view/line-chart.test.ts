import { expect, test } from "vitest";
import { lineChart } from "../../../src/page/view/line-chart.ts";
import { htmlText } from "../../../src/report/html.ts";

const WORDS = { label: "the picture", top: "10", bottom: "0", from: "then", to: "now" };

function chart(ys: readonly number[], level: number | null): string {
  return htmlText(lineChart({ ...WORDS, points: ys.map((y, x) => ({ x, y })), level }));
}

test("points run from the left to the right edge, the higher the greater they are", () => {
  const [, line = ""] = /class="line" d="M([^"]+)"/.exec(chart([0, 10, 5], null)) ?? [];
  const points = line.split("L").map((point) => point.split(" ").map(Number));
  expect(points.map(([x]) => x)).toEqual([0, 300, 600]);
  const [low = 0, high = 0, middle = 0] = points.map(([, y = 0]) => y);
  expect(low).toBe(160);
  expect(high).toBeLessThan(middle);
  expect(high).toBeGreaterThan(0);
});

test("a level above all points still lies inside the picture", () => {
  const [, level = ""] = /class="level" d="M0 ([\d.]+)H600"/.exec(chart([1, 2], 100)) ?? [];
  expect(Number(level)).toBeGreaterThan(0);
  expect(Number(level)).toBeLessThan(20);
});

test("one point is a level line, and none is an empty picture without figures that are none", () => {
  expect(chart([5], null)).toMatch(/class="line" d="M0.0 [\d.]+L[\d.]+ [\d.]+"/);
  for (const picture of [chart([], null), chart([], 3), chart([0, 0], null)]) {
    expect(picture).not.toMatch(/NaN|Infinity/);
    expect(picture).toContain('role="img" aria-label="the picture"');
  }
  expect(chart([], null)).not.toContain('class="line"');
});
