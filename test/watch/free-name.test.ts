import { expect, test } from "vitest";
import { freeName } from "../../src/watch/free-name.ts";

const AT = new Date(2026, 0, 31, 5, 30, 9);

function free(name: string, ...taken: string[]): string {
  return freeName(name, AT, (candidate) => taken.includes(candidate));
}

test("a name that is free is kept; a taken one gets the time before its ending, then a number", () => {
  expect(free("LOT-A.csv")).toBe("LOT-A.csv");
  expect(free("LOT-A.csv", "LOT-A.csv")).toBe("LOT-A-20260131-053009.csv");
  expect(free("LOT-A.csv", "LOT-A.csv", "LOT-A-20260131-053009.csv")).toBe("LOT-A-20260131-053009-2.csv");
});

test("a name so long that its result files would have none is cut, at a whole character", () => {
  const name = free(`${"ä".repeat(120)}.csv`);
  expect(name).toBe(`${"ä".repeat(90)}-20260131-053009.csv`);
  expect(Buffer.byteLength(`${name}.result.json`)).toBeLessThan(255);
});

test("dots and spaces at its end, as many as a name may hold, leave room for its result files", () => {
  for (const end of [" ", "."]) {
    const long = `L1.csv${end.repeat(249)}`;
    expect(free(long)).toBe("L1.csv");
    expect(free(long, "L1.csv")).toBe("L1-20260131-053009.csv");
  }
  expect(free("L1.csv ")).toBe("L1.csv ");
});
