import { expect, test } from "vitest";
import { REASON_CODES, REASONS_TO_GIVE } from "../../src/domain/revocation.ts";

test("reasons have the numbers of RFC 5280, and none that could be taken back may be given", () => {
  expect(REASONS_TO_GIVE.map((reason) => [reason, REASON_CODES[reason]])).toEqual([
    ["unspecified", 0],
    ["keyCompromise", 1],
    ["cACompromise", 2],
    ["affiliationChanged", 3],
    ["superseded", 4],
    ["cessationOfOperation", 5],
    ["privilegeWithdrawn", 9],
    ["aACompromise", 10],
  ]);
});
