import { DEFAULT_ID_TYPE } from "../../domain/registration.ts";
import { nextObjectId } from "../registration/register-device.ts";
import { externalKey, type SandboxDevice, type SandboxState } from "../sandbox-state.ts";
import { deviceUserName, newToken } from "../sandbox-users.ts";

/** Octets that a message may have. */
export const MAX_PAYLOAD_BYTES = 16_184;

/** What the platform says to a message, and on which topic. */
interface Said {
  readonly topic: "s/e" | "s/dat";
  readonly payload: string;
}

/** Whether a device may publish there: SmartREST 2.0 with its own templates, and the request for a token. */
export function isPublishTopic(topic: string): boolean {
  return topic === "s/us" || topic === "s/uat";
}

/** Whether a device may listen there. */
export function isSubscribeTopic(topic: string): boolean {
  return ["s/ds", "s/e", "s/dat"].includes(topic);
}

/** Takes one message of a device and returns the answers to it. */
export function takeMessage(state: SandboxState, deviceId: string, topic: string, payload: string): readonly Said[] {
  if (topic === "s/uat") {
    const token = newToken(state);
    state.tokens.set(token, deviceUserName(deviceId));
    return [{ topic: "s/dat", payload: `71,${token}` }];
  }
  return payload
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .flatMap((line) => takeLine(state, deviceId, line));
}

/** Of the static templates only 100, the first message of a device, does anything here. */
function takeLine(state: SandboxState, deviceId: string, line: string): readonly Said[] {
  const [template = "", name = deviceId, type = "c8y_MQTTDevice"] = line.split(",");
  if (template !== "100") return [];
  const key = externalKey(DEFAULT_ID_TYPE, deviceId);
  if (state.externalIds.has(key)) return [{ topic: "s/e", payload: "41,100,Device already existing" }];
  state.externalIds.set(key, addDevice(state, deviceId, name, type));
  return [];
}

/**
 * Makes the managed object of a device that has connected before it was described, and returns the key
 * that it is kept under. One that was registered under another type of external id is not found by the
 * platform either: a second device appears.
 */
function addDevice(state: SandboxState, deviceId: string, name: string, type: string): string {
  const known = state.devices.get(deviceId);
  const key = known?.managedObjectId === undefined ? deviceId : `${deviceId} as ${DEFAULT_ID_TYPE}`;
  const device: SandboxDevice = {
    id: deviceId,
    authType: "CERTIFICATES",
    managedObjectId: nextObjectId(state),
    name,
    type,
    externalIds: new Map([[DEFAULT_ID_TYPE, deviceId]]),
    paths: new Set(),
    fragments: { c8y_IsDevice: {} },
    registrations: known?.registrations ?? 0,
  };
  state.devices.set(key, device);
  return key;
}
