import { expect, test } from "vitest";
import {
  dayText,
  decimalText,
  momentText,
  percentText,
  secondsText,
  spanText,
  wholePercent,
} from "../../../src/page/view/figures.ts";
import { htmlText } from "../../../src/report/html.ts";

/** With plain spaces, since the page's do not break. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

test("a rate has three digits that say something, with the language's decimal mark", () => {
  expect(decimalText(48.249, "en")).toBe("48.2");
  expect(decimalText(48.249, "de")).toBe("48,2");
  expect(decimalText(0.083_333, "de")).toBe("0,0833");
  expect(decimalText(412.7, "en")).toBe("413");
  expect(plain(decimalText(1_234_567, "de"))).toBe("1 234 567");
  expect(decimalText(0, "en")).toBe("0");
});

test("a share is never told as nothing or all when it is neither", () => {
  expect(wholePercent(1, 5000)).toBe(1);
  expect(wholePercent(4999, 5000)).toBe(99);
  expect(wholePercent(5000, 5000)).toBe(100);
  expect(wholePercent(0, 5000)).toBe(0);
  expect(wholePercent(3, 0)).toBe(0);
  expect(plain(percentText(3120, 5000))).toBe("62 %");
});

test("the time left is as exact as somebody who waits wants it", () => {
  const told = (seconds: number) => plain(spanText(seconds, "en"));
  expect([3, 43, 61, 192, 3599, 5400, 200_000].map(told)).toEqual([
    "a few seconds",
    "45 s",
    "1 min",
    "3 min",
    "1 h 0 min",
    "1 h 30 min",
    "2 d",
  ]);
  expect(spanText(3, "de")).toBe("wenige Sekunden");
});

test("the time for a device is told in milliseconds where it is short", () => {
  expect(plain(secondsText(0.0125, "en"))).toBe("12.5 ms");
  expect(plain(secondsText(12, "de"))).toBe("12 s");
});

test("a moment is told in the language, with the exact one for programs", () => {
  const at = new Date(2026, 10, 5, 9, 3);
  expect(htmlText(momentText(at.getTime(), "de"))).toBe(
    `<time datetime="${at.toISOString()}">05.11.2026, 09:03</time>`,
  );
  expect(htmlText(momentText(at.getTime(), "en"))).toContain(">05 Nov 2026, 09:03<");
  expect(dayText(at.getTime(), "de")).toBe("05.11.2026");
  expect(htmlText(momentText(Number.NaN, "en"))).toBe("–");
});
