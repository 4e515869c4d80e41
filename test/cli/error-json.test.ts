import { expect, test } from "vitest";
import { errorJson } from "../../src/cli/error-json.ts";
import { OnboardingError } from "../../src/domain/error.ts";

test("an error is told with its exit code, its code and its message", () => {
  const error = new OnboardingError("lot L1 is held by another run", { code: "lot-held" });
  expect(errorJson(error)).toEqual({
    exitCode: 11,
    error: { code: "lot-held", message: "lot L1 is held by another run" },
  });
});

test("a defect is told as one, without its words, which may hold anything", () => {
  const told = errorJson(new TypeError("hunter2 is not a function"));
  expect([told.exitCode, told.error.code]).toEqual([1, "defect"]);
  expect(JSON.stringify(told)).not.toContain("hunter2");
});
