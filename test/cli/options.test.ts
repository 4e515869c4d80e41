import { expect, test } from "vitest";
import { requireSingleValues, wholeNumber } from "../../src/cli/options.ts";

test("a whole number in its range is taken as it is", () => {
  const port = wholeNumber("port", 0, 65_535);
  expect([port(0), port(8443), port(65_535)]).toEqual([0, 8443, 65_535]);
});

test.each([-1, 65_536, 1.5, Number.NaN])("%d is refused, naming the option and the range", (value) => {
  expect(() => wholeNumber("port", 0, 65_535)(value)).toThrow("--port takes a whole number from 0 to 65535");
});

test("without an upper end only the lower one is told", () => {
  expect(() => wholeNumber("sample", 1)(0)).toThrow("--sample takes a whole number of at least 1");
});

test("an option that takes one value is refused when it is given twice, and a list is taken", () => {
  const options = { array: ["id"] };
  expect(() => requireSingleValues({ _: ["a", "b"], id: ["1", "2"], issuer: "line" }, options)).not.toThrow();
  expect(() => requireSingleValues({ _: [], issuer: ["line", "other"] }, options)).toThrow(
    "--issuer is given 2 times; give it once",
  );
});

test("an option that takes a number is refused with anything else", () => {
  expect(() => requireSingleValues({ _: [], sample: Number.NaN }, {})).toThrow("--sample takes a number");
});
