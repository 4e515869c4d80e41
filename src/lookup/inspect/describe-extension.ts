import { TAG } from "../../asn1/der.ts";
import { type DerElement, DerError, readChildren, readElement, readOid, readWhole } from "../../asn1/read-der.ts";
import { attributeText } from "../../x509/attribute-text.ts";
import type { CertificateExtension } from "../../x509/read-certificate.ts";
import { generalName } from "./general-name.ts";
import type { InspectedExtension } from "./inspection.ts";

type Describe = (value: Buffer) => string;

/** By object identifier: RFC 5280's name (4.2, 5.2), and what puts the value into words. */
const KNOWN: Readonly<Record<string, readonly [name: string, describe: Describe]>> = {
  "2.5.29.14": ["subjectKeyIdentifier", (value) => colons(readWhole(value, TAG.OCTET_STRING).content)],
  "2.5.29.15": ["keyUsage", keyUsage],
  "2.5.29.17": ["subjectAltName", generalNames],
  "2.5.29.18": ["issuerAltName", generalNames],
  "2.5.29.19": ["basicConstraints", basicConstraints],
  "2.5.29.20": ["cRLNumber", integer],
  "2.5.29.27": ["deltaCRLIndicator", integer],
  "2.5.29.30": ["nameConstraints", nameConstraints],
  "2.5.29.31": ["cRLDistributionPoints", distributionPoints],
  "2.5.29.32": ["certificatePolicies", policies],
  "2.5.29.35": ["authorityKeyIdentifier", authorityKey],
  "2.5.29.37": ["extKeyUsage", extendedKeyUsage],
  "2.5.29.46": ["freshestCRL", distributionPoints],
  "2.5.29.28": ["issuingDistributionPoint", hex],
  "2.5.29.33": ["policyMappings", hex],
  "2.5.29.36": ["policyConstraints", hex],
  "2.5.29.54": ["inhibitAnyPolicy", integer],
  "1.3.6.1.5.5.7.1.1": ["authorityInfoAccess", infoAccess],
  "1.3.6.1.5.5.7.1.11": ["subjectInfoAccess", infoAccess],
  "1.3.6.1.5.5.7.1.24": ["tlsFeature", hex],
  "2.16.840.1.113730.1.13": ["nsComment", comment],
  "2.16.840.1.113730.1.1": ["nsCertType", hex],
};

/** In bit order, as OpenSSL words them (RFC 5280, 4.2.1.3). */
const USAGES = [
  "Digital Signature",
  "Non Repudiation",
  "Key Encipherment",
  "Data Encipherment",
  "Key Agreement",
  "Certificate Sign",
  "CRL Sign",
  "Encipher Only",
  "Decipher Only",
] as const;

const PURPOSES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "TLS Web Server Authentication",
  "1.3.6.1.5.5.7.3.2": "TLS Web Client Authentication",
  "1.3.6.1.5.5.7.3.3": "Code Signing",
  "1.3.6.1.5.5.7.3.4": "E-mail Protection",
  "1.3.6.1.5.5.7.3.8": "Time Stamping",
  "1.3.6.1.5.5.7.3.9": "OCSP Signing",
  "2.5.29.37.0": "Any Extended Key Usage",
};

const ACCESS: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.48.1": "OCSP",
  "1.3.6.1.5.5.7.48.2": "CA Issuers",
};

/** An extension in words; one that is malformed is told as such, with its octets. Never throws. */
export function describeExtension({ oid, critical, value }: CertificateExtension): InspectedExtension {
  const [name, describe] = (Object.hasOwn(KNOWN, oid) ? KNOWN[oid] : undefined) ?? [oid, hex];
  try {
    return { oid, name, critical, value: describe(value) };
  } catch (error) {
    if (!(error instanceof DerError || error instanceof RangeError)) throw error;
    return { oid, name, critical, value: `malformed: ${hex(value)}` };
  }
}

function hex(value: Buffer): string {
  return value.toString("hex");
}

function colons(octets: Buffer): string {
  return hex(octets)
    .toUpperCase()
    .replace(/(..)(?=.)/g, "$1:");
}

function children(value: Buffer): readonly DerElement[] {
  return readChildren(readWhole(value, TAG.SEQUENCE).content);
}

