import { expect, test } from "vitest";
import { setFaults } from "../../../src/sandbox/faults/faults.ts";
import { serveWithin } from "../../../src/sandbox/faults/serve-within.ts";
import { mountSandbox } from "../mount-sandbox.ts";

const TWO = { kind: "capacity", atOnce: 2, serviceMs: 40 } as const;

test("requests beside those that are served wait for their turn", () => {
  const places: number[] = [];
  const delayAt = (nowMs: number) => serveWithin({ ...TWO, excess: "queue" }, places, nowMs);
  expect([100, 110, 110, 115].map(delayAt)).toEqual([
    { kind: "delay", delayMs: 41 },
    { kind: "delay", delayMs: 41 },
    // From 140 and from 150 on.
    { kind: "delay", delayMs: 71 },
    { kind: "delay", delayMs: 76 },
  ]);
  expect(delayAt(500)).toEqual({ kind: "delay", delayMs: 41 });
});

test("or are refused, and take no place", () => {
  const places: number[] = [];
  const kindAt = (nowMs: number) => serveWithin({ ...TWO, excess: "refuse" }, places, nowMs).kind;
  expect([100, 120, 130, 139, 140, 145, 160].map(kindAt)).toEqual([
    "delay",
    "delay",
    "status",
    "status",
    "delay",
    "status",
    "delay",
  ]);
});

test("the rule counts the requests that fit it, answers 429 to the excess, and starts empty when it is set again", () => {
  let nowMs = 1000;
  const { state, ask } = mountSandbox({ nowMs: () => nowMs });
  const rule = { ...TWO, excess: "refuse", retryAfterSeconds: 3, match: { path: "/tenant/*" } } as const;
  const statuses = () => Array.from({ length: 3 }, () => ask("GET", "/tenant/currentTenant").status);
  setFaults(state.faults, [rule]);
  expect(ask("GET", "/user/currentUser").delivery).toBeUndefined();
  expect(statuses()).toEqual([200, 200, 429]);
  expect(ask("GET", "/tenant/currentTenant").headers).toMatchObject({ "retry-after": "3" });
  nowMs += 40;
  expect(ask("GET", "/tenant/currentTenant")).toMatchObject({ status: 200, delivery: { kind: "delay", delayMs: 41 } });
  setFaults(state.faults, [rule]);
  expect(statuses()).toEqual([200, 200, 429]);
});
