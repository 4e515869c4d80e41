import { expect, test } from "vitest";
import type { RejectRecord } from "../../src/domain/report.ts";
import { countRejects } from "../../src/report/count-rejects.ts";
import { pagesOf } from "../fixtures/lot-report.ts";

function reject(line: number, reason: string): RejectRecord {
  return { line, externalId: `SN-${line}`, reason, cells: {}, device: false };
}

test("rejects of one kind are counted together, the most frequent kind first", async () => {
  const counts = await countRejects(
    pagesOf([reject(2, "no id"), reject(3, "SN-3 is taken by lot “A”")], [reject(4, "SN-4 is taken by lot “B”")]),
  );
  expect(Object.entries(counts)).toEqual([
    ["… is taken by lot …", 2],
    ["no id", 1],
  ]);
});

test("reasons that never repeat do not make the report grow", async () => {
  const letters = (number: number) => String(number).replace(/\d/g, (digit) => "abcdefghij".charAt(Number(digit)));
  const many = Array.from({ length: 500 }, (_, index) => reject(index, `reason ${letters(index)}`));
  const counts = await countRejects(pagesOf(many));
  expect(Object.keys(counts)).toHaveLength(201);
  expect(counts["other reasons"]).toBe(300);
});

test("a reason that is a word of the language is counted like any other", async () => {
  expect(Object.entries(await countRejects(pagesOf([reject(2, "__proto__"), reject(3, "constructor")])))).toEqual([
    ["__proto__", 1],
    ["constructor", 1],
  ]);
});
