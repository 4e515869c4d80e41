import { expect, test } from "vitest";
import { makeWorkQueue, type WorkQueue } from "../../src/watch/work-queue.ts";

const PAUSES = { firstMs: 100, longestMs: 1000 };

function queueOf(lotsAtOnce: number, ...works: readonly (readonly [key: string, lot: string])[]): WorkQueue {
  const queue = makeWorkQueue(lotsAtOnce, PAUSES);
  for (const [order, [key, lot]] of works.entries()) queue.add({ key, lot, order });
  return queue;
}

test("files go in order of arrival, as many at once as allowed", () => {
  const queue = queueOf(2, ["a", "A"], ["b", "B"], ["c", "C"]);
  expect([queue.take(0), queue.take(0), queue.take(0)]).toEqual(["a", "b", undefined]);
  queue.leaves("a", true);
  expect(queue.take(0)).toBe("c");
});

test("two files of one lot never run at once and never overtake each other", () => {
  const queue = queueOf(3, ["a1", "A"], ["a2", "A"], ["b", "B"]);
  expect([queue.take(0), queue.take(0), queue.take(0)]).toEqual(["a1", "b", undefined]);
  queue.waits("a1", 0, false);
  expect(queue.take(50)).toBeUndefined();
  expect(queue.take(100)).toBe("a1");
  queue.leaves("a1", true);
  expect(queue.take(100)).toBe("a2");
});

test("pauses double up to the longest", () => {
  const queue = queueOf(1, ["a", "A"]);
  const pauses: number[] = [];
  let now = 0;
  queue.take(now);
  for (let round = 0; round < 6; round += 1) {
    const began = now;
    queue.waits("a", now, false);
    while (queue.take(now) === undefined) now += 1;
    pauses.push(now - began);
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test("what is new goes before what waits", () => {
  const queue = queueOf(1, ["a", "A"]);
  queue.take(0);
  queue.waits("a", 0, false);
  queue.add({ key: "b", lot: "B", order: 9 });
  expect(queue.take(5000)).toBe("b");
});

test("while the platform is away one file at a time asks for it, each in its turn, and the others wait", () => {
  const queue = queueOf(3, ["a", "A"], ["b", "B"], ["c", "C"]);
  for (const key of ["a", "b", "c"]) expect(queue.take(0)).toBe(key);
  for (const key of ["a", "b", "c"]) queue.waits(key, 0, true);
  expect(queue.take(399)).toBeUndefined();
  expect([queue.take(400), queue.take(400)]).toEqual(["a", undefined]);
  queue.waits("a", 400, true);
  expect([queue.take(1199), queue.take(1200), queue.take(1200)]).toEqual([undefined, "b", undefined]);
});

test("once the platform has answered one, all that wait for it may go at once", () => {
  const queue = queueOf(3, ["a", "A"], ["b", "B"], ["c", "C"]);
  for (const key of ["a", "b", "c"]) expect(queue.take(0)).toBe(key);
  for (const key of ["a", "b", "c"]) queue.waits(key, 0, true);
  expect(queue.take(400)).toBe("a");
  queue.leaves("a", true);
  expect([queue.take(401), queue.take(401)]).toEqual(["b", "c"]);
});

test("an asker that ends for another reason lets the next one ask", () => {
  const queue = queueOf(2, ["a", "A"], ["b", "B"]);
  queue.take(0);
  queue.take(0);
  queue.waits("a", 0, true);
  queue.waits("b", 0, true);
  expect(queue.take(200)).toBe("a");
  queue.leaves("a", false);
  expect(queue.take(201)).toBe("b");
  queue.waits("b", 201, false);
  queue.add({ key: "c", lot: "C", order: 9 });
  expect(queue.take(202)).toBe("c");
});

test("the queue knows how many have never been tried", () => {
  const queue = queueOf(1, ["a", "A"], ["b", "B"]);
  expect(queue.fresh).toBe(2);
  queue.take(0);
  expect(queue.fresh).toBe(1);
  queue.waits("a", 0, false);
  expect([queue.fresh, queue.size]).toEqual([1, 2]);
});

test("of a stopped lot nothing is taken, and what has waited is taken at once when it is resumed", () => {
  const stopped = new Set(["A"]);
  const queue = makeWorkQueue(1, PAUSES, (lot) => stopped.has(lot));
  for (const [order, key] of ["A", "B"].entries()) queue.add({ key, lot: key, order });
  expect([queue.fresh, queue.take(0), queue.take(0)]).toEqual([1, "B", undefined]);
  queue.waits("B", 0, false);
  expect([queue.fresh, queue.take(0)]).toEqual([0, undefined]);
  stopped.delete("A");
  stopped.add("B");
  queue.resume("A");
  expect(queue.take(0)).toBe("A");
  queue.rests("A", 0);
  stopped.delete("B");
  queue.resume("b");
  expect([queue.take(0), queue.take(0)]).toEqual(["A", undefined]);
  queue.leaves("A", true);
  expect(queue.take(0)).toBe("B");
});

test("stopped while it tried whether the platform is back, a lot lets another one try", () => {
  const queue = queueOf(2, ["a", "A"], ["b", "B"]);
  queue.take(0);
  queue.take(0);
  queue.waits("a", 0, true);
  queue.waits("b", 0, true);
  const probe = queue.take(10_000);
  expect([probe, queue.take(10_000)]).toEqual(["a", undefined]);
  queue.rests("a", 10_000);
  queue.leaves("a", false);
  expect(queue.take(10_000)).toBe("b");
});
