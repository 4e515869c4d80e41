import { describe, expect, test } from "vitest";
import {
  der,
  derBitString,
  derBoolean,
  derContext,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  derTime,
  derUtf8String,
  isPrintableString,
} from "../../src/asn1/der.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("lengths", () => {
  test.each([
    [0, "3000"],
    [127, "307f"],
    [128, "308180"],
    [255, "3081ff"],
    [256, "30820100"],
    [65_536, "3083010000"],
  ])("%d octets are told in the shortest form", (length, expected) => {
    const element = der(0x30, Buffer.alloc(length));
    expect(hex(element.subarray(0, expected.length / 2))).toBe(expected);
    expect(element).toHaveLength(expected.length / 2 + length);
  });
});

describe("values", () => {
  test.each([
    [0, "020100"],
    [127, "02017f"],
    [128, "02020080"],
    [256, "02020100"],
    [Number.MAX_SAFE_INTEGER, "02071fffffffffffff"],
  ])("the number %d is a minimal positive INTEGER", (value, expected) => {
    expect(hex(derInteger(value))).toBe(expected);
  });

  test("octets become a minimal positive INTEGER", () => {
    expect(hex(derInteger(Buffer.from("0000ff", "hex")))).toBe("020200ff");
    expect(hex(derInteger(Buffer.from("0000", "hex")))).toBe("020100");
    expect(hex(derInteger(Buffer.alloc(0)))).toBe("020100");
  });

  test("a negative number or a fraction is refused", () => {
    expect(() => derInteger(-1)).toThrow(RangeError);
    expect(() => derInteger(1.5)).toThrow(RangeError);
  });

  test.each([
    ["1.2.840.113549.1.1.11", "06092a864886f70d01010b"],
    ["2.5.29.15", "0603551d0f"],
    ["2.999.3", "0603883703"],
    ["0.39", "060127"],
    ["2.25.329800735698586629295641978511506172918", "06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776"],
  ])("object identifier %s", (dotted, expected) => {
    expect(hex(derOid(dotted))).toBe(expected);
  });

  test.each(["", "1", "3.1", "1.40", "1.2.", "1.02", "1.2.x", "1.-2", `2.5.${"9".repeat(300)}`])(
    "%j is no object identifier",
    (text) => {
      expect(() => derOid(text)).toThrow(RangeError);
    },
  );

  test("strings, flags and the rest", () => {
    expect(hex(derUtf8String("ü"))).toBe("0c02c3bc");
    expect(hex(derPrintableString("A'?"))).toBe("130341273f");
    expect(() => derPrintableString("a_b")).toThrow(RangeError);
    expect(isPrintableString("a*")).toBe(false);
    expect(hex(derBoolean(true))).toBe("0101ff");
    expect(hex(derBoolean(false))).toBe("010100");
    expect(hex(derNull())).toBe("0500");
    expect(hex(derOctetString(Buffer.of(1, 2)))).toBe("04020102");
    expect(hex(derBitString(Buffer.of(0xe0), 5))).toBe("030205e0");
    expect(hex(derContext(0, derNull()))).toBe("a0020500");
    expect(hex(derContext(0, Buffer.of(7), false))).toBe("800107");
    expect(hex(derSequence(derNull(), derNull()))).toBe("300405000500");
  });

  test("a SET OF is in ascending order of its octets", () => {
    expect(hex(derSetOf(derOctetString(Buffer.of(2)), derNull(), derOctetString(Buffer.of(1))))).toBe(
      "31080401010401020500",
    );
  });

  test.each([
    ["1950-01-01T00:00:00Z", "170d", "500101000000Z"],
    ["2049-12-31T23:59:59.999Z", "170d", "491231235959Z"],
    ["2050-01-01T00:00:00Z", "180f", "20500101000000Z"],
    ["1949-12-31T23:59:59Z", "180f", "19491231235959Z"],
    ["9999-12-31T23:59:59Z", "180f", "99991231235959Z"],
  ])("the time %s has the type that its year demands", (iso, header, digits) => {
    expect(hex(derTime(Date.parse(iso)))).toBe(header + Buffer.from(digits).toString("hex"));
  });
});
