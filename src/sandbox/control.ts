import { type FaultRule, setFaults } from "./faults/faults.ts";
import { readFaultRules } from "./faults/read-fault-rules.ts";
import { JSON_MEDIA_TYPE } from "./http/json-answer.ts";
import { readJsonBody } from "./http/json-body.ts";
import { RequestRefusal } from "./http/request-refusal.ts";
import type { SandboxAnswer, SandboxRequest } from "./http/sandbox-request.ts";
import type { SandboxDevice, SandboxState } from "./sandbox-state.ts";
import { deviceUserName } from "./sandbox-users.ts";

export const CONTROL_PREFIX = "/sandbox/";

/**
 * The sandbox's own switches, for tests and for people: what to do wrong, what is there, what was asked.
 * They need no login, because the server listens on the loopback address alone.
 */
export function answerControl(state: SandboxState, request: SandboxRequest): SandboxAnswer {
  switch (`${request.method} ${request.path}`) {
    case "GET /sandbox/faults":
      return json(shownFaults(state));
    case "POST /sandbox/faults":
      setFaults(state.faults, readFaultRules(readJsonBody(request, "sandbox")));
      return json(shownFaults(state));
    case "GET /sandbox/devices":
      return json([...state.devices.values()].map(shownDevice));
    case "GET /sandbox/requests":
      return json(state.requests);
    case "GET /sandbox/connections":
      return json(state.connections);
    case "POST /sandbox/reset":
      forget(state);
      return json({});
    default:
      throw new RequestRefusal(404, "sandbox/Not Found", `No control ${request.method} ${request.path}`);
  }
}

function shownFaults(
  state: SandboxState,
): readonly (FaultRule & { readonly matched: number; readonly fired: number })[] {
  return state.faults.active.map(({ rule, matched, fired }) => ({ ...rule, matched, fired }));
}

function shownDevice(device: SandboxDevice): Readonly<Record<string, unknown>> {
  return {
    ...device,
    user: deviceUserName(device.id),
    externalIds: Object.fromEntries(device.externalIds),
    paths: [...device.paths],
  };
}

/** Forgets devices, groups, revocations, requests and faults; people, their tokens and trusted certificates stay. */
function forget(state: SandboxState): void {
  for (const id of state.devices.keys()) state.users.delete(deviceUserName(id));
  state.devices.clear();
  state.externalIds.clear();
  state.groups.clear();
  state.newDeviceRequests.clear();
  state.options.clear();
  state.revocations.clear();
  state.crlNumber = 0;
  state.requests.length = 0;
  state.connections.length = 0;
  setFaults(state.faults, []);
}

function json(value: unknown): SandboxAnswer {
  return {
    status: 200,
    headers: { "content-type": JSON_MEDIA_TYPE },
    body: Buffer.from(JSON.stringify(value), "utf8"),
  };
}
