import { array, assert, constantFrom, nat, option, property, record, string, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import type { BulkAnswer, FailedRow } from "../../src/domain/registration.ts";
import { understandAnswer } from "../../src/submit/understand-answer.ts";

function answer(all: number, failed: readonly FailedRow[], numberOfFailed = failed.length): BulkAnswer {
  return {
    numberOfAll: all,
    numberOfCreated: all - numberOfFailed,
    numberOfFailed,
    numberOfSuccessful: all - numberOfFailed,
    updated: [],
    failed,
  };
}

describe("understandAnswer", () => {
  it("confirms every row of an answer without a bad one", () => {
    expect(understandAnswer(["a", "b"], answer(2, []))).toEqual({
      kind: "complete",
      confirmed: ["a", "b"],
      rejected: [],
    });
  });

  it("rejects the rows that are named, with the platform's reasons, and confirms the rest", () => {
    expect(understandAnswer(["a", "b"], answer(2, [{ externalId: "a", reason: "no" }]))).toEqual({
      kind: "complete",
      confirmed: ["b"],
      rejected: [{ externalId: "a", reason: "no" }],
    });
  });

  it.each([
    ["more rows than were sent", answer(3, [])],
    ["fewer rows than were sent", answer(1, [])],
    ["counts that do not add up", { ...answer(2, []), numberOfSuccessful: 1 }],
    ["more bad rows listed than counted", answer(2, [{ externalId: "a", reason: "x" }], 0)],
  ])("makes nothing of %s", (_name, strange) => {
    expect(understandAnswer(["a", "b"], strange)).toMatchObject({ kind: "incomplete" });
  });

  it("tells rows without a name apart from those with one", () => {
    const failed = [{ externalId: "a", reason: "x" }, { reason: "y" }];
    expect(understandAnswer(["a", "b", "c"], answer(3, failed))).toEqual({
      kind: "unattributed",
      rejected: [{ externalId: "a", reason: "x" }],
      unnamed: ["b", "c"],
      unnamedRejects: 1,
      reason: "y",
    });
  });

  it.each([
    ["an id that was not sent", [{ externalId: "z", reason: "y" }], 1],
    [
      "an id that is named twice",
      [
        { externalId: "a", reason: "x" },
        { externalId: "a", reason: "y" },
      ],
      1,
    ],
    ["a list shorter than its count", [], 1],
  ])("takes %s for a bad row without a name", (_name, failed, nameless) => {
    const understood = understandAnswer(["a", "b", "c"], answer(3, failed, Math.max(failed.length, 1)));
    expect(understood).toMatchObject({ kind: "unattributed", unnamedRejects: nameless });
  });

  it("rejects a single row whose answer counts one bad row, named or not", () => {
    expect(understandAnswer(["a"], answer(1, [{ reason: "no" }]))).toEqual({
      kind: "complete",
      confirmed: [],
      rejected: [{ externalId: "a", reason: "no" }],
    });
  });

  it("never confirms a row that is named as bad, nor more than the platform calls good, whatever it answers", async () => {
    const ids = uniqueArray(string({ minLength: 1, maxLength: 3 }), { maxLength: 8 });
    const count = nat({ max: 9 });
    const failed = array(
      record({ externalId: option(constantFrom("a", "b", "c", "zz"), { nil: undefined }), reason: string() }),
      { maxLength: 6 },
    );
    const numbers = record({
      numberOfAll: count,
      numberOfCreated: count,
      numberOfFailed: count,
      numberOfSuccessful: count,
    });
    await assert(
      property(ids, numbers, failed, nat({ max: 3 }), (others, counts, list, shape) => {
        const sent = [...new Set(["a", "b", "c", ...others])];
        const rows: FailedRow[] = list
          .slice(0, sent.length)
          .map(({ externalId, reason }) => (externalId === undefined ? { reason } : { externalId, reason }));
        // Often close to the truth, since numbers at random are nearly always incomplete.
        const near =
          shape === 0
            ? counts
            : {
                ...counts,
                numberOfAll: sent.length,
                numberOfFailed: rows.length,
                numberOfSuccessful: sent.length - rows.length,
              };
        const understood = understandAnswer(sent, { ...near, updated: [], failed: rows });
        if (understood.kind === "incomplete") return;
        const named = new Set<string | undefined>(rows.map(({ externalId }) => externalId));
        const rejected = understood.rejected.map(({ externalId }) => externalId);
        expect(new Set(rejected).size).toBe(rejected.length);
        if (understood.kind === "unattributed") {
          expect([...rejected, ...understood.unnamed].sort()).toEqual([...sent].sort());
          expect(understood.unnamedRejects).toBeGreaterThan(0);
          expect(understood.unnamedRejects).toBeLessThan(understood.unnamed.length);
          return;
        }
        expect([...rejected, ...understood.confirmed].sort()).toEqual([...sent].sort());
        expect(understood.confirmed.filter((id) => named.has(id))).toEqual([]);
        expect(understood.confirmed.length).toBe(near.numberOfSuccessful);
      }),
      { numRuns: 500 },
    );
  });
});
