import { expect, test } from "vitest";
import { type RehearsedLot, rehearsalText } from "../../src/report/rehearsal-text.ts";

const good: RehearsedLot = {
  lot: "L2026-47-A",
  devices: 1200,
  rehearsed: 20,
  letIn: 20,
  revoked: 0,
  found: 0,
  results: [],
  notes: [],
};

function device(externalId: string, words = "tenant t1 trusts no certificate of its chain") {
  const findings = [{ part: "chain", words }];
  return { externalId, token: "HTTP 401: no", mqtt: "CONNACK 5: not authorized", right: false, findings };
}

test("a lot whose devices get in is green, with how many connected", () => {
  const text = rehearsalText({ ...good, revoked: 2, notes: ["no login is given"] }, { colour: false });
  expect(text).toContain("Lot L2026-47-A  GREEN");
  expect(text).toContain("20 of 1 200 devices connected with their own keystores: 20 accepted at both endpoints");
  expect(text).toContain("2 revoked and refused, as they should be");
  expect(text).toContain("Notes\n  - no login is given");
  expect(text).not.toContain("Not as it should be");
});

test("a lot of one device says so", () => {
  const text = rehearsalText({ ...good, devices: 1, rehearsed: 1, letIn: 0, revoked: 1 }, { colour: false });
  expect(text).toContain("1 of 1 device connected with its own keystore: 0 accepted");
  expect(text).toContain("1 revoked and refused, as it should be");
});

test("each device that is refused comes with both answers and its certificate's part", () => {
  const text = rehearsalText({ ...good, found: 1, results: [device("ACME-1")] }, { colour: false });
  expect(text).toContain("RED: 1 device not as it should be");
  expect(text).toContain("  ACME-1  token: HTTP 401: no; MQTT: CONNACK 5: not authorized");
  expect(text).toContain("    chain: tenant t1 trusts no certificate of its chain");
});

test("thirty are shown, the others counted, and devices that got in left out", () => {
  const results = Array.from({ length: 40 }, (_, index) => device(`ACME-${index}`));
  const text = rehearsalText(
    { ...good, found: 55, results: [...results, { ...device("IN"), right: true }] },
    { colour: false },
  );
  expect(text.match(/token:/g)).toHaveLength(30);
  expect(text).toContain("and 25 more; --json lists them");
  expect(text).not.toContain("  IN  ");
});

test("what came from outside cannot draw on the terminal", () => {
  const text = rehearsalText(
    { ...good, found: 1, results: [device("A\u001b[31m", "\u001b[2Jgone")] },
    { colour: false },
  );
  expect(text).not.toContain("\u001b");
});
