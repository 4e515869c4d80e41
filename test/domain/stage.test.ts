import { expect, test } from "vitest";
import { mayFollow, STAGES } from "../../src/domain/stage.ts";

test("a device walks from planned to confirmed one stage after the other", () => {
  const way = ["planned", "reserved", "minted", "listed", "submitted", "confirmed"] as const;
  for (const [index, stage] of way.entries()) {
    const next = way[index + 1];
    if (next !== undefined) expect(mayFollow(stage, next)).toBe(true);
    const skipped = way[index + 2];
    if (skipped !== undefined) expect(mayFollow(stage, skipped)).toBe(false);
  }
});

test("nothing follows a revocation", () => {
  expect(STAGES.filter((stage) => mayFollow("revoked", stage))).toEqual([]);
});

test("a voided batch goes back to planned, and nothing else does but a rejected device", () => {
  expect(STAGES.filter((stage) => mayFollow(stage, "planned"))).toEqual(["reserved", "rejected"]);
});
