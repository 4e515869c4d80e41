import { expect, test } from "vitest";
import { nounFor } from "../../src/domain/noun-for.ts";

test.each([
  [0, "0 devices", "0 entries", "0 rows are"],
  [1, "1 device", "1 entry", "1 row is"],
  [2, "2 devices", "2 entries", "2 rows are"],
])("after %i stands the right form", (count, device, entry, row) => {
  expect(`${count} ${nounFor(count, "device")}`).toBe(device);
  expect(`${count} ${nounFor(count, "entry", "entries")}`).toBe(entry);
  expect(`${count} ${nounFor(count, "row is", "rows are")}`).toBe(row);
});
