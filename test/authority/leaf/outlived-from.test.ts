import { expect, test } from "vitest";
import { outlivedFrom } from "../../../src/authority/leaf/outlived-from.ts";
import { resolveValidity } from "../../../src/authority/resolve-validity.ts";
import type { ValidityRequest } from "../../../src/domain/certificate.ts";

const ISSUER = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2036, 0, 1) - 1000 };

function outlives(request: ValidityRequest, nowMs: number): boolean {
  return resolveValidity(request, "permit", ISSUER, nowMs).outlives;
}

test.each<ValidityRequest>([
  { kind: "days", days: 365, asked: true },
  { kind: "days", days: 1, asked: true },
  { kind: "years", years: 3, asked: true },
])("the moment is the first one at which a certificate of $kind outlives its issuer", (request) => {
  const fromMs = outlivedFrom(request, ISSUER) ?? 0;
  expect(outlives(request, fromMs)).toBe(true);
  expect(outlives(request, fromMs - 1000)).toBe(false);
});

test("an end that is fixed outlives the issuer always, or never", () => {
  const until = (notAfterMs: number) => ({ kind: "until", notAfterMs, asked: true }) as const;
  expect(outlivedFrom(until(ISSUER.notAfterMs), ISSUER)).toBeUndefined();
  expect(outlivedFrom(until(ISSUER.notAfterMs + 1000), ISSUER)).toBe(ISSUER.notBeforeMs);
});

test("an identity without an end outlives its issuer by intent", () => {
  expect(outlivedFrom({ kind: "never", asked: false }, ISSUER)).toBeUndefined();
});
