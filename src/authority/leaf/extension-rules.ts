import { TAG } from "../../asn1/der.ts";
import { readChildren, readElement } from "../../asn1/read-der.ts";
import type { KeyUsage } from "../../domain/certificate.ts";
import { type CertificateExtension, type CertificateFields, EXTENSION } from "../../x509/read-certificate.ts";
import { keyIdOf } from "../../x509/subject-public-key.ts";
import type { LintRule } from "./lint-rule.ts";

function find(leaf: CertificateFields, oid: string): CertificateExtension | undefined {
  return leaf.extensions.find((extension) => extension.oid === oid);
}

const noExtensionTwice: LintRule = {
  source: "RFC 5280, 4.2",
  check: (leaf) => {
    const oids = leaf.extensions.map(({ oid }) => oid);
    const twice = oids.find((oid, index) => oids.indexOf(oid) !== index);
    return twice === undefined ? undefined : `extension ${twice} stands there twice`;
  },
};

const authorityKeyIdIsTheIssuers: LintRule = {
  source: "RFC 5280, 4.2.1.1",
  check: (leaf, { issuer }) => {
    if (leaf.authorityKeyId === undefined) return "there is no authority key identifier";
    if (find(leaf, EXTENSION.authorityKeyId)?.critical) return "the authority key identifier is critical";
    const wanted = issuer.subjectKeyId ?? keyIdOf(issuer.spki);
    return leaf.authorityKeyId.equals(wanted) ? undefined : "the authority key identifier is not the issuer's";
  },
};

const subjectKeyIdIsTheKeys: LintRule = {
  source: "RFC 5280, 4.2.1.2",
  check: (leaf) => {
    if (leaf.subjectKeyId === undefined) return "there is no subject key identifier";
    if (find(leaf, EXTENSION.subjectKeyId)?.critical) return "the subject key identifier is critical";
    return leaf.subjectKeyId.equals(keyIdOf(leaf.spki)) ? undefined : "the subject key identifier is not the key's";
  },
};

const keyUsageIsThere: LintRule = {
  source: "RFC 5280, 4.2.1.3",
  check: (leaf) => {
    if (leaf.keyUsage === undefined) return "there is no key usage";
    if (!find(leaf, EXTENSION.keyUsage)?.critical) return "the key usage is not critical";
    return leaf.keyUsage.length === 0 ? "the key usage allows nothing" : undefined;
  },
};

const leafSignsNoCertificates: LintRule = {
  source: "RFC 5280, 4.2.1.3",
  check: (leaf) => {
    const forAuthorities = leaf.keyUsage?.find((usage) => usage === "keyCertSign" || usage === "cRLSign");
    return forAuthorities === undefined ? undefined : `the key usage holds ${forAuthorities}, which is for authorities`;
  },
};

/** What the key's algorithm cannot do. */
const IMPOSSIBLE: Readonly<Record<"ec" | "rsa", { readonly source: string; readonly usages: readonly KeyUsage[] }>> = {
  ec: { source: "RFC 5480, 3", usages: ["keyEncipherment", "dataEncipherment"] },
  rsa: { source: "RFC 3279, 2.3.1", usages: ["keyAgreement"] },
};

const ecEnciphersNothing = usageFits("ec");
const rsaAgreesOnNothing = usageFits("rsa");

function usageFits(kind: "ec" | "rsa"): LintRule {
  const { source, usages } = IMPOSSIBLE[kind];
  return {
    source,
    check: (leaf, { key }) => {
      const impossible = key.startsWith(kind) ? leaf.keyUsage?.find((usage) => usages.includes(usage)) : undefined;
      return impossible === undefined ? undefined : `the key usage holds ${impossible}, which ${key} cannot do`;
    },
  };
}

const leafIsNoAuthority: LintRule = {
  source: "RFC 5280, 4.2.1.9",
  check: (leaf) => {
    if (leaf.basicConstraints?.ca) return "basic constraints make it an authority";
    if (leaf.basicConstraints?.pathLength !== undefined) return "basic constraints hold a path length without CA";
    if (leaf.basicConstraints !== undefined && !find(leaf, EXTENSION.basicConstraints)?.critical) {
      return "the basic constraints are not critical";
    }
    return undefined;
  },
};

const purposesAreAsAsked: LintRule = {
  source: "RFC 5280, 4.2.1.12",
  check: (leaf, { profile }) => {
    const found = leaf.extendedKeyUsage ?? [];
    if (leaf.extendedKeyUsage?.length === 0) return "the extended key usage is empty";
    const same =
      found.length === profile.extendedKeyUsage.length && found.every((oid) => profile.extendedKeyUsage.includes(oid));
    return same && new Set(found).size === found.length
      ? undefined
      : "the extended key usage is not the profile's, each purpose once";
  },
};

const policiesAreOnce: LintRule = {
  source: "RFC 5280, 4.2.1.4",
  check: (leaf, { profile }) => {
    if (new Set(profile.policies).size < profile.policies.length) return "a certificate policy stands there twice";
    return (find(leaf, EXTENSION.certificatePolicies) !== undefined) === profile.policies.length > 0
      ? undefined
      : "the certificate policies are not the profile's";
  },
};

/** `critical` and `cA` are FALSE by default, and a default is not written down (X.690, 11.5). */
const defaultsAreLeftOut: LintRule = {
  source: "RFC 5280, 4.1",
  check: (leaf) => {
    const holdsFalse = (sequence: Buffer) =>
      readChildren(readElement(sequence).content).some(({ tag, content }) => tag === TAG.BOOLEAN && content[0] === 0);
    const constraints = find(leaf, EXTENSION.basicConstraints)?.value;
    return leaf.extensions.some(({ raw }) => holdsFalse(raw)) || (constraints !== undefined && holdsFalse(constraints))
      ? "a default is written down, which DER does not allow"
      : undefined;
  },
};

/** Rules on extensions. */
export const EXTENSION_RULES: readonly LintRule[] = [
  noExtensionTwice,
  authorityKeyIdIsTheIssuers,
  subjectKeyIdIsTheKeys,
  keyUsageIsThere,
  leafSignsNoCertificates,
  ecEnciphersNothing,
  rsaAgreesOnNothing,
  leafIsNoAuthority,
  purposesAreAsAsked,
  policiesAreOnce,
  defaultsAreLeftOut,
];
