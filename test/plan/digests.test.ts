import { expect, test } from "vitest";
import { registrationDigest, subjectDigest } from "../../src/plan/digests.ts";

const subject = [{ attribute: "CN", value: "A" }] as const;
const row = { type: "t", name: "n", agent: true, properties: { a: "1", b: "2" }, externalIds: {} };

test("equal rows have equal digests, in whatever order their keys came", () => {
  expect(registrationDigest({ ...row, properties: { b: "2", a: "1" } })).toBe(registrationDigest(row));
  expect(registrationDigest(row)).toMatch(/^[0-9a-f]{64}$/);
});

test("every value counts", () => {
  const changed = [
    { ...row, name: "m" },
    { ...row, path: "p" },
    { ...row, properties: { a: "1" } },
    { ...row, externalIds: { a: "1" } },
  ];
  expect(new Set([row, ...changed].map(registrationDigest)).size).toBe(5);
  const subjects = [
    subjectDigest(subject),
    subjectDigest(subject, "csr"),
    subjectDigest([{ attribute: "CN", value: "B" }]),
    subjectDigest([{ attribute: "O", value: "A" }]),
  ];
  expect(new Set(subjects).size).toBe(4);
});
