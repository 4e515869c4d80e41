import { expect, test } from "vitest";
import { askedValidity } from "../../src/config/asked-validity.ts";

const NOW = Date.UTC(2026, 10, 23);

test.each([
  ["365d", { kind: "days", days: 365, asked: true }],
  ["20y", { kind: "years", years: 20, asked: true }],
  ["2040-01-01", { kind: "until", notAfterMs: Date.UTC(2040, 0, 1, 23, 59, 59), asked: true }],
  ["never", { kind: "never", asked: true }],
])("--validity %s is understood", (text, request) => {
  expect(askedValidity(text, NOW)).toEqual(request);
});

test.each([
  ["12", "--validity 12 is none of 365d, 20y, 2040-01-01, never"],
  ["2020-01-01", "--validity 2020-01-01 is in the past"],
  ["2040-02-31", "--validity 2040-02-31 is no date of the calendar"],
])("--validity %s is refused", (text, message) => {
  expect(() => askedValidity(text, NOW)).toThrow(expect.objectContaining({ code: "usage", message }));
});
