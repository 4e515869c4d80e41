import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { jobJsonSchema } from "../../scripts/job-json-schema.ts";

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly pattern?: string;
}

test("jobs/job.schema.json is what the schema says now; npm run schema writes it", () => {
  expect(readFileSync("jobs/job.schema.json", "utf8")).toBe(jobJsonSchema());
});

function keysWithoutDescription(schema: Schema, path = ""): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
    ...(inner.description === undefined ? [`${path}${key}`] : []),
    ...keysWithoutDescription(inner, `${path}${key}.`),
  ]);
}

test("every key tells what it is for, and no other keys are allowed", () => {
  const schema = JSON.parse(jobJsonSchema()) as Schema;
  expect(keysWithoutDescription(schema)).toEqual([]);
  expect(Object.keys(schema.properties ?? {})).toContain("issuer");
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties?.["submit"]?.additionalProperties).toBe(false);
});
