import { mediaType } from "./read-form.ts";
import { RequestRefusal, unprocessable } from "./request-refusal.ts";
import type { SandboxRequest } from "./sandbox-request.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON value in a request body. Throws a 415 for another content type, a 422 for what is not JSON. */
export function readJsonBody(request: SandboxRequest, resource: string): unknown {
  const type = mediaType(request.headers["content-type"]);
  if (type !== "application/json") {
    throw new RequestRefusal(415, "general/Unsupported Media Type", `Content type '${type ?? ""}' not supported`);
  }
  try {
    return JSON.parse(request.body.toString("utf8"));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw unprocessable(resource, "Could not read the body: it is not JSON");
    throw cause;
  }
}

/** The value as an object with no other fields than those named. Throws a 422. */
export function onlyFields(value: unknown, fields: readonly string[], resource: string): JsonObject {
  if (!isObject(value)) throw unprocessable(resource, "The body must be a JSON object");
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown !== undefined) throw unprocessable(resource, `Field '${unknown}' is not allowed here`);
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
