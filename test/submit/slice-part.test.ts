import { describe, expect, it } from "vitest";
import { slicePart } from "../../src/submit/slice-part.ts";

const part = Buffer.from("ID;NAME\na;Ä\nb;B\nc;C\n");

describe("slicePart", () => {
  it("keeps the header and the rows asked for, byte for byte", () => {
    expect(slicePart(part, [0, 2]).toString()).toBe("ID;NAME\na;Ä\nc;C\n");
  });

  it("makes the part itself of all its rows", () => {
    expect(slicePart(part, [0, 1, 2])).toEqual(part);
  });

  it("throws for a row that the part does not have", () => {
    expect(() => slicePart(part, [3])).toThrow(/no line 5/);
  });
});
