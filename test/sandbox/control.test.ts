import { expect, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { BULK, mountSandbox } from "./mount-sandbox.ts";

const OPEN = { authorization: undefined };

test("fault rules are replaced and shown with what became of them, without login", () => {
  const { ask } = mountSandbox();
  const rules = [{ kind: "status", status: 503, times: 1 }];
  expect(ask("POST", "/sandbox/faults", { headers: OPEN, body: rules }).status).toBe(200);
  expect([ask("GET", "/tenant/currentTenant").status, ask("GET", "/tenant/currentTenant").status]).toEqual([503, 200]);
  const shown = JSON.parse(ask("GET", "/sandbox/faults", { headers: OPEN }).body.toString());
  expect(shown).toEqual([{ ...rules[0], matched: 2, fired: 1 }]);
});

test("bad fault rules are a 422 and the old ones stay", () => {
  const { state, ask } = mountSandbox();
  setFaults(state.faults, [{ kind: "stall" }]);
  expect(ask("POST", "/sandbox/faults", { body: [{ kind: "cut-after" }, { kind: "melt" }] }).status).toBe(422);
  expect(state.faults.active.map(({ rule }) => rule)).toEqual([{ kind: "stall" }]);
});

test("faults leave the controls alone", () => {
  const { state, ask } = mountSandbox();
  setFaults(state.faults, [{ kind: "status", status: 500 }]);
  expect(ask("GET", "/sandbox/devices").status).toBe(200);
});

test("devices are shown without their passwords", () => {
  const { ask, register } = mountSandbox();
  register("ID;CREDENTIALS;TYPE;NAME;PATH;x.y\na;AbcD1234;t;n;hall/3;1\n");
  const answer = ask("GET", "/sandbox/devices", { headers: OPEN });
  expect(JSON.parse(answer.body.toString())).toEqual([
    {
      id: "a",
      user: "device_a",
      managedObjectId: expect.stringMatching(/^\d+$/),
      name: "n",
      type: "t",
      authType: "BASIC",
      externalIds: { c8y_Serial: "a" },
      paths: ["hall/3"],
      fragments: { c8y_IsDevice: {}, x: { y: "1" } },
      registrations: 1,
    },
  ]);
});

test("requests are logged with method, path, status, fault and counts; controls are not", () => {
  const { ask, register } = mountSandbox({ nowMs: () => 1_900_000_000_000 });
  ask("POST", "/sandbox/faults", { body: [{ kind: "cut-after", from: 2 }] });
  register("ID;CREDENTIALS\na;AbcD1234\nb;short\n");
  ask("GET", "/tenant/currentTenant?withParent=true");
  expect(JSON.parse(ask("GET", "/sandbox/requests", { headers: OPEN }).body.toString())).toEqual([
    {
      atMs: 1_900_000_000_000,
      method: "POST",
      path: BULK,
      status: 201,
      counts: { numberOfAll: 2, numberOfCreated: 1, numberOfFailed: 1, numberOfSuccessful: 1 },
    },
    { atMs: 1_900_000_000_000, method: "GET", path: "/tenant/currentTenant", status: 0, fault: "cut-after" },
  ]);
});

test("reset forgets devices, requests and faults, and keeps people", () => {
  const { state, ask, register } = mountSandbox();
  register("ID;CREDENTIALS;TYPE;NAME;PATH\na;AbcD1234;t;n;hall\n");
  setFaults(state.faults, [{ kind: "status", status: 500 }]);
  expect(ask("POST", "/sandbox/reset", { headers: OPEN }).status).toBe(200);
  expect(ask("GET", "/identity/externalIds/c8y_Serial/a").status).toBe(404);
  expect([state.devices.size, state.groups.size, state.users.size, state.requests.length]).toEqual([0, 0, 1, 1]);
  expect(ask("GET", "/user/currentUser").status).toBe(200);
});
