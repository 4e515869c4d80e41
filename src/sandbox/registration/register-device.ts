import { DEFAULT_ID_TYPE } from "../../domain/registration.ts";
import { externalKey, type SandboxDevice, type SandboxState } from "../sandbox-state.ts";
import { addDeviceUser } from "../sandbox-users.ts";
import type { BulkRow } from "./bulk-row.ts";

/** The message of a row whose external id belongs to another device, or undefined. Changes nothing. */
export function bindingProblem(state: SandboxState, row: BulkRow): string | undefined {
  for (const { type, value } of externalIdsOf(row)) {
    const holder = state.externalIds.get(externalKey(type, value));
    if (holder !== undefined && holder !== row.id) {
      return `External id '${value}' of type '${type}' was already bound to different Global ID.`;
    }
  }
  return undefined;
}

/**
 * Makes the device of a good row: its user, its managed object, external ids and groups. A device that
 * is there already is overwritten with the row's values, as the platform documents it.
 */
export function registerDevice(
  state: SandboxState,
  row: BulkRow,
  describesDevice: boolean,
): "CREATED" | "CREDENTIAL_UPDATED" {
  const known = state.devices.get(row.id);
  const device: SandboxDevice = known ?? {
    id: row.id,
    authType: "BASIC",
    name: "",
    type: "",
    externalIds: new Map(),
    paths: new Set(),
    fragments: {},
    registrations: 0,
  };
  device.authType = row.authType === "CERTIFICATES" ? "CERTIFICATES" : "BASIC";
  device.registrations += 1;
  addDeviceUser(state, row.id, device.authType === "BASIC" ? row.credentials : undefined);
  if (describesDevice) describe(state, device, row);
  state.devices.set(row.id, device);
  state.newDeviceRequests.delete(row.id);
  return known === undefined ? "CREATED" : "CREDENTIAL_UPDATED";
}

function describe(state: SandboxState, device: SandboxDevice, row: BulkRow): void {
  device.managedObjectId ??= nextObjectId(state);
  device.name = row.name;
  device.type = row.type;
  device.fragments = fragmentsOf(row);
  for (const { type, value } of externalIdsOf(row)) {
    const before = device.externalIds.get(type);
    if (before !== undefined) state.externalIds.delete(externalKey(type, before));
    device.externalIds.set(type, value);
    state.externalIds.set(externalKey(type, value), device.id);
  }
  if (row.path !== "") {
    makeGroups(state, row.path);
    device.paths.add(row.path);
  }
}

function externalIdsOf(row: BulkRow): { readonly type: string; readonly value: string }[] {
  return [{ type: row.idType ?? DEFAULT_ID_TYPE, value: row.id }, ...row.externals];
}

/** What the managed object holds besides name and type. Values are text: "true", not true ([OAS]). */
function fragmentsOf(row: BulkRow): Record<string, unknown> {
  const fragments: Record<string, unknown> = Object.create(null);
  fragments["c8y_IsDevice"] = {};
  if (row.iccid !== "") fragments["c8y_Mobile"] = { iccid: row.iccid };
  if (row.shell === "1") fragments["c8y_SupportedOperations"] = ["c8y_Command"];
  for (const { path, value } of row.properties) {
    let place = fragments;
    for (const step of path.slice(0, -1)) place = openObject(place, step);
    place[path.at(-1) ?? ""] = value;
  }
  return fragments;
}

function openObject(place: Record<string, unknown>, step: string): Record<string, unknown> {
  const there = place[step];
  const object: Record<string, unknown> = Object.assign(
    Object.create(null),
    typeof there === "object" && there !== null && !Array.isArray(there) ? there : {},
  );
  place[step] = object;
  return object;
}

/** Makes the groups along the path that are not there yet; groups are the same if their paths are. */
export function makeGroups(state: SandboxState, path: string): void {
  let parentId: string | undefined;
  const walked: string[] = [];
  for (const name of path.split("/")) {
    walked.push(name);
    const group = state.groups.get(walked.join("/")) ?? {
      managedObjectId: nextObjectId(state),
      name,
      ...(parentId === undefined ? {} : { parentId }),
    };
    state.groups.set(walked.join("/"), group);
    parentId = group.managedObjectId;
  }
}

/** A number that no managed object had before. */
export function nextObjectId(state: SandboxState): string {
  const id = String(state.nextObjectId);
  state.nextObjectId += 1;
  return id;
}
