import { isObject } from "../http/json-body.ts";
import { unprocessable } from "../http/refusal.ts";
import { COUNT_NAMES, type Fault, type FaultRule } from "./faults.ts";

/** What a field must be, in words, and the test for it. */
interface FieldRule {
  readonly words: string;
  readonly allows: (value: unknown) => boolean;
}

const TEXT: FieldRule = { words: "a text", allows: (value) => typeof value === "string" };
const YES_OR_NO: FieldRule = { words: "true or false", allows: (value) => typeof value === "boolean" };
const SHARE: FieldRule = {
  words: "a number from 0 to 1",
  allows: (value) => typeof value === "number" && value >= 0 && value <= 1,
};

function whole(min: number, max: number): FieldRule {
  return {
    words: `a whole number from ${min} to ${max}`,
    allows: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  };
}

function oneOf(...values: readonly unknown[]): FieldRule {
  return { words: `one of ${values.join(", ")}`, allows: (value) => values.includes(value) };
}

const MATCH: FieldRule = {
  words: "an object with the texts method and path",
  allows: (value) => isObject(value) && entriesAre(value, ["method", "path"], TEXT),
};
const COUNTS: FieldRule = {
  words: `an object with whole numbers for ${COUNT_NAMES.join(", ")}`,
  allows: (value) => isObject(value) && entriesAre(value, COUNT_NAMES, whole(-1_000_000, 1_000_000)),
};
const TEXTS: FieldRule = {
  words: "a list of texts",
  allows: (value) => Array.isArray(value) && value.every((entry) => typeof entry === "string"),
};

function entriesAre(value: object, names: readonly string[], rule: FieldRule): boolean {
  return Object.entries(value).every(([name, entry]) => names.includes(name) && rule.allows(entry));
}

type Fields = Readonly<Record<string, FieldRule>>;
const COMMON: Fields = { match: MATCH, rate: SHARE, times: whole(0, 1e9), from: whole(1, 1e9) };
const DURATION = whole(0, 3_600_000);

const KINDS: Readonly<Record<Fault["kind"], { readonly required: Fields; readonly optional: Fields }>> = {
  status: {
    required: { status: whole(400, 599) },
    optional: {
      message: TEXT,
      retryAfterSeconds: whole(0, 1e6),
      retryAfterAs: oneOf("seconds", "date"),
      afterWork: YES_OR_NO,
    },
  },
  stall: { required: {}, optional: { afterWork: YES_OR_NO } },
  delay: { required: { delayMs: DURATION }, optional: {} },
  drip: { required: { intervalMs: DURATION }, optional: {} },
  "cut-before": { required: {}, optional: {} },
  "cut-after": { required: {}, optional: {} },
  "cut-in-body": { required: {}, optional: {} },
  "not-json": { required: {}, optional: { afterWork: YES_OR_NO } },
  "huge-error-body": {
    required: { status: whole(400, 599) },
    optional: { bytes: whole(0, 100 * 1024 * 1024), afterWork: YES_OR_NO },
  },
  redirect: { required: { location: TEXT }, optional: {} },
  "wrong-counts": { required: { add: COUNTS }, optional: {} },
  "part-refused": {
    required: { status: oneOf(400, 413, 422) },
    optional: { message: TEXT, moreThanRows: whole(0, 1e9), holdsId: TEXT },
  },
  "reject-rows": { required: {}, optional: { ids: TEXTS, rowRate: SHARE, withDeviceId: YES_OR_NO, reason: TEXT } },
};

/** Checks a JSON value to be a list of fault rules. Throws a 422 that tells every fault in it. */
export function readFaultRules(value: unknown): readonly FaultRule[] {
  if (!Array.isArray(value)) throw unprocessable("sandbox", "The body must be a JSON array of fault rules");
  const faults = value.flatMap((rule, index) => ruleFaults(rule).map((fault) => `rule ${index + 1}: ${fault}`));
  if (faults.length > 0) throw unprocessable("sandbox", faults.join("; "));
  return value;
}

function ruleFaults(rule: unknown): string[] {
  if (!isObject(rule)) return ["not an object"];
  const kind = rule["kind"];
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
    return [`kind must be one of ${Object.keys(KINDS).join(", ")}`];
  }
  const { required, optional } = KINDS[kind as Fault["kind"]];
  const allowed: Fields = { ...COMMON, ...required, ...optional };
  return [
    ...Object.keys(required)
      .filter((name) => !Object.hasOwn(rule, name))
      .map((name) => `${name} is missing`),
    ...Object.entries(rule)
      .filter(([name]) => name !== "kind")
      .flatMap(([name, field]) => {
        const fieldRule = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
        if (fieldRule === undefined) return [`${name} does not belong to kind ${kind}`];
        return fieldRule.allows(field) ? [] : [`${name} must be ${fieldRule.words}`];
      }),
  ];
}
