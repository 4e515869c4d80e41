import fc from "fast-check";
import { expect, test } from "vitest";
import { der, derSequence, TAG } from "../../src/asn1/der.ts";
import { openBackwardWriter } from "../../src/keystore/backward-writer.ts";

test("what is written backwards is what the plain encoder writes, at any length", () => {
  const writer = openBackwardWriter();
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 0, max: 70_000 }).map((length) => new Uint8Array(length).fill(7)),
  );
  fc.assert(
    fc.property(octets, octets, (first, second) => {
      writer.put(second);
      writer.wrap(TAG.OCTET_STRING, 0);
      const mark = writer.mark();
      writer.put(first);
      writer.wrap(TAG.OCTET_STRING, mark);
      expect(writer.view(mark).equals(der(TAG.OCTET_STRING, first))).toBe(true);
      writer.wrap(TAG.SEQUENCE, 0);
      const expected = derSequence(der(TAG.OCTET_STRING, first), der(TAG.OCTET_STRING, second));
      expect(writer.take().equals(expected)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("after clearing, nothing of an unfinished file is left", () => {
  const writer = openBackwardWriter();
  writer.put(Buffer.from("unfinished"));
  writer.clear();
  writer.put(Buffer.from("new"));
  expect(writer.take().toString()).toBe("new");
});
