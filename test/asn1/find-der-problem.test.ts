import { expect, test } from "vitest";
import { findDerProblem } from "../../src/asn1/find-der-problem.ts";
import { DerError } from "../../src/asn1/read-der.ts";

test.each([
  ["30030101ff"],
  ["3003010100"],
  ["02020080"],
  ["0201ff"],
  ["0500"],
  ["030100"],
  ["030205e0"],
  ["0c02c3bc"],
  ["130141"],
  ["06042a864801"],
  ["3106040101040102"],
  ["170d3439313233313233353935395a"],
  ["180f32303530303130313030303030305a"],
])("%s is DER", (hex) => {
  expect(findDerProblem(Buffer.from(hex, "hex"))).toBeUndefined();
});

test.each([
  ["3003010101", "BOOLEAN"],
  ["01020000", "BOOLEAN"],
  ["0200", "INTEGER"],
  ["0202007f", "INTEGER"],
  ["0202ff80", "INTEGER"],
  ["050100", "NULL"],
  ["0300", "BIT STRING without"],
  ["030101", "BIT STRING without"],
  ["030205e1", "unused bits"],
  ["0c01c3", "UTF-8"],
  ["13015f", "PrintableString"],
  ["0600", "object identifier"],
  ["06022a80", "object identifier"],
  ["06032a8001", "object identifier"],
  ["3106040102040101", "ascending"],
  ["170b343931323331323335395a", "UTCTime"],
  ["181332303530303130313030303030302e3030305a", "GeneralizedTime"],
  ["050000", "after the end"],
])("%s is readable but not DER: %s", (hex, words) => {
  expect(findDerProblem(Buffer.from(hex, "hex"))).toContain(words);
});

test("nesting is bounded, so that no input can exhaust the stack", () => {
  let nested = Buffer.alloc(0);
  for (let depth = 0; depth < 40; depth++) nested = Buffer.concat([Buffer.from([0x30, nested.length]), nested]);
  expect(findDerProblem(nested)).toBe("nested too deeply");
});

test("what cannot be read throws", () => {
  expect(() => findDerProblem(Buffer.from("3005", "hex"))).toThrow(DerError);
});
