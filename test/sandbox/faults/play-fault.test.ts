import { describe, expect, test } from "vitest";
import type { FaultRule } from "../../../src/sandbox/faults/faults.ts";
import { setFaults } from "../../../src/sandbox/faults/faults.ts";
import { messageOf, mountSandbox } from "../mount-sandbox.ts";

const NOW = Date.UTC(2031, 0, 2, 3, 4, 5);

function played(rule: FaultRule) {
  const { state, register } = mountSandbox({ nowMs: () => NOW });
  setFaults(state.faults, [rule]);
  return {
    answer: register("ID;CREDENTIALS\na;AbcD1234\n"),
    done: state.devices.size === 1,
    logged: state.requests[0],
  };
}

describe("statuses", () => {
  test.each([400, 401, 403, 408, 429, 500, 502, 503])(
    "%i has the platform's error body and nothing is done",
    (status) => {
      const { answer, done, logged } = played({ kind: "status", status });
      expect(answer.status).toBe(status);
      expect(messageOf(answer)).toMatch(/as ordered$/);
      expect(answer.headers).not.toHaveProperty("retry-after");
      expect([done, logged?.status, logged?.fault]).toEqual([false, status, "status"]);
    },
  );

  test("Retry-After comes as seconds or as a date", () => {
    const rule = { kind: "status", status: 429, retryAfterSeconds: 90 } as const;
    expect(played(rule).answer.headers["retry-after"]).toBe("90");
    expect(played({ ...rule, retryAfterAs: "date" }).answer.headers["retry-after"]).toBe(
      "Thu, 02 Jan 2031 03:05:35 GMT",
    );
  });

  test("the work may be done before a 503", () => {
    const { answer, done, logged } = played({ kind: "status", status: 503, afterWork: true });
    expect([answer.status, done, logged?.counts?.numberOfCreated]).toEqual([503, true, 1]);
  });
});

describe("other answers", () => {
  test("a page where JSON belongs, with the work done or not", () => {
    const without = played({ kind: "not-json" });
    expect([without.answer.status, without.done]).toEqual([200, false]);
    const { answer, done } = played({ kind: "not-json", afterWork: true });
    expect([answer.status, answer.headers["content-type"], done]).toEqual([201, "text/html", true]);
    expect(answer.body.toString()).toMatch(/^<html>/);
  });

  test("an error body of 10 MB", () => {
    const { answer, done } = played({ kind: "huge-error-body", status: 502 });
    expect([answer.status, answer.body.length, done]).toEqual([502, 10 * 1024 * 1024, false]);
  });

  test("a redirect to elsewhere", () => {
    const { answer, done } = played({ kind: "redirect", location: "https://elsewhere.test/x" });
    expect([answer.status, answer.headers["location"], done]).toEqual([302, "https://elsewhere.test/x", false]);
  });
});

describe("deliveries", () => {
  test.each([
    [{ kind: "stall" }, { kind: "stall" }, false, 0],
    [{ kind: "stall", afterWork: true }, { kind: "stall" }, true, 0],
    [{ kind: "cut-before" }, { kind: "cut" }, false, 0],
    [{ kind: "cut-after" }, { kind: "cut" }, true, 0],
    [{ kind: "cut-in-body" }, { kind: "cut-in-body" }, true, 201],
    [{ kind: "drip", intervalMs: 7 }, { kind: "drip", intervalMs: 7 }, true, 201],
    [{ kind: "delay", delayMs: 8 }, { kind: "delay", delayMs: 8 }, true, 201],
  ] as const)("%o", (rule, delivery, worked, status) => {
    const { answer, done, logged } = played(rule);
    expect([answer.delivery, done, logged?.status]).toEqual([delivery, worked, status]);
  });
});
