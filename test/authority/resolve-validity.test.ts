import { describe, expect, test } from "vitest";
import { resolveValidity } from "../../src/authority/resolve-validity.ts";
import { NEVER_MS, type ValidityRequest } from "../../src/domain/certificate.ts";
import { DAY_MS, errorOf } from "./authorities.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00.750Z");
const SECOND = Date.parse("2026-03-01T12:00:00Z");
const issuer = { notBeforeMs: Date.parse("2020-01-01T00:00:00Z"), notAfterMs: Date.parse("2030-01-01T00:00:00Z") };
const days = (count: number, asked = true): ValidityRequest => ({ kind: "days", days: count, asked });

describe("resolveValidity", () => {
  test("begins five minutes back, in whole seconds, and ends a second before the next day would begin", () => {
    const { validity, cut, outlives } = resolveValidity(days(365), "reject", issuer, NOW_MS);
    expect(new Date(validity.notBeforeMs).toISOString()).toBe("2026-03-01T11:55:00.000Z");
    expect(validity.notAfterMs).toBe(SECOND + 365 * DAY_MS - 1000);
    expect([cut, outlives]).toEqual([false, false]);
  });

  test("never begins before its issuer", () => {
    const young = { ...issuer, notBeforeMs: SECOND - 1000 };
    expect(resolveValidity(days(1), "reject", young, NOW_MS).validity.notBeforeMs).toBe(SECOND - 1000);
  });

  test("counts years by the calendar", () => {
    const { validity } = resolveValidity({ kind: "years", years: 2, asked: true }, "reject", issuer, NOW_MS);
    expect(new Date(validity.notAfterMs).toISOString()).toBe("2028-03-01T11:59:59.000Z");
  });

  test("takes a date as it is given", () => {
    const until: ValidityRequest = { kind: "until", notAfterMs: Date.parse("2029-12-31T23:59:59.900Z"), asked: true };
    const { validity } = resolveValidity(until, "reject", issuer, NOW_MS);
    expect(new Date(validity.notAfterMs).toISOString()).toBe("2029-12-31T23:59:59.000Z");
  });

  test("cuts a default to the issuer's end and says so, whatever the rule for what was asked", () => {
    for (const rule of ["reject", "truncate", "permit"] as const) {
      const { validity, cut, outlives } = resolveValidity(days(3650, false), rule, issuer, NOW_MS);
      expect([validity.notAfterMs, cut, outlives]).toEqual([issuer.notAfterMs, true, false]);
    }
  });

  test("leaves a profile's never alone, since such an identity is meant to outlive its issuer", () => {
    const resolved = resolveValidity({ kind: "never", asked: false }, "reject", issuer, NOW_MS);
    expect(resolved).toMatchObject({ validity: { notAfterMs: NEVER_MS }, cut: false, outlives: true });
  });

  test("rejects what was asked beyond the issuer's end, naming both dates", async () => {
    for (const request of [days(3650), { kind: "never", asked: true } as const]) {
      const error = await errorOf(() => resolveValidity(request, "reject", issuer, NOW_MS));
      expect(error.code).toBe("issuer-unusable");
      expect(error.message).toContain("2030-01-01T00:00:00Z");
      expect(error.message).toMatch(request.kind === "never" ? /9999-12-31/ : /2036-02-27/);
    }
  });

  test("truncates or permits it where that is the rule", () => {
    const truncated = resolveValidity(days(3650), "truncate", issuer, NOW_MS);
    expect(truncated).toMatchObject({ validity: { notAfterMs: issuer.notAfterMs }, cut: true, outlives: false });
    const permitted = resolveValidity(days(3650), "permit", issuer, NOW_MS);
    expect(permitted).toMatchObject({
      validity: { notAfterMs: SECOND + 3650 * DAY_MS - 1000 },
      cut: false,
      outlives: true,
    });
  });

  test("refuses an end that is past, and one after the year 9999", async () => {
    const past = await errorOf(() =>
      resolveValidity({ kind: "until", notAfterMs: 0, asked: true }, "reject", issuer, NOW_MS),
    );
    expect([past.code, past.message]).toEqual(["usage", expect.stringContaining("which is past")]);
    for (const request of [days(1e9), { kind: "years", years: 9000, asked: true } as const]) {
      const far = await errorOf(() => resolveValidity(request, "permit", issuer, NOW_MS));
      expect([far.code, far.message]).toEqual(["usage", expect.stringContaining("year 9999")]);
    }
  });
});
