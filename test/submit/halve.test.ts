import { describe, expect, it } from "vitest";
import { halve, refusedAlike } from "../../src/submit/halve.ts";

const no = { status: 422, message: "no" };

describe("halve", () => {
  it("loses no row and keeps their order", () => {
    expect(halve([1, 2, 3, 4, 5])).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(halve([1, 2])).toEqual([[1], [2]]);
  });
});

describe("refusedAlike", () => {
  it("needs four quarters of four rows or more, refused with the same status and message", () => {
    expect(refusedAlike(2, 4, [no, no, no, no])).toEqual(no);
    expect(refusedAlike(1, 4, [no, no])).toBeUndefined();
    expect(refusedAlike(3, 8, [no, no, no, no])).toBeUndefined();
    expect(refusedAlike(2, 3, [no, no])).toBeUndefined();
    expect(refusedAlike(2, 4, [no, no, no])).toBeUndefined();
    expect(refusedAlike(2, 4, [no, no, no, undefined])).toBeUndefined();
    expect(refusedAlike(2, 4, [no, no, no, { ...no, message: "other" }])).toBeUndefined();
    expect(refusedAlike(2, 4, [no, no, no, { ...no, status: 400 }])).toBeUndefined();
  });
});
