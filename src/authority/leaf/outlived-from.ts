import type { Validity, ValidityRequest } from "../../domain/certificate.ts";

const DAY_MS = 86_400_000;

/**
 * The first moment at which a certificate of this validity would outlive its issuer, in milliseconds
 * since 1970; for an end that is later than the issuer's anyway, the issuer's own beginning. Undefined
 * where there is no such moment: an earlier end, or `never`, which outlives by intent (IEEE 802.1AR).
 */
export function outlivedFrom(request: ValidityRequest, issuer: Validity): number | undefined {
  // Both ends are inclusive: a certificate of n days ends one second before n days have passed (see validity.ts).
  const bound = issuer.notAfterMs + 1000;
  switch (request.kind) {
    case "days":
      return bound - request.days * DAY_MS + 1000;
    case "years": {
      const begin = new Date(bound);
      begin.setUTCFullYear(begin.getUTCFullYear() - request.years);
      return begin.getTime() + 1000;
    }
    case "until":
      return request.notAfterMs > issuer.notAfterMs ? issuer.notBeforeMs : undefined;
    case "never":
      return undefined;
  }
}
