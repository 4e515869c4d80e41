import { expect, test } from "vitest";
import { count, duration, paint, perSecond, plainText, seconds, wrapText } from "../../src/report/plain-text.ts";

test("what could steer a terminal becomes a question mark", () => {
  expect(plainText("a\u001b[2Jb\r\n\u0007\u009b\u202ec")).toBe("a?[2Jb?????c");
  expect(plainText("Gerät 😀")).toBe("Gerät 😀");
});

test("colour is only there when it is asked for", () => {
  expect(paint("x", "red", { colour: false })).toBe("x");
  expect(paint("x", "red", { colour: true })).toBe("\u001b[31mx\u001b[0m");
});

test("lines are broken at 80 columns, and a word longer than that is left whole", () => {
  const lines = wrapText("word ".repeat(40), "  - ", "    ").split("\n");
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.every((line) => line.length <= 80)).toBe(true);
  expect(lines[0]?.startsWith("  - word")).toBe(true);
  expect(lines[1]?.startsWith("    word")).toBe(true);
  expect(wrapText("x".repeat(100), "", "")).toBe("x".repeat(100));
});

test("numbers, times and rates are written for people", () => {
  expect([0, 999, 1000, 1_234_567].map(count)).toEqual(["0", "999", "1 000", "1 234 567"]);
  expect([12.4, 4210, 97_400, 3_600_000].map(duration)).toEqual(["12 ms", "4.2 s", "1 min 37 s", "1 h 0 min"]);
  expect([1184.2, 0.5].map(perSecond)).toEqual(["1 184", "0.5"]);
  expect([0.0008445, 12].map(seconds)).toEqual(["0.845 ms", "12 s"]);
});
