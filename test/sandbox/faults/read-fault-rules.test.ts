import { expect, test } from "vitest";
import type { FaultRule } from "../../../src/sandbox/faults/faults.ts";
import { readFaultRules } from "../../../src/sandbox/faults/read-fault-rules.ts";

const EACH_KIND: readonly FaultRule[] = [
  { kind: "status", status: 429, retryAfterSeconds: 2, retryAfterAs: "date", afterWork: false, message: "slow down" },
  { kind: "stall", afterWork: true },
  { kind: "delay", delayMs: 10 },
  { kind: "drip", intervalMs: 1 },
  { kind: "cut-before" },
  { kind: "cut-after" },
  { kind: "cut-in-body" },
  { kind: "not-json" },
  { kind: "huge-error-body", status: 502, bytes: 100 },
  { kind: "redirect", location: "https://elsewhere.test/" },
  { kind: "wrong-counts", add: { numberOfAll: -1 } },
  { kind: "part-refused", status: 413, moreThanRows: 100, holdsId: "a", message: "no" },
  { kind: "capacity", atOnce: 16, serviceMs: 40, excess: "refuse", retryAfterSeconds: 1 },
  { kind: "reject-rows", ids: ["a"], rowRate: 0.5, withDeviceId: false, reason: "no" },
];

test("every kind is taken with all of its fields and those of every rule", () => {
  const rules = EACH_KIND.map((rule) => ({
    ...rule,
    match: { method: "POST", path: "/x*" },
    rate: 0.5,
    times: 3,
    from: 2,
  }));
  expect(readFaultRules(rules)).toEqual(rules);
});

test.each([
  ["no list", {}, "must be a JSON array"],
  ["no object", ["stall"], "rule 1: not an object"],
  ["an unknown kind", [{ kind: "constructor" }], "rule 1: kind must be one of status, stall"],
  ["a missing field", [{ kind: "status" }], "rule 1: status is missing"],
  ["a field of another kind", [{ kind: "stall", status: 500 }], "rule 1: status does not belong to kind stall"],
  ["an inherited name as field", [{ kind: "stall", toString: 1 }], "rule 1: toString does not belong"],
  ["a success as status", [{ kind: "status", status: 200 }], "status must be a whole number from 400 to 599"],
  ["a rate over 1", [{ kind: "stall", rate: 2 }], "rate must be a number from 0 to 1"],
  ["a broken count", [{ kind: "stall", times: 0.5 }], "times must be a whole number"],
  ["a first request 0", [{ kind: "stall", from: 0 }], "from must be a whole number from 1"],
  ["fields of another kind, one by one", [{ kind: "stall", a: 1, b: 2 }], "a does not belong to kind stall; rule 1: b"],
  [
    "a match with a field of another form",
    [{ kind: "stall", match: { path: 1 } }],
    "rule 1: match.path must be a string",
  ],
  ["a match of another form", [{ kind: "stall", match: { host: "x" } }], "match must be an object with the strings"],
  ["an unknown count", [{ kind: "wrong-counts", add: { all: 1 } }], "add must be an object with whole numbers"],
  ["another refusal", [{ kind: "part-refused", status: 404 }], "status must be one of 400, 413, 422"],
  ["a capacity of nothing", [{ kind: "capacity", atOnce: 0 }], "atOnce must be a whole number from 1"],
  ["an excess that goes elsewhere", [{ kind: "capacity", excess: "drop" }], "excess must be one of queue, refuse"],
  ["ids that are no list", [{ kind: "reject-rows", ids: "a" }], "ids must be a list of strings"],
  ["ids that are no strings", [{ kind: "reject-rows", ids: [1] }], "ids.0 must be a string"],
])("%s is refused", (_, value, reason) => {
  expect(() => readFaultRules(value)).toThrow(reason);
});

test("all faults are told at once", () => {
  expect(() => readFaultRules([{ kind: "drip", intervalMs: "1" }, { kind: "delay" }])).toThrow(
    /rule 1: intervalMs must be .*; rule 2: delayMs is missing/,
  );
});
