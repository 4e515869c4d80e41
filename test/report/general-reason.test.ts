import fc from "fast-check";
import { expect, test } from "vitest";
import { generalReason } from "../../src/report/general-reason.ts";

test.each([
  ['id "SN/1" holds "/", which is not allowed', "SN/1", "id … holds …, which is not allowed"],
  ["the id SN-7 stands on line 12 too", "SN-7", "the id … stands on line … too"],
  ["device 'a b' is 70 characters long; 64 fit", "", "device … is … characters long; … fit"],
  ["the request's key `rsa-1024` is too weak: use rsa-2048", "", "the request's key … is too weak: use rsa-2048"],
  ["P-256, X.520 and PKCS#10 are names", "", "P-256, X.520 and PKCS#10 are names"],
  ["device SN-2026-000017 is there already", "", "device … is there already"],
  ["serial 40a1b2c3d4e5f60718293a4b is known", "", "serial … is known"],
  ["tenant 123e4567-e89b-12d3-a456-426614174000 has it", "", "tenant … has it"],
  ["ALREADY is not about the device A", "A", "ALREADY is not about the device …"],
  ["over\nlines\tand  spaces", "", "over lines and spaces"],
  ["a.b is not axb", "a.b", "… is not axb"],
])("%j becomes general", (reason, externalId, expected) => {
  expect(generalReason(reason, externalId)).toBe(expected);
});

test("the same reason on different devices reads the same", () => {
  const id = fc.stringMatching(/^[A-Z]{2}[-._][0-9A-F]{4,12}$/);
  fc.assert(
    fc.property(id, id, fc.nat(), fc.nat(), (one, other, line, otherLine) => {
      const words = (externalId: string, at: number) =>
        generalReason(`the id ${externalId} ("${externalId}") stands on line ${at} too`, externalId);
      expect(words(one, line)).toBe(words(other, otherLine));
    }),
  );
});

test("a long story is cut", () => {
  expect(generalReason("word ".repeat(100))).toHaveLength(160);
});
