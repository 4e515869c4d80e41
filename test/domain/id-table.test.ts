import { expect, test } from "vitest";
import { makeIdTable } from "../../src/domain/id-table.ts";

test("every id of many is found with its own number, whatever its case, and no other is", () => {
  const table = makeIdTable([1, 2]);
  for (let index = 0; index < 30_000; index++) table.set(`Dev-${index}`, index);
  expect(table.size).toBe(30_000);
  for (let index = 0; index < 30_000; index++) expect(table.get(`dEV-${index}`)).toBe(index);
  expect(table.get("Dev-30000")).toBeUndefined();
  expect(table.get("")).toBeUndefined();
});

test("an id that is put again keeps its place and takes the new number", () => {
  const table = makeIdTable([3, 4]);
  table.set("É", 1);
  table.set("e\u0301", 2);
  expect([table.size, table.get("É")]).toEqual([1, 2]);
});

test("text that is far too long for an id is not kept, and not found", () => {
  const table = makeIdTable([5, 6]);
  expect(() => table.set("x".repeat(4097), 1)).toThrow(RangeError);
  expect(table.get("x".repeat(4097))).toBeUndefined();
});

test("ids come out as they were put, each once, also those that differ only by case where nothing is folded", () => {
  const put = Array.from({ length: 50_000 }, (_, index) => `Gerät-${index}`.padEnd(30, "x"));
  const table = makeIdTable([7, 8], (id) => id);
  for (const id of [...put, ...put, put[0]?.toUpperCase() ?? ""]) table.set(id, 1);
  expect([...table.ids()]).toEqual([...put, put[0]?.toUpperCase()]);
  const folded = makeIdTable([7, 8]);
  for (const id of ["B", "a", "b"]) folded.set(id, 1);
  expect([...folded.ids()]).toEqual(["b", "a"]);
});
