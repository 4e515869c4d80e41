import { expect, test } from "vitest";
import { keepLotStops } from "../../src/watch/lot-stops.ts";

test("a lot is known in any case and Unicode form", () => {
  const stops = keepLotStops();
  stops.add("Lot-é");
  expect(stops.has("LOT-e\u0301")).toBe(true);
  stops.remove("lot-É");
  expect(stops.has("Lot-é")).toBe(false);
});

test("what was read while somebody stopped a lot does not undo that", async () => {
  const stops = keepLotStops();
  await stops.refresh(async () => ["A"]);
  await stops.refresh(async () => {
    const read = ["A"];
    stops.add("B");
    stops.remove("A");
    return read;
  });
  expect([stops.has("A"), stops.has("B")]).toEqual([false, true]);
});
