import { TAG } from "../../asn1/der.ts";
import { type NameAttribute, readName, subjectPartProblem } from "../../x509/name-der.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";
import type { LintRule } from "./lint-rule.ts";

function subjectOf(leaf: CertificateFields): readonly NameAttribute[] {
  return readName(leaf.subject).flat();
}

const issuerIsTheAuthority: LintRule = {
  source: "RFC 5280, 4.1.2.4",
  check: (leaf, { issuer }) => {
    if (readName(leaf.issuer).length === 0) return "the issuer's name is empty";
    return leaf.issuer.equals(issuer.subject)
      ? undefined
      : "the issuer's name is not octet for octet the authority's subject";
  },
};

/** The platform takes the CN for the MQTT client id. */
const commonNameIsTheId: LintRule = {
  source: "RFC 5280, 4.1.2.6",
  check: (leaf, { externalId }) => {
    const names = subjectOf(leaf).filter(({ attribute }) => attribute === "CN");
    if (names.length !== 1) return `the subject has ${names.length} CN, not one`;
    return names[0]?.value.toString("utf8") === externalId ? undefined : "the CN is not the device's id";
  },
};

const stringTypesFit: LintRule = {
  source: "RFC 5280, 4.1.2.4 and appendix A.1",
  check: (leaf) => {
    for (const { attribute, tag } of subjectOf(leaf)) {
      const wanted = attribute === "C" || attribute === "serialNumber" ? TAG.PRINTABLE_STRING : TAG.UTF8_STRING;
      if (attribute !== undefined && tag !== wanted) {
        return `${attribute} is not a ${wanted === TAG.UTF8_STRING ? "UTF8String" : "PrintableString"}`;
      }
    }
    return undefined;
  },
};

const boundsAreKept: LintRule = {
  source: "RFC 5280, appendix A.1",
  check: (leaf) => {
    for (const { attribute, value } of subjectOf(leaf)) {
      const problem = attribute && subjectPartProblem({ attribute, value: value.toString("utf8") });
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
};

const demandedAttributesAreThere: LintRule = {
  source: "the profile; for idevid IEEE 802.1AR, 8.6",
  check: (leaf, { profile }) => {
    const present = subjectOf(leaf).map(({ attribute }) => attribute);
    const missing = profile.requiredSubject.filter((attribute) => !present.includes(attribute));
    return missing.length === 0 ? undefined : `the subject has no ${missing.join(", ")}`;
  },
};

/** Rules on issuer and subject. */
export const NAME_RULES: readonly LintRule[] = [
  issuerIsTheAuthority,
  commonNameIsTheId,
  stringTypesFit,
  boundsAreKept,
  demandedAttributesAreThere,
];
