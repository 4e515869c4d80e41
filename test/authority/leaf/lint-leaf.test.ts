import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  der,
  derBitString,
  derBoolean,
  derContext,
  derInteger,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  derTime,
  derUtf8String,
  TAG,
} from "../../../src/asn1/der.ts";
import { lintLeaf } from "../../../src/authority/leaf/lint-leaf.ts";
import type { LeafExpectation } from "../../../src/authority/leaf/lint-rule.ts";
import type { KeyUsage } from "../../../src/domain/certificate.ts";
import { parseSubject } from "../../../src/x509/distinguished-name.ts";
import {
  encodeAuthorityKeyId,
  encodeExtension,
  encodeKeyUsage,
  encodeSignatureAlgorithm,
  encodeSubjectKeyId,
} from "../../../src/x509/encode-certificate.ts";
import { encodeSubject } from "../../../src/x509/name-der.ts";
import { EXTENSION, readCertificate } from "../../../src/x509/read-certificate.ts";
import { keyIdOf } from "../../../src/x509/subject-public-key.ts";
import { DAY_MS, DEVICE, NOW_MS } from "../authorities.ts";
import { assembleLeaf, type CertificatePieces, CLIENT_AUTH, ISSUER, LEAF_EXTENSIONS, VALIDITY } from "../test-leaf.ts";

const EXPECTED: LeafExpectation = {
  issuer: readCertificate(ISSUER),
  externalId: "dev-1",
  profile: DEVICE,
  key: "ec-p256",
  validity: VALIDITY,
  mayOutliveIssuer: false,
};

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "der" });

function withExtensions(
  changed: Partial<Record<keyof typeof LEAF_EXTENSIONS, Buffer | undefined>>,
): Partial<CertificatePieces> {
  const all = Object.values({ ...LEAF_EXTENSIONS, ...changed });
  return { extensions: all.filter((extension) => extension !== undefined) };
}

function usage(...usages: readonly KeyUsage[]): Partial<CertificatePieces> {
  return withExtensions({ keyUsage: encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(usages)) });
}

function constraints(...fields: readonly Buffer[]): Partial<CertificatePieces> {
  return withExtensions({
    basicConstraints: encodeExtension(EXTENSION.basicConstraints, true, derSequence(...fields)),
  });
}

function pair(arc: number, value: Buffer): Buffer {
  return derSetOf(derSequence(derOid(`2.5.4.${arc}`), value));
}

const policy = (count: number) =>
  encodeExtension(
    EXTENSION.certificatePolicies,
    false,
    derSequence(...Array.from({ length: count }, () => derSequence(derOid("1.2.3")))),
  );

/** What is wrong, the one finding it makes, and where the rule stands. */
type Case = readonly [string, Partial<CertificatePieces>, RegExp, RegExp, Partial<LeafExpectation>?];

