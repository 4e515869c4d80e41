import { createPublicKey } from "node:crypto";
import { TAG } from "../../asn1/der.ts";
import { findDerProblem } from "../../asn1/find-der-problem.ts";
import { describeKey, keyAlgorithmOf } from "../key-algorithm.ts";
import type { LintRule } from "./lint-rule.ts";

/** Extensions need version 3. */
const versionIs3: LintRule = {
  source: "RFC 5280, 4.1.2.1",
  check: (leaf) => (leaf.version === 3 ? undefined : `the version is ${leaf.version}, not 3`),
};

const serialIsPositive: LintRule = {
  source: "RFC 5280, 4.1.2.2",
  check: ({ serialOctets }) => {
    const first = serialOctets[0] ?? 0;
    if (first >= 0x80 || serialOctets.every((octet) => octet === 0)) return "the serial number is not positive";
    return serialOctets.length > 20 ? `the serial number has ${serialOctets.length} octets, 20 are allowed` : undefined;
  },
};

const algorithmsAgree: LintRule = {
  source: "RFC 5280, 4.1.1.2",
  check: (leaf) =>
    leaf.signedAlgorithm.equals(leaf.outerAlgorithm) ? undefined : "the signed algorithm differs from the signature's",
};

/** UTCTime through 2049, GeneralizedTime from 2050. */
const timesAreEncodedByYear: LintRule = {
  source: "RFC 5280, 4.1.2.5",
  check: ({ times, notBeforeMs, notAfterMs }) => {
    const wrong = [notBeforeMs, notAfterMs].some((ms, index) => {
      const tag = new Date(ms).getUTCFullYear() < 2050 ? TAG.UTC_TIME : TAG.GENERALIZED_TIME;
      return times[index]?.tag !== tag;
    });
    return wrong ? "a date is UTCTime from 2050 on or GeneralizedTime before it" : undefined;
  },
};

const validityRunsForward: LintRule = {
  source: "RFC 5280, 4.1.2.5",
  check: ({ notBeforeMs, notAfterMs }) => (notBeforeMs <= notAfterMs ? undefined : "notAfter is before notBefore"),
};

const validityIsAsAsked: LintRule = {
  source: "RFC 5280, 4.1.2.5",
  check: ({ notBeforeMs, notAfterMs }, { validity }) =>
    notBeforeMs === validity.notBeforeMs && notAfterMs === validity.notAfterMs
      ? undefined
      : "the validity is not the one that was asked for",
};

/** Path validation at a later date needs the issuer to be valid then; 802.1AR's "never" is meant to outlive it. */
const validityIsInsideTheIssuers: LintRule = {
  source: "RFC 5280, 6.1.3 a 2",
  check: ({ notBeforeMs, notAfterMs }, { issuer, mayOutliveIssuer }) => {
    if (notBeforeMs < issuer.notBeforeMs) return "it begins before its issuer";
    return notAfterMs > issuer.notAfterMs && !mayOutliveIssuer ? "it ends after its issuer" : undefined;
  },
};

const keyIsAsAsked: LintRule = {
  source: "RFC 5280, 4.1.2.7",
  check: ({ spki }, { key }) => {
    try {
      const found = createPublicKey({ key: spki, format: "der", type: "spki" });
      return keyAlgorithmOf(found) === key ? undefined : `the key is ${describeKey(found)}, not ${key}`;
    } catch {
      return "the public key cannot be read";
    }
  },
};

const encodingIsDer: LintRule = {
  source: "RFC 5280, 4.1",
  check: ({ raw, extensions }) => {
    const problem = findDerProblem(raw) ?? extensions.map(({ value }) => findDerProblem(value)).find(Boolean);
    return problem === undefined ? undefined : `the encoding is not DER: ${problem}`;
  },
};

/** Rules on a certificate's basic fields. */
export const OUTLINE_RULES: readonly LintRule[] = [
  versionIs3,
  serialIsPositive,
  algorithmsAgree,
  timesAreEncodedByYear,
  validityRunsForward,
  validityIsAsAsked,
  validityIsInsideTheIssuers,
  keyIsAsAsked,
  encodingIsDer,
];
