import { expect, test } from "vitest";
import { checkText } from "../../src/report/check-text.ts";

const LOT = {
  lot: "L1",
  devices: 1_000_000,
  checked: 500,
  asked: 0,
  parts: 9,
  events: 7,
  differences: [],
  found: 0,
  notes: [],
};
const OPTIONS = { colour: false, width: 120 };
const SAMPLE = { sampled: 500, population: 1_000_000, faulty: 0, confidence: 0.99, fewerThan: 9166 };

test("a sample without a difference says how many devices may still have one", () => {
  const text = checkText({ ...LOT, sample: SAMPLE }, OPTIONS).replaceAll(/\s+/g, " ");
  expect(text).toContain("GREEN: the sample is as the ledger says");
  const limit = "with 99 % confidence fewer than 9 166 of the lot's 1 000 000 have one";
  expect(text).toContain(`0 of 500 devices of the sample have a difference: ${limit}`);
});

test("a sample with a difference says what it means for the lot", () => {
  const sample = { ...SAMPLE, faulty: 1, fewerThan: 13_200 };
  const text = checkText({ ...LOT, found: 2, sample }, OPTIONS).replaceAll(/\s+/g, " ");
  expect(text).toContain("RED: 2 differences");
  expect(text).toContain("1 of 500 devices of the sample has a difference: with 99 % confidence fewer than 13 200 of");
});

test("a check of all devices says nothing of samples", () => {
  const text = checkText(LOT, OPTIONS);
  expect(text).toContain("GREEN: everything is as the ledger says");
  expect(text).not.toContain("confidence");
});

test("a single device, part, event and difference is told as one", () => {
  const one = { ...LOT, devices: 1, checked: 1, asked: 1, parts: 1, events: 1, found: 1 };
  const text = checkText(one, OPTIONS);
  expect(text).toContain("1 of 1 device opened and compared, 1 part, 1 event of the ledger");
  expect(text).toContain("  1 device looked up on the platform");
  expect(text).toMatch(/RED: 1 difference$/m);
});
