import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { der, derInteger, derOid } from "../../src/asn1/der.ts";
import { DerError, readChildren, readElement, readOid, readWhole } from "../../src/asn1/read-der.ts";

const bytes = (hex: string) => Buffer.from(hex, "hex");

describe("readElement", () => {
  test("reads back what der wrote, whatever the length", () => {
    fc.assert(
      fc.property(fc.constantFrom(0x02, 0x04, 0x30, 0xa3), fc.nat(70_000), (tag, length) => {
        const content = Buffer.alloc(length, 0x5a);
        const element = readElement(Buffer.concat([der(tag, content), Buffer.of(9)]));
        expect([element.tag, element.content.equals(content), element.end]).toEqual([
          tag,
          true,
          der(tag, content).length,
        ]);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ["", "ends early"],
    ["30", "ends early"],
    ["3001", "end early"],
    ["308201", "ends early"],
    ["3080", "indefinite"],
    ["308500000000010", "oversized"],
    ["308101aa", "not minimal"],
    ["3082008000", "not minimal"],
    ["1f8101", "tag above 30"],
  ])("refuses %s", (hex, words) => {
    expect(() => readElement(bytes(hex))).toThrow(DerError);
    expect(() => readElement(bytes(hex))).toThrow(words);
  });

  test("throws nothing but DerError, whatever the octets", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        try {
          readChildren(Buffer.from(octets));
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });
});

test("readWhole wants one element of one tag and nothing after it", () => {
  expect(readWhole(bytes("020105"), 0x02).content).toEqual(bytes("05"));
  expect(() => readWhole(bytes("02010500"), 0x02)).toThrow("after the end");
  expect(() => readWhole(bytes("020105"), 0x30)).toThrow("tag 0x2 where 0x30 belongs");
});

test("readChildren splits contents into elements", () => {
  expect(readChildren(bytes("0201050500")).map(({ tag }) => tag)).toEqual([0x02, 0x05]);
  expect(readChildren(Buffer.alloc(0))).toEqual([]);
});

/** A UUID as an arc (X.667), and the numbers around the largest that a double holds. */
const LONG = ["2.25.329800735698586629295641978511506172918", "1.2.9007199254740991.3", "1.2.9007199254740993.3"];

describe("readOid", () => {
  test.each(["1.2.840.113549.1.1.11", "2.999.3", "0.39", "1.39.0", "2.5.4.3", ...LONG])("reads %s back", (dotted) => {
    expect(readOid(readElement(derOid(dotted)).content)).toBe(dotted);
  });

  test.each(["", "81", "2a".repeat(65)])("refuses %s", (hex) => {
    expect(() => readOid(bytes(hex))).toThrow(DerError);
  });
});

test("any tree that der writes is read back the same, and any octet changed in it is a tree or a DerError", () => {
  type Tree = Buffer | readonly Tree[];
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets)),
      fc.array(tie("tree"), { maxLength: 5 }),
    ),
  }));
  const write = (node: Tree): Buffer => (Buffer.isBuffer(node) ? der(0x04, node) : der(0x30, ...node.map(write)));
  const read = (bytes: Buffer): Tree[] =>
    readChildren(bytes).map(({ tag, content }) => (tag === 0x30 ? read(content) : content));
  fc.assert(
    fc.property(tree, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, at, change) => {
      const bytes = write(written);
      expect(read(bytes)).toEqual([written]);
      bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ change, at % bytes.length);
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DerError);
      }
    }),
  );
});

test("any object identifier and any number comes back", () => {
  const arc = fc.oneof(fc.nat(300), fc.nat({ max: 2 ** 31 - 1 }), fc.bigInt({ min: 0n, max: 2n ** 60n }));
  const oid = fc
    .tuple(fc.nat(2), fc.nat(39), fc.array(arc, { maxLength: 6 }))
    .map(([first, second, rest]) => [first, second, ...rest].join("."));
  fc.assert(
    fc.property(oid, fc.maxSafeNat(), (dotted, number) => {
      expect(readOid(readWhole(derOid(dotted), 0x06).content)).toBe(dotted);
      const { content } = readWhole(derInteger(number), 0x02);
      expect(BigInt(`0x${content.toString("hex")}`)).toBe(BigInt(number));
      expect(content.readUInt8(0) & 0x80).toBe(0);
    }),
  );
});
