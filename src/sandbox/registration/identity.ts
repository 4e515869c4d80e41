import { baseUrl, type Call, parameter } from "../call.ts";
import { jsonAnswer } from "../http/json-answer.ts";
import { RequestRefusal } from "../http/request-refusal.ts";
import type { SandboxAnswer } from "../http/sandbox-request.ts";
import { externalKey } from "../sandbox-state.ts";

export const EXTERNAL_ID_MEDIA_TYPE = "application/vnd.com.nsn.cumulocity.externalid+json";

/** GET /identity/externalIds/{type}/{externalId} */
export function getExternalId(call: Call): SandboxAnswer {
  const type = parameter(call, "type");
  const externalId = parameter(call, "externalId");
  const holder = call.state.externalIds.get(externalKey(type, externalId));
  const id = holder === undefined ? undefined : call.state.devices.get(holder)?.managedObjectId;
  if (id === undefined) {
    throw new RequestRefusal(
      404,
      "identity/Not Found",
      `External id not found; external id = ID [type=${type}, value=${externalId}]`,
    );
  }
  return jsonAnswer(call.request, 200, EXTERNAL_ID_MEDIA_TYPE, {
    externalId,
    managedObject: { id, self: `${baseUrl(call)}/inventory/managedObjects/${id}` },
    self: `${baseUrl(call)}/identity/externalIds/${encodeURIComponent(type)}/${encodeURIComponent(externalId)}`,
    type,
  });
}
