import { describe, expect, test } from "vitest";
import { type FaultRule, setFaults } from "../../../src/sandbox/faults/faults.ts";
import { bodyOf, mountSandbox } from "../mount-sandbox.ts";

const TENANT = "/tenant/currentTenant";
const CSV = "ID;AUTH_TYPE;TYPE;NAME\na;CERTIFICATES;t;n\nb;CERTIFICATES;t;n\nc;CERTIFICATES;t;n\n";

function withFaults(...rules: FaultRule[]) {
  const sandbox = mountSandbox({ seed: 42 });
  setFaults(sandbox.state.faults, rules);
  return {
    ...sandbox,
    statuses: (count: number) => Array.from({ length: count }, () => sandbox.ask("GET", TENANT).status),
  };
}

describe("which requests", () => {
  test("method and path choose, and * stands for any characters", () => {
    const { ask, register } = withFaults(
      { kind: "status", status: 503, match: { method: "POST" } },
      { kind: "status", status: 500, match: { path: "/user/*/device_*" } },
    );
    expect(ask("GET", TENANT).status).toBe(200);
    expect(register(CSV).status).toBe(503);
    expect(ask("GET", "/user/t0815/users/device_a").status).toBe(500);
    expect(ask("GET", "/user/t0815/users/admin").status).toBe(200);
  });

  test("a dot in a path is a dot", () => {
    const { ask } = withFaults({ kind: "status", status: 500, match: { path: "/tenant.currentTenant" } });
    expect(ask("GET", TENANT).status).toBe(200);
  });

  test("from and times count the requests that fit", () => {
    const { statuses } = withFaults({ kind: "status", status: 500, from: 2, times: 2 });
    expect(statuses(5)).toEqual([200, 500, 500, 200, 200]);
  });

  test("a rate draws the same requests again for the same seed", () => {
    const rule: FaultRule = { kind: "status", status: 500, rate: 0.3 };
    const first = withFaults(rule).statuses(200);
    expect(withFaults(rule).statuses(200)).toEqual(first);
    const hit = first.filter((status) => status === 500).length;
    expect(hit).toBeGreaterThan(30);
    expect(hit).toBeLessThan(90);
  });

  test("the first rule that fits is played; those after it get their turn later", () => {
    const { statuses } = withFaults(
      { kind: "status", status: 500, times: 1 },
      { kind: "status", status: 502, times: 1 },
      { kind: "status", status: 503 },
    );
    expect(statuses(3)).toEqual([500, 502, 503]);
  });

  test("kinds that are about bulk registration leave everything else alone", () => {
    const { ask } = withFaults(
      { kind: "part-refused", status: 400 },
      { kind: "wrong-counts", add: { numberOfAll: 1 } },
    );
    expect(ask("GET", TENANT).status).toBe(200);
  });
});

describe("bulk registration", () => {
  test.each([400, 413, 422] as const)("a file is refused whole with %i and nothing is done", (status) => {
    const { state, register } = withFaults({ kind: "part-refused", status, message: "not this one" });
    const answer = register(CSV);
    expect([answer.status, bodyOf(answer)["message"]]).toEqual([status, "not this one"]);
    expect(state.devices.size).toBe(0);
  });

  test("a file is refused only if it has more rows than so many", () => {
    const { register } = withFaults({ kind: "part-refused", status: 413, moreThanRows: 3 });
    expect(register(CSV).status).toBe(201);
    expect(register(`${CSV}d;CERTIFICATES;t;n\n`).status).toBe(413);
  });

  test("a file is refused only if it holds an id", () => {
    const { register } = withFaults({ kind: "part-refused", status: 422, holdsId: "d" });
    expect(register(CSV).status).toBe(201);
    expect(register("ID;AUTH_TYPE;TYPE;NAME\nd;CERTIFICATES;t;n\n").status).toBe(422);
  });

  test("rows are rejected by id, the others done", () => {
    const { state, register } = withFaults({ kind: "reject-rows", ids: ["b"], reason: "no room" });
    expect(bodyOf(register(CSV))).toMatchObject({
      numberOfAll: 3,
      numberOfCreated: 2,
      numberOfFailed: 1,
      failedCreationList: [{ bulkNewDeviceStatus: "FAILED", deviceId: "b", failureReason: "no room" }],
    });
    expect([...state.devices.keys()]).toEqual(["a", "c"]);
  });

  test("rows are rejected without their device's id", () => {
    const { register } = withFaults({ kind: "reject-rows", ids: ["b"], withDeviceId: false });
    const [row] = bodyOf(register(CSV))["failedCreationList"] as object[];
    expect(row).toEqual({
      bulkNewDeviceStatus: "FAILED",
      failureReason: "Could not update the device",
      line: "DeviceInfo{id='b', credentials=null, tenant='t0815'}",
    });
  });

  test("a share of all rows is rejected", () => {
    const { register } = withFaults({ kind: "reject-rows", rowRate: 0.5 });
    const rows = Array.from({ length: 200 }, (_, index) => `d${index};CERTIFICATES;t;n\n`);
    const failed = Number(bodyOf(register(`ID;AUTH_TYPE;TYPE;NAME\n${rows.join("")}`))["numberOfFailed"]);
    expect(failed).toBeGreaterThan(60);
    expect(failed).toBeLessThan(140);
  });

  test("rows are rejected together with another fault", () => {
    const { state, register } = withFaults({ kind: "cut-after" }, { kind: "reject-rows", ids: ["a"] });
    expect(register(CSV).delivery).toEqual({ kind: "cut" });
    expect([...state.devices.keys()]).toEqual(["b", "c"]);
  });

  test("counts are told wrong while the work is done and the log has the truth", () => {
    const { state, register } = withFaults({ kind: "wrong-counts", add: { numberOfAll: -1, numberOfSuccessful: 5 } });
    expect(bodyOf(register(CSV))).toMatchObject({ numberOfAll: 2, numberOfCreated: 3, numberOfSuccessful: 8 });
    expect(state.devices.size).toBe(3);
    expect(state.requests.at(-1)?.counts).toMatchObject({ numberOfAll: 3, numberOfSuccessful: 3 });
  });
});
