import type { Call } from "../call.ts";
import { rejectionFor } from "../faults/choose-faults.ts";
import { jsonAnswer } from "../http/json-answer.ts";
import { readUploadedFile } from "../http/read-uploaded-file.ts";
import type { SandboxAnswer } from "../http/sandbox-request.ts";
import type { BulkCounts } from "../sandbox-state.ts";
import { deviceUserName } from "../sandbox-users.ts";
import type { BulkFile, BulkLine } from "./bulk-file.ts";
import { readBulkFile } from "./bulk-file.ts";
import { bulkRowProblem, idProblem, readBulkRow } from "./bulk-row.ts";
import { bindingProblem, makeGroups, registerDevice } from "./register-device.ts";

export const BULK_MEDIA_TYPE = "application/vnd.com.nsn.cumulocity.bulknewdevicerequest+json";

type RowOutcome =
  | { readonly status: "CREATED" | "CREDENTIAL_UPDATED"; readonly deviceId: string }
  | { readonly status: "FAILED"; readonly deviceId?: string; readonly reason: string; readonly line: string };

/** POST /devicecontrol/bulkNewDeviceRequests: 201 whatever becomes of the rows, 422 for a malformed file. */
export function postBulkRequest(call: Call): SandboxAnswer {
  const file = readBulkFile(readUploadedFile(call.request, "devicecontrol"));
  const outcomes = file.lines.map((line) => (file.columns.simple ? requestDevice : registerLine)(call, file, line));
  const updated = outcomes.filter((outcome) => outcome.status === "CREDENTIAL_UPDATED");
  const failed = outcomes.filter((outcome) => outcome.status === "FAILED");
  const counts: BulkCounts = {
    numberOfAll: outcomes.length,
    numberOfCreated: outcomes.length - failed.length - updated.length,
    numberOfFailed: failed.length,
    numberOfSuccessful: outcomes.length - failed.length,
  };
  call.reportCounts(counts);
  return jsonAnswer(call.request, 201, BULK_MEDIA_TYPE, {
    ...counts,
    credentialUpdatedList: updated.map(({ status, deviceId }) => ({ bulkNewDeviceStatus: status, deviceId })),
    failedCreationList: failed.map(({ status, deviceId, reason, line }) => ({
      bulkNewDeviceStatus: status,
      ...(deviceId === undefined ? {} : { deviceId }),
      failureReason: reason,
      line,
    })),
  });
}

/** The full form: the device is made or overwritten. */
function registerLine(call: Call, file: BulkFile, line: BulkLine): RowOutcome {
  if (line.cells.length !== file.columns.count) return unparsed(file, line);
  const row = readBulkRow(file.columns, line);
  const echo = echoOf(row.id, row.credentials, call.state.tenant);
  const played = rejectionFor(call.rowFaults, row.id, call.state.faults.random);
  if (played !== undefined) {
    return {
      status: "FAILED",
      ...(played.withDeviceId ? { deviceId: row.id } : {}),
      reason: played.reason,
      line: echo,
    };
  }
  const fault = bulkRowProblem(row) ?? (file.columns.describesDevice ? bindingProblem(call.state, row) : undefined);
  if (fault !== undefined) {
    return { status: "FAILED", ...(row.id === "" ? {} : { deviceId: row.id }), reason: fault, line: echo };
  }
  return { status: registerDevice(call.state, row, file.columns.describesDevice), deviceId: row.id };
}

/** The simple form: a request that waits for the device to connect and for somebody to accept it. */
function requestDevice(call: Call, file: BulkFile, line: BulkLine): RowOutcome {
  if (line.cells.length !== file.columns.count) return unparsed(file, line);
  const { id, path } = readBulkRow(file.columns, line);
  const reason =
    idProblem(id) ??
    (call.state.newDeviceRequests.has(id) ? `NewDeviceRequest for id = ${id} already exists.` : undefined) ??
    (call.state.users.has(deviceUserName(id)) ? `Device ${id} already registered to a tenant.` : undefined);
  if (reason !== undefined) {
    const echo = echoOf(id, "", call.state.tenant);
    return { status: "FAILED", ...(id === "" ? {} : { deviceId: id }), reason, line: echo };
  }
  call.state.newDeviceRequests.add(id);
  if (path !== "") makeGroups(call.state, path);
  return { status: "CREATED", deviceId: id };
}

function unparsed(file: BulkFile, line: BulkLine): RowOutcome {
  const reason = `Expected ${file.columns.count} values but found ${line.cells.length}`;
  return { status: "FAILED", reason, line: line.text };
}

/** The echo of a row, password and all, as in [OAS]'s example: clients have to keep it out of their logs. */
function echoOf(id: string, credentials: string, tenant: string): string {
  const shown = credentials === "" ? "null" : `'${credentials}'`;
  return `DeviceInfo{id='${id}', credentials=${shown}, tenant='${tenant}'}`;
}
