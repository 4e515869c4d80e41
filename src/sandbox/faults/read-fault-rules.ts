import { z } from "zod";
import { isObject } from "../http/json-body.ts";
import { unprocessable } from "../http/request-refusal.ts";
import { COUNT_NAMES, type Fault, type FaultRule } from "./faults.ts";

function must(be: string): { readonly error: (issue: { readonly input?: unknown }) => string } {
  return { error: ({ input }) => (input === undefined ? "is missing" : `must be ${be}`) };
}

function whole(min: number, max: number) {
  const rule = must(`a whole number from ${min} to ${max}`);
  return z.int(rule).min(min, rule).max(max, rule);
}

const TEXT = z.string(must("a string"));
const YES_OR_NO = z.boolean(must("true or false"));
const SHARE_RULE = must("a number from 0 to 1");
const SHARE = z.number(SHARE_RULE).min(0, SHARE_RULE).max(1, SHARE_RULE);
const ERROR_STATUS = whole(400, 599);
const DURATION_MS = whole(0, 3_600_000);
const COUNT = whole(-1_000_000, 1_000_000).exactOptional();

/** Fields that a rule of any kind may have. */
const COMMON = {
  match: z
    .strictObject(
      { method: TEXT.exactOptional(), path: TEXT.exactOptional() },
      must("an object with the strings method and path and no others"),
    )
    .exactOptional(),
  rate: SHARE.exactOptional(),
  times: whole(0, 1e9).exactOptional(),
  from: whole(1, 1e9).exactOptional(),
};

/** A rule of one kind: no fields but its own and the common ones. */
function ruleOf<const Kind extends Fault["kind"], Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) {
  return z.strictObject(
    { kind: z.literal(kind), ...COMMON, ...fields },
    { error: (issue) => (issue.code === "unrecognized_keys" ? `does not belong to kind ${kind}` : undefined) },
  );
}

const RULES = [
  ruleOf("status", {
    status: ERROR_STATUS,
    message: TEXT.exactOptional(),
    retryAfterSeconds: whole(0, 1e6).exactOptional(),
    retryAfterAs: z.enum(["seconds", "date"], must("one of seconds, date")).exactOptional(),
    afterWork: YES_OR_NO.exactOptional(),
  }),
  ruleOf("stall", { afterWork: YES_OR_NO.exactOptional() }),
  ruleOf("delay", { delayMs: DURATION_MS }),
  ruleOf("drip", { intervalMs: DURATION_MS }),
  ruleOf("cut-before", {}),
  ruleOf("cut-after", {}),
  ruleOf("cut-in-body", {}),
  ruleOf("not-json", { afterWork: YES_OR_NO.exactOptional() }),
  ruleOf("huge-error-body", {
    status: ERROR_STATUS,
    bytes: whole(0, 100 * 1024 * 1024).exactOptional(),
    afterWork: YES_OR_NO.exactOptional(),
  }),
  ruleOf("redirect", { location: TEXT }),
  ruleOf("wrong-counts", {
    add: z.strictObject(
      {
        numberOfAll: COUNT,
        numberOfCreated: COUNT,
        numberOfFailed: COUNT,
        numberOfSuccessful: COUNT,
      } satisfies Record<(typeof COUNT_NAMES)[number], typeof COUNT>,
      must(`an object with whole numbers for ${COUNT_NAMES.join(", ")} and no others`),
    ),
  }),
  ruleOf("part-refused", {
    status: z.literal([400, 413, 422], must("one of 400, 413, 422")),
    message: TEXT.exactOptional(),
    moreThanRows: whole(0, 1e9).exactOptional(),
    holdsId: TEXT.exactOptional(),
  }),
  ruleOf("capacity", {
    atOnce: whole(1, 100_000),
    serviceMs: DURATION_MS,
    excess: z.enum(["queue", "refuse"], must("one of queue, refuse")),
    retryAfterSeconds: whole(0, 1e6).exactOptional(),
  }),
  ruleOf("reject-rows", {
    ids: z.array(TEXT, must("a list of strings")).exactOptional(),
    rowRate: SHARE.exactOptional(),
    withDeviceId: YES_OR_NO.exactOptional(),
    reason: TEXT.exactOptional(),
  }),
] as const;

const KINDS = RULES.map(({ shape }) => shape.kind.value);

const SCHEMA: z.ZodType<readonly FaultRule[]> = z.array(
  z.discriminatedUnion("kind", RULES, {
    error: (issue) => (isObject(issue.input) ? `must be one of ${KINDS.join(", ")}` : "not an object"),
  }),
  { error: "The body must be a JSON array of fault rules" },
);

/** Checks a JSON value to be a list of fault rules. Throws a 422 that tells everything that is wrong with it. */
export function readFaultRules(value: unknown): readonly FaultRule[] {
  const outcome = SCHEMA.safeParse(value);
  if (outcome.success) return outcome.data;
  throw unprocessable("sandbox", outcome.error.issues.flatMap(describe).join("; "));
}

/** `rule 2: match.path must be a text` */
function describe(issue: z.core.$ZodIssue): readonly string[] {
  const [index, ...path] = issue.path;
  if (index === undefined) return [issue.message];
  const tell = (...names: readonly PropertyKey[]) =>
    `rule ${Number(index) + 1}: ${[names.join("."), issue.message].filter((part) => part !== "").join(" ")}`;
  // Of a nested object the message says which fields it may have.
  if (issue.code === "unrecognized_keys" && path.length === 0) return issue.keys.map((key) => tell(key));
  return [tell(...path)];
}
