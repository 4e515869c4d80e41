import { expect, test } from "vitest";
import { keptFor } from "../../../src/page/models/kept-for.ts";

test("an answer is good for its time, is read once for all who ask meanwhile, and a failure is not kept", async () => {
  let clockMs = 0;
  let reads = 0;
  const ask = keptFor(
    100,
    () => clockMs,
    async () => {
      reads += 1;
      if (reads === 2) throw new Error("away");
      return reads;
    },
  );
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  clockMs = 99;
  expect(await ask()).toBe(1);
  clockMs = 100;
  await expect(ask()).rejects.toThrow("away");
  expect(await ask()).toBe(3);
});
