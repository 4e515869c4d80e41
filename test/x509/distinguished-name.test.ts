import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { der, derOid, derSequence, derSetOf, TAG } from "../../src/asn1/der.ts";
import { SUBJECT_ATTRIBUTES } from "../../src/domain/certificate.ts";
import { describeName, formatSubject, parseSubject } from "../../src/x509/distinguished-name.ts";
import { encodeSubject, subjectPartProblem } from "../../src/x509/name-der.ts";
import { errorOf } from "../authority/authorities.ts";

describe("parseSubject", () => {
  test("reads attributes in the order written, whatever their case", () => {
    expect(parseSubject("CN=Acme Root, o=Acme GmbH,C=DE,serialnumber=7")).toEqual([
      { attribute: "CN", value: "Acme Root" },
      { attribute: "O", value: "Acme GmbH" },
      { attribute: "C", value: "DE" },
      { attribute: "serialNumber", value: "7" },
    ]);
  });

  test("undoes the escapes of RFC 4514", () => {
    const [part] = parseSubject(String.raw`O=\ James \"Jim\" Smith\, III \+ \C3\BC\\=x\ `);
    expect(part?.value).toBe(' James "Jim" Smith, III + ü\\=x ');
  });

  test.each([
    ["", "none of"],
    ["Acme", "none of"],
    ["CN=a,", "none of"],
    ["DC=example", "none of"],
    ["CN=a+O=b", "joined by +"],
    ["CN=", "CN is empty"],
    ["CN=   ", "CN is empty"],
    ["C=DEU", "two letters"],
    ["C=D1", "two letters"],
    [String.raw`CN=\z`, "backslash"],
    ["CN=a\\", "backslash"],
    [String.raw`CN=\C3`, "not UTF-8"],
    [`CN=${"a".repeat(65)}`, "CN has 65 characters, 64 are allowed"],
    [`OU=${"a".repeat(65)}`, "OU has 65"],
    [`L=${"a".repeat(129)}`, "L has 129 characters, 128 are allowed"],
    ["serialNumber=ä", "serialNumber holds a character"],
    ["CN=a\u0007", "control character"],
  ])("refuses %j", async (text, words) => {
    const error = await errorOf(() => parseSubject(text));
    expect(error.code).toBe("usage");
    expect(error.message).toContain(words);
  });

  test("reads back whatever formatSubject writes", () => {
    const part = fc
      .record({ attribute: fc.constantFrom(...SUBJECT_ATTRIBUTES), value: fc.string({ minLength: 1, unit: "binary" }) })
      .filter((candidate) => subjectPartProblem(candidate) === undefined);
    const corner = fc.record({
      attribute: fc.constant("O" as const),
      value: fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...' \\,=+#"<>;aü€') }),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(part, corner), { minLength: 1, maxLength: 5 }), (subject) => {
        expect(parseSubject(formatSubject(subject))).toEqual(subject);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("describeName", () => {
  const named = (oid: string, value: Buffer) => derSequence(derSetOf(derSequence(derOid(oid), value)));

  test.each([
    ["BMPString", "2.5.4.10", der(TAG.BMP_STRING, Buffer.from("Ärger AG", "utf16le").swap16()), "O=Ärger AG"],
    ["T61String", "2.5.4.3", der(TAG.T61_STRING, Buffer.from("Zürich", "latin1")), "CN=Zürich"],
    ["UniversalString", "2.5.4.11", der(TAG.UNIVERSAL_STRING, Buffer.from("000000410001f600", "hex")), "OU=A😀"],
    ["VisibleString", "2.5.4.7", der(TAG.VISIBLE_STRING, Buffer.from("Bonn")), "L=Bonn"],
    ["a domain component", "0.9.2342.19200300.100.1.25", der(TAG.IA5_STRING, Buffer.from("acme")), "DC=acme"],
    ["an e-mail address", "1.2.840.113549.1.9.1", der(TAG.IA5_STRING, Buffer.from("a@b")), "emailAddress=a@b"],
    ["an unknown attribute", "1.2.3.4", der(TAG.IA5_STRING, Buffer.from("a")), "1.2.3.4=#160161"],
    ["a BMPString that was cut", "2.5.4.3", der(TAG.BMP_STRING, Buffer.from("004100", "hex")), "CN=#1e03004100"],
    [
      "a UniversalString beyond Unicode",
      "2.5.4.3",
      der(TAG.UNIVERSAL_STRING, Buffer.from("00110000", "hex")),
      "CN=#1c0400110000",
    ],
  ])("shows %s", (_, oid, value, expected) => {
    expect(describeName(named(oid, value))).toBe(expected);
  });

  test("reads back in words, unknown attributes by number and hex", () => {
    const name = encodeSubject(parseSubject(String.raw`CN=Acme\, Root,C=DE`));
    expect(describeName(name)).toBe(String.raw`CN=Acme\, Root,C=DE`);
  });
});