function integer(value: Buffer): string {
  return signed(readWhole(value, TAG.INTEGER).content).toString();
}

function signed(octets: Buffer): bigint {
  if (octets.length === 0 || octets.length > 64) throw new DerError("a number of no or too many octets", 0);
  return BigInt.asIntN(octets.length * 8, BigInt(`0x${hex(octets)}`));
}

function keyUsage(value: Buffer): string {
  const [, ...octets] = readWhole(value, TAG.BIT_STRING).content;
  return USAGES.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0).join(", ");
}

function extendedKeyUsage(value: Buffer): string {
  const oids = children(value).map(({ content }) => readOid(content));
  return oids.map((oid) => PURPOSES[oid] ?? oid).join(", ");
}

function basicConstraints(value: Buffer): string {
  const fields = children(value);
  const ca = fields[0]?.tag === TAG.BOOLEAN && fields[0].content[0] !== 0;
  const length = fields.find(({ tag }) => tag === TAG.INTEGER);
  return `CA:${ca ? "TRUE" : "FALSE"}${length === undefined ? "" : `, pathlen:${signed(length.content)}`}`;
}

function generalNames(value: Buffer): string {
  return inWords(children(value));
}

function inWords(names: readonly DerElement[]): string {
  return names.map((name) => generalName(name)).join(", ");
}

/** keyid, then issuer and number of the issuer's certificate (RFC 5280, 4.2.1.1). */
function authorityKey(value: Buffer): string {
  return children(value)
    .map((field) => {
      if (field.tag === 0x80) return `keyid:${colons(field.content)}`;
      if (field.tag === 0xa1) return inWords(readChildren(field.content));
      return field.tag === 0x82 ? `serial:${colons(field.content)}` : hex(field.raw);
    })
    .join(", ");
}

function infoAccess(value: Buffer): string {
  return children(value)
    .map(({ content }) => {
      const [method, place] = readChildren(content);
      if (method?.tag !== TAG.OID || place === undefined) throw new DerError("no access description", 0);
      const oid = readOid(method.content);
      return `${ACCESS[oid] ?? oid} - ${generalName(place)}`;
    })
    .join(", ");
}

/** The full names of each point; one that is named otherwise is shown in hex (RFC 5280, 4.2.1.13). */
function distributionPoints(value: Buffer): string {
  return children(value)
    .map((point) => {
      const name = readChildren(point.content).find(({ tag }) => tag === 0xa0);
      const full = name === undefined ? undefined : readElement(name.content);
      return full?.tag === 0xa0 ? inWords(readChildren(full.content)) : hex(point.raw);
    })
    .join(", ");
}

const CPS = "1.3.6.1.5.5.7.2.1";

function policies(value: Buffer): string {
  return children(value)
    .map(({ content }) => {
      const [policy, qualifiers] = readChildren(content);
      if (policy?.tag !== TAG.OID) throw new DerError("no policy", 0);
      const oid = readOid(policy.content);
      const places = (qualifiers === undefined ? [] : readChildren(qualifiers.content)).map((qualifier) => {
        const [kind, of] = readChildren(qualifier.content);
        const isPlace = kind?.tag === TAG.OID && readOid(kind.content) === CPS && of !== undefined;
        return isPlace ? `CPS: ${of.content.toString("latin1")}` : `qualifier ${hex(qualifier.raw)}`;
      });
      return [`Policy: ${oid === "2.5.29.32.0" ? "X509v3 Any Policy" : oid}`, ...places].join(", ");
    })
    .join(", ");
}

/** Subtrees that are permitted and excluded (RFC 5280, 4.2.1.10); addresses with their masks. */
function nameConstraints(value: Buffer): string {
  return children(value)
    .map(({ tag, content }) => {
      const names = readChildren(content).map((subtree) => {
        const [base] = readChildren(subtree.content);
        if (base === undefined) throw new DerError("no subtree", 0);
        return generalName(base, "subtree");
      });
      return `${tag === 0xa0 ? "Permitted" : "Excluded"}: ${names.join(", ")}`;
    })
    .join("; ");
}

function comment(value: Buffer): string {
  const { tag, content } = readElement(value);
  return attributeText(tag, content) ?? hex(value);
}
