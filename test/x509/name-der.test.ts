import { describe, expect, test } from "vitest";
import { der, derOid, derPrintableString, derSequence, derSetOf, derUtf8String, TAG } from "../../src/asn1/der.ts";
import { DerError } from "../../src/asn1/read-der.ts";
import { SUBJECT_ATTRIBUTES } from "../../src/domain/certificate.ts";
import {
  commonNameOf,
  encodeSubject,
  encodeSubjectPart,
  readName,
  subjectPartProblem,
} from "../../src/x509/name-der.ts";

describe("subjectPartProblem", () => {
  test("counts characters, not octets", () => {
    expect(subjectPartProblem({ attribute: "CN", value: "€".repeat(64) })).toBeUndefined();
    expect(subjectPartProblem({ attribute: "CN", value: "𝒳".repeat(64) })).toBeUndefined();
    expect(subjectPartProblem({ attribute: "CN", value: "€".repeat(65) })).toContain("65 characters");
  });

  test("refuses half a surrogate pair, which UTF-8 cannot carry", () => {
    expect(subjectPartProblem({ attribute: "O", value: "a\ud800" })).toContain("not valid Unicode");
  });
});

describe("encodeSubject", () => {
  test("takes PrintableString for C and serialNumber, UTF8String for the rest", () => {
    const subject = SUBJECT_ATTRIBUTES.map((attribute) => ({ attribute, value: "DE" }));
    const tags = readName(encodeSubject(subject)).map(([pair]) => `${pair?.attribute}:${pair?.tag}`);
    expect(tags).toEqual(["C:19", "ST:12", "L:12", "O:12", "OU:12", "CN:12", "serialNumber:19"]);
  });

  test("throws for a serialNumber that PrintableString cannot hold", () => {
    expect(() => encodeSubjectPart({ attribute: "serialNumber", value: "a_b" })).toThrow(RangeError);
  });
});

describe("commonNameOf", () => {
  const cn = (value: string) => ({ attribute: "CN", value }) as const;

  test("is the one common name, in UTF-8", () => {
    expect(commonNameOf(encodeSubject([{ attribute: "O", value: "Acme" }, cn("Gerät-1")]))).toBe("Gerät-1");
  });

  test("is absent where there is none or there are two, also within one RDN", () => {
    expect(commonNameOf(encodeSubject([{ attribute: "O", value: "Acme" }]))).toBeUndefined();
    expect(commonNameOf(encodeSubject([cn("a"), cn("b")]))).toBeUndefined();
    const pair = (value: Buffer) => derSequence(derOid("2.5.4.3"), value);
    const both = derSetOf(pair(derPrintableString("a")), pair(derUtf8String("b")));
    expect(commonNameOf(derSequence(both))).toBeUndefined();
  });

  test("takes other string types octet by octet", () => {
    const latin = der(TAG.IA5_STRING, Buffer.from([0x61, 0xe4]));
    expect(commonNameOf(derSequence(derSetOf(derSequence(derOid("2.5.4.3"), latin))))).toBe("aä");
  });

  test("throws DerError for what is not a name", () => {
    expect(() => commonNameOf(Buffer.from([0x30, 0x05, 0x31]))).toThrow(DerError);
  });
});
