import { expect, test } from "vitest";
import { NEVER_MS } from "../../src/domain/certificate.ts";
import { isoDay, isoTime } from "../../src/domain/iso-time.ts";

test("whole seconds are written without a fraction, others with milliseconds", () => {
  expect(isoTime(Date.UTC(2026, 0, 31, 10))).toBe("2026-01-31T10:00:00Z");
  expect(isoTime(Date.UTC(2026, 0, 31, 10) + 5)).toBe("2026-01-31T10:00:00.005Z");
});

test("an end without an end is written as it stands in the certificate", () => {
  expect(isoTime(NEVER_MS)).toBe("9999-12-31T23:59:59Z");
});

test("a day is that of UTC", () => {
  expect(isoDay(Date.UTC(2026, 0, 31, 23, 59, 59, 999))).toBe("2026-01-31");
});
