import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SUBJECT_ATTRIBUTES } from "../../src/domain/certificate.ts";
import { describeName, formatSubject, parseSubject } from "../../src/x509/distinguished-name.ts";
import { encodeSubject, subjectPartProblem } from "../../src/x509/name-der.ts";
import { faultOf } from "../authority/authorities.ts";

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
    const fault = await faultOf(() => parseSubject(text));
    expect(fault.code).toBe("usage");
    expect(fault.message).toContain(words);
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
  test("reads back in words, unknown attributes by number and hex", () => {
    const name = encodeSubject(parseSubject(String.raw`CN=Acme\, Root,C=DE`));
    expect(describeName(name)).toBe(String.raw`CN=Acme\, Root,C=DE`);
    const email = Buffer.from("301b3119301706092a864886f70d010901160a61406578616d706c65", "hex");
    email[1] = email.length - 2;
    email[3] = email.length - 4;
    email[5] = email.length - 6;
    email[18] = email.length - 19;
    expect(describeName(email)).toBe("1.2.840.113549.1.9.1=#160961406578616d706c65");
  });
});