const CASES: readonly Case[] = [
  ["version 2", { version: derContext(0, derInteger(1)) }, /version is 2/, /4\.1\.2\.1$/],
  ["a serial number of zero", { serialNumber: derInteger(0) }, /not positive/, /4\.1\.2\.2/],
  [
    "a negative serial number",
    { serialNumber: der(TAG.INTEGER, Buffer.from("ff01", "hex")) },
    /not positive/,
    /4\.1\.2\.2/,
  ],
  ["a serial number of 21 octets", { serialNumber: derInteger(Buffer.alloc(21, 0x41)) }, /21 octets/, /4\.1\.2\.2/],
  [
    "two signature algorithms",
    { signedAlgorithm: encodeSignatureAlgorithm("ecdsa-with-SHA384") },
    /signed algorithm differs/,
    /4\.1\.1\.2/,
  ],
  [
    "GeneralizedTime before 2050",
    { notBefore: der(TAG.GENERALIZED_TIME, Buffer.from(new Date(NOW_MS).toISOString().replace(/\.\d+|[-:T]/g, ""))) },
    /GeneralizedTime before/,
    /4\.1\.2\.5/,
  ],
  [
    "another validity than asked",
    { notAfter: derTime(VALIDITY.notAfterMs - DAY_MS) },
    /not the one that was asked/,
    /4\.1\.2\.5/,
  ],
  [
    "a beginning after the end",
    { notBefore: derTime(NOW_MS + DAY_MS), notAfter: derTime(NOW_MS) },
    /notAfter is before notBefore/,
    /4\.1\.2\.5/,
    { validity: { notBeforeMs: NOW_MS + DAY_MS, notAfterMs: NOW_MS } },
  ],
  [
    "a beginning before the issuer's",
    { notBefore: derTime(NOW_MS - 2 * DAY_MS) },
    /begins before its issuer/,
    /6\.1\.3/,
    { validity: { ...VALIDITY, notBeforeMs: NOW_MS - 2 * DAY_MS } },
  ],
  [
    "an end after the issuer's",
    { notAfter: derTime(NOW_MS + 1001 * DAY_MS) },
    /ends after its issuer/,
    /6\.1\.3/,
    { validity: { ...VALIDITY, notAfterMs: NOW_MS + 1001 * DAY_MS } },
  ],
  [
    "a key of another type",
    { spki: rsa, ...withExtensions({ subjectKeyId: encodeSubjectKeyId(keyIdOf(rsa)) }) },
    /key is rsa 2048, not ec-p256/,
    /4\.1\.2\.7/,
  ],
  [
    "a serial number with padding",
    { serialNumber: der(TAG.INTEGER, Buffer.from("0041", "hex")) },
    /not DER: an INTEGER/,
    /4\.1$/,
  ],
  [
    "an extension that is no DER inside",
    withExtensions({ subjectKeyId: encodeExtension("1.2.3", false, Buffer.from("0101", "hex")) }),
    /not DER/,
    /4\.1$/,
  ],
  ["another issuer", { issuer: encodeSubject(parseSubject("CN=issuer")) }, /not octet for octet/, /4\.1\.2\.4/],
  ["no issuer", { issuer: derSequence() }, /issuer's name is empty/, /4\.1\.2\.4/],
  ["another CN", { subject: encodeSubject(parseSubject("CN=dev-2")) }, /CN is not the device's id/, /4\.1\.2\.6/],
  ["no CN", { subject: encodeSubject(parseSubject("O=Acme")) }, /has 0 CN/, /4\.1\.2\.6/],
  ["a CN twice", { subject: encodeSubject(parseSubject("CN=dev-1,CN=dev-1")) }, /has 2 CN/, /4\.1\.2\.6/],
  [
    "a CN as PrintableString",
    { subject: derSequence(pair(3, derPrintableString("dev-1"))) },
    /CN is not a UTF8String/,
    /4\.1\.2\.4/,
  ],
  [
    "a C as UTF8String",
    { subject: derSequence(pair(6, derUtf8String("DE")), pair(3, derUtf8String("dev-1"))) },
    /C is not a PrintableString/,
    /4\.1\.2\.4/,
  ],
  [
    "an O of 65 characters",
    { subject: derSequence(pair(10, derUtf8String("a".repeat(65))), pair(3, derUtf8String("dev-1"))) },
    /O has 65 characters/,
    /appendix A\.1/,
  ],
  [
    "a C of three letters",
    { subject: derSequence(pair(6, derPrintableString("DEU")), pair(3, derUtf8String("dev-1"))) },
    /two letters/,
    /appendix A\.1/,
  ],
  [
    "a subject without what the profile demands",
    {},
    /subject has no serialNumber/,
    /802\.1AR/,
    { profile: { ...DEVICE, requiredSubject: ["serialNumber"] } },
  ],
  [
    "an extension twice",
    { extensions: [...Object.values(LEAF_EXTENSIONS), LEAF_EXTENSIONS.keyUsage] },
    /2\.5\.29\.15 stands there twice/,
    /4\.2$/,
  ],
  [
    "no authority key identifier",
    withExtensions({ authorityKeyId: undefined }),
    /no authority key identifier/,
    /4\.2\.1\.1/,
  ],
  [
    "another authority key identifier",
    withExtensions({ authorityKeyId: encodeAuthorityKeyId(Buffer.alloc(20)) }),
    /not the issuer's/,
    /4\.2\.1\.1/,
  ],
  [
    "a critical authority key identifier",
    withExtensions({
      authorityKeyId: encodeExtension(
        EXTENSION.authorityKeyId,
        true,
        derSequence(derContext(0, EXPECTED.issuer.subjectKeyId ?? Buffer.alloc(0), false)),
      ),
    }),
    /authority key identifier is critical/,
    /4\.2\.1\.1/,
  ],
  ["no subject key identifier", withExtensions({ subjectKeyId: undefined }), /no subject key identifier/, /4\.2\.1\.2/],
  [
    "another subject key identifier",
    withExtensions({ subjectKeyId: encodeSubjectKeyId(Buffer.alloc(20)) }),
    /not the key's/,
    /4\.2\.1\.2/,
  ],
  [
    "a critical subject key identifier",
    withExtensions({
      subjectKeyId: encodeExtension(
        EXTENSION.subjectKeyId,
        true,
        derOctetString(readCertificate(assembleLeaf()).subjectKeyId ?? Buffer.alloc(0)),
      ),
    }),
    /subject key identifier is critical/,
    /4\.2\.1\.2/,
  ],
  ["no key usage", withExtensions({ keyUsage: undefined }), /no key usage/, /4\.2\.1\.3/],
  [
    "a key usage that is not critical",
    withExtensions({ keyUsage: encodeExtension(EXTENSION.keyUsage, false, encodeKeyUsage(["digitalSignature"])) }),
    /not critical/,
    /4\.2\.1\.3/,
  ],
  ["an empty key usage", usage(), /allows nothing/, /4\.2\.1\.3/],
  ["keyCertSign", usage("digitalSignature", "keyCertSign"), /keyCertSign, which is for authorities/, /4\.2\.1\.3/],
  ["cRLSign", usage("digitalSignature", "cRLSign"), /cRLSign, which is for authorities/, /4\.2\.1\.3/],
  ["keyEncipherment with EC", usage("keyEncipherment"), /keyEncipherment, which ec-p256 cannot do/, /RFC 5480, 3/],
  ["dataEncipherment with EC", usage("dataEncipherment"), /dataEncipherment, which ec-p256 cannot do/, /RFC 5480, 3/],
  [
    "keyAgreement with RSA",
    {
      spki: rsa,
      ...withExtensions({
        keyUsage: encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(["keyAgreement"])),
        subjectKeyId: encodeSubjectKeyId(keyIdOf(rsa)),
      }),
    },
    /keyAgreement, which rsa-2048 cannot do/,
    /RFC 3279/,
    { key: "rsa-2048" },
  ],
  ["CA:true", constraints(derBoolean(true)), /make it an authority/, /4\.2\.1\.9/],
  ["a path length", constraints(derInteger(0)), /path length without CA/, /4\.2\.1\.9/],
  [
    "basic constraints that are not critical",
    withExtensions({ basicConstraints: encodeExtension(EXTENSION.basicConstraints, false, derSequence()) }),
    /not critical/,
    /4\.2\.1\.9/,
  ],
  [
    "another purpose",
    {},
    /not the profile's/,
    /4\.2\.1\.12/,
    { profile: { ...DEVICE, extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] } },
  ],
  [
    "a purpose twice",
    withExtensions({
      extendedKeyUsage: encodeExtension(
        EXTENSION.extendedKeyUsage,
        false,
        derSequence(CLIENT_AUTH.subarray(2), CLIENT_AUTH.subarray(2)),
      ),
    }),
    /each purpose once/,
    /4\.2\.1\.12/,
    { profile: { ...DEVICE, extendedKeyUsage: [...DEVICE.extendedKeyUsage, ...DEVICE.extendedKeyUsage] } },
  ],
  [
    "no purpose in the extension",
    withExtensions({ extendedKeyUsage: encodeExtension(EXTENSION.extendedKeyUsage, false, derSequence()) }),
    /extended key usage is empty/,
    /4\.2\.1\.12/,
    { profile: { ...DEVICE, extendedKeyUsage: [] } },
  ],
  [
    "a policy that the profile does not have",
    { extensions: [...Object.values(LEAF_EXTENSIONS), policy(1)] },
    /policies are not the profile's/,
    /4\.2\.1\.4/,
  ],
  [
    "a policy twice",
    { extensions: [...Object.values(LEAF_EXTENSIONS), policy(2)] },
    /policy stands there twice/,
    /4\.2\.1\.4/,
    { profile: { ...DEVICE, policies: ["1.2.3", "1.2.3"] } },
  ],
  ["a written default in basic constraints", constraints(derBoolean(false)), /default is written down/, /4\.1$/],
  [
    "a written default of criticality",
    withExtensions({
      extendedKeyUsage: derSequence(derOid(EXTENSION.extendedKeyUsage), derBoolean(false), derOctetString(CLIENT_AUTH)),
    }),
    /default is written down/,
    /4\.1$/,
  ],
];

