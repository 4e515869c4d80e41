import { expect, it } from "vitest";
import { inLanes } from "../../src/platform/in-lanes.ts";

it("works on so many at a time, and on each once", async () => {
  let underWay = 0;
  let most = 0;
  const done: number[] = [];
  await inLanes([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

it("begins nothing after a stop or an error, and waits for what is under way", async () => {
  const begun: number[] = [];
  await inLanes([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    return item === 1 ? "stop" : undefined;
  });
  expect(begun).not.toContain(4);
  let ended = false;
  const work = inLanes([1, 2, 3, 4, 5], 2, async (item) => {
    await new Promise((resolve) => setTimeout(resolve, item));
    if (item === 1) throw new Error("lost");
    ended = true;
  });
  await expect(work).rejects.toThrow("lost");
  expect(ended).toBe(true);
});
