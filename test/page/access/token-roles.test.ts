import { expect, test } from "vitest";
import { tokenRoles } from "../../../src/page/access/token-roles.ts";

test("each token gives its own role, and any other none", () => {
  const roleOf = tokenRoles({ operator: "operator-token-1", reader: "reader-token-22" });
  expect(roleOf("operator-token-1")).toBe("operator");
  expect(roleOf("reader-token-22")).toBe("reader");
  for (const wrong of ["", "operator-token-", "operator-token-11", "Operator-token-1", "é".repeat(9999)]) {
    expect(roleOf(wrong), wrong.slice(0, 20)).toBeUndefined();
  }
});

test("without a reader's token nobody is a reader", () => {
  expect(tokenRoles({ operator: "operator-token-1" })("")).toBeUndefined();
  expect(tokenRoles({ operator: "operator-token-1" })("undefined")).toBeUndefined();
});