describe("lintLeaf", () => {
  test("finds nothing wrong with a good leaf", () => {
    expect(lintLeaf(assembleLeaf(), EXPECTED)).toEqual([]);
  });

  for (const [what, pieces, message, source, changed] of CASES) {
    test(`finds ${what}, and nothing else`, () => {
      const findings = lintLeaf(assembleLeaf(pieces), { ...EXPECTED, ...changed });
      expect(findings).toEqual([{ message: expect.stringMatching(message), source: expect.stringMatching(source) }]);
    });
  }

  test("finds a subject key identifier that is none, and a certificate that is none", () => {
    const broken = withExtensions({
      subjectKeyId: encodeExtension(EXTENSION.subjectKeyId, false, derBitString(Buffer.alloc(1))),
    });
    for (const bytes of [assembleLeaf(broken), Buffer.from("hello")]) {
      expect(lintLeaf(bytes, EXPECTED)).toEqual([
        { message: expect.stringContaining("not DER"), source: "RFC 5280, 4.1" },
      ]);
    }
  });

  test("lets a leaf outlive its issuer where that was permitted", () => {
    const validity = { ...VALIDITY, notAfterMs: NOW_MS + 1001 * DAY_MS };
    const leaf = assembleLeaf({ notAfter: derTime(validity.notAfterMs) });
    expect(lintLeaf(leaf, { ...EXPECTED, validity, mayOutliveIssuer: true })).toEqual([]);
  });
});
