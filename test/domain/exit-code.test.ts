import { expect, test } from "vitest";
import { OnboardingError } from "../../src/domain/error.ts";
import { exitCodeOf, worstExitCode } from "../../src/domain/exit-code.ts";

test("an error that ends a run has its own exit code, anything else is a defect", () => {
  expect(exitCodeOf(new OnboardingError("full", { code: "disk-unwritable" }))).toBe(14);
  expect(exitCodeOf(new OnboardingError("no", { code: "platform-refused" }))).toBe(12);
  expect(exitCodeOf(new TypeError("x is not a function"))).toBe(1);
});

test("of several exit codes the one counts that must be told first", () => {
  expect(worstExitCode([0, 3, 13])).toBe(13);
  expect(worstExitCode([2, 10, 12])).toBe(10);
  expect(worstExitCode([14, 15])).toBe(15);
  expect(worstExitCode([3, 11])).toBe(11);
  expect(worstExitCode([])).toBe(0);
});
