import { expect, test } from "vitest";
import type { RevocationListState } from "../../../src/ledger/revocation-lists.ts";
import { crlStatus, describeRevocations } from "../../../src/run/revoke/describe-revocations.ts";

const DAY_MS = 86_400_000;
const WRITTEN = { number: 4, entries: 2, sha256: "ab", thisUpdateMs: 0, nextUpdateMs: 30 * DAY_MS };

function state(due: number, written: RevocationListState["written"] = WRITTEN): RevocationListState {
  return { due, revoked: due, written };
}

test.each([
  ["none", state(0, null), 0],
  ["missing", state(1, null), 0],
  ["current", state(2), 15 * DAY_MS - 1],
  ["ageing", state(2), 15 * DAY_MS],
  ["ageing", state(2), 30 * DAY_MS - 1],
  ["expired", state(2), 30 * DAY_MS],
  ["stale", state(3), 0],
  ["stale", state(3), 99 * DAY_MS],
] as const)("a list is %s by its entries and its time", (status, list, nowMs) => {
  expect(crlStatus(list, nowMs)).toBe(status);
});

test("an authority's revocations are told in plain values", async () => {
  const ledger = { revocationList: async () => state(2), countUnpushed: async () => 1 };
  expect(await describeRevocations(ledger, "line-1", DAY_MS)).toEqual({
    standing: "current",
    due: 2,
    written: {
      number: 4,
      entries: 2,
      sha256: "ab",
      thisUpdate: "1970-01-01T00:00:00Z",
      nextUpdate: "1970-01-31T00:00:00Z",
    },
    unpushed: 1,
  });
});
