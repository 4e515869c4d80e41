import { z } from "zod";
import { nearestWord } from "../domain/nearest-word.ts";
import { type ConfigProblem, type KeyPath, showValue } from "./config-error.ts";

/** Checks a value from YAML against a schema; what is wrong comes back in plain words, all at once. */
export function checkAgainst<T extends z.ZodType>(
  schema: T,
  value: unknown,
): { readonly value: z.output<T> } | { readonly faults: readonly ConfigProblem[] } {
  const outcome = schema.safeParse(value);
  if (outcome.success) return { value: outcome.data };
  return { faults: outcome.error.issues.flatMap((issue) => describe(issue, schema, value)) };
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): readonly ConfigProblem[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, known) }));
  }
  const message = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  if (!message.startsWith("expected")) return [{ path, message }];
  if (issue.code === "invalid_key") return [{ path, message: `is not known; ${message}` }];
  return [{ path, message: `${message}, got ${showValue(valueAt(value, path))}` }];
}

function unknownKey(key: string, known: readonly string[]): string {
  if (key === "CN" && known.includes("serialNumber")) return "is always the device's id and cannot be set";
  const near = nearestWord(key, known);
  return near === undefined
    ? `is not a key that belongs here; known are ${known.join(", ")}`
    : `is not a key that belongs here; did you mean ${near}?`;
}

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === "object" && inner !== null
        ? (inner as Readonly<Record<string, unknown>>)[String(step)]
        : undefined,
    value,
  );
}

/** The keys that the schema takes at a place. */
function knownKeys(schema: z.ZodType, path: KeyPath): readonly string[] {
  let here: unknown = unwrap(schema);
  for (const step of path) {
    if (here instanceof z.ZodObject) here = unwrap(here.shape[String(step)]);
    else if (here instanceof z.ZodRecord) here = unwrap(here.valueType);
    else return [];
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}
