import { DerError } from "../../asn1/read-der.ts";
import { readCertificate } from "../../x509/read-certificate.ts";
import { EXTENSION_RULES } from "./extension-rules.ts";
import type { LeafExpectation } from "./lint-rule.ts";
import { NAME_RULES } from "./name-rules.ts";
import { OUTLINE_RULES } from "./outline-rules.ts";

/** A demand that a certificate does not meet. */
export interface LintFinding {
  /** What is wrong, as a clause. */
  readonly message: string;
  /** Where the demand is made. */
  readonly source: string;
}

const RULES = [...OUTLINE_RULES, ...NAME_RULES, ...EXTENSION_RULES];

/** Holds a leaf against the standards and against what was asked for. What cannot be read is a finding too. */
export function lintLeaf(der: Buffer, expected: LeafExpectation): readonly LintFinding[] {
  try {
    const leaf = readCertificate(der);
    return RULES.flatMap(({ source, check }) => {
      const message = check(leaf, expected);
      return message === undefined ? [] : [{ message, source }];
    });
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return [{ message: error.message, source: "RFC 5280, 4.1" }];
  }
}
