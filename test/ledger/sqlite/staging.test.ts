import { expect, onTestFinished, test } from "vitest";
import { openStaging } from "../../../src/ledger/sqlite/staging.ts";

test("what is staged comes back in order, also when it is more than is kept in memory, and others run meanwhile", async () => {
  const staging = openStaging();
  onTestFinished(() => staging.close());
  const texts = Array.from({ length: 40 }, (_, index) => `${index} ${"x".repeat(200_000)}`);
  for (const text of texts) await staging.add(text);
  const order: string[] = [];
  setImmediate(() => order.push("another task"));
  const back: string[] = [];
  for await (const text of staging.all()) {
    back.push(text);
    order.push("text");
  }
  expect(back).toEqual(texts);
  expect(order.indexOf("another task")).toBe(1);
});

test("two that stage at once see nothing of one another", async () => {
  const [first, second] = [openStaging(), openStaging()];
  onTestFinished(() => {
    first.close();
    second.close();
  });
  await first.add("a");
  const back: string[] = [];
  for await (const text of second.all()) back.push(text);
  expect(back).toEqual([]);
});
