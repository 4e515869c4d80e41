import { expect, test } from "vitest";
import { OnboardingError } from "../../src/domain/error.ts";
import { keepTroubles } from "../../src/watch/troubles.ts";

test("a trouble is told when it begins, when its words change and when it is over, however often it is met", () => {
  const told: string[] = [];
  const note = (...words: unknown[]) => {
    told.push(JSON.stringify(words));
  };
  const troubles = keepTroubles({ error: note, info: note });
  const gone = new OnboardingError("gone", { code: "disk-unwritable" });
  expect(troubles.report("input", gone, 1000)).toBe(0);
  for (let at = 1001; at < 5000; at += 1) troubles.report("input", gone, at);
  expect(troubles.report("input", "denied", 6000)).toBe(5000);
  troubles.over("input");
  troubles.over("input");
  expect(told).toEqual([
    '[{"reason":"gone"},"input: gone; trying again"]',
    '[{"reason":"denied"},"input: denied; trying again"]',
    '["input: this works again"]',
  ]);
});

test("a defect shows its stack, once", () => {
  const told: object[] = [];
  const troubles = keepTroubles({ error: (fields: object) => told.push(fields), info: () => undefined });
  const defect = new Error("a defect");
  for (let at = 0; at < 5; at += 1) troubles.report("input", defect, at);
  expect(told).toEqual([{ reason: "a defect", stack: defect.stack }]);
});
