import { expect, test } from "vitest";
import { operatorName } from "../../src/config/operator.ts";

const user = () => ({ username: "line" });

test("LOTMINT_OPERATOR names the operator, else the user's name does", () => {
  expect(operatorName({ LOTMINT_OPERATOR: " M. Müller, shift 2 " }, user)).toBe("M. Müller, shift 2");
  expect(operatorName({ LOTMINT_OPERATOR: " " }, user)).toBe("line");
  expect(operatorName({}, user)).toBe("line");
});

test("a user without a name goes by a number", () => {
  const unnamed = () => {
    throw new Error("no passwd entry");
  };
  expect(operatorName({}, unnamed)).toMatch(/^user /);
});

test("it is one line of at most 200 characters", () => {
  expect(operatorName({ LOTMINT_OPERATOR: "a\n\u2028b\u0007" }, user)).toBe("a b");
  expect(operatorName({ LOTMINT_OPERATOR: "ü".repeat(300) }, user)).toBe("ü".repeat(200));
});
