import { RequestRefusal } from "./request-refusal.ts";
import type { SandboxAnswer, SandboxRequest } from "./sandbox-request.ts";

/** A plain JSON body, where [OAS] names no media type of its own. */
export const JSON_MEDIA_TYPE = "application/json";

/**
 * An answer with a JSON body under its declared media type. A POST or PUT that names no Accept gets the
 * same status with an empty body, as on the platform.
 */
export function jsonAnswer(request: SandboxRequest, status: number, mediaType: string, value: unknown): SandboxAnswer {
  const silent = (request.method === "POST" || request.method === "PUT") && request.headers["accept"] === undefined;
  if (silent) return emptyAnswer(status);
  return { status, headers: { "content-type": mediaType }, body: Buffer.from(JSON.stringify(value), "utf8") };
}

export function emptyAnswer(status: number): SandboxAnswer {
  return { status, headers: {}, body: Buffer.alloc(0) };
}

/** Throws a 406 unless the client accepts one of the media types. Called before any work is done. */
export function requireAccepted(request: SandboxRequest, mediaTypes: readonly string[]): void {
  const accept = request.headers["accept"];
  if (accept === undefined || mediaTypes.length === 0) return;
  const wanted = acceptedTypes(accept);
  if (mediaTypes.some((mediaType) => wanted.some((range) => covers(range, mediaType)))) return;
  throw new RequestRefusal(
    406,
    "general/Not Acceptable",
    `None of ${mediaTypes.join(", ")} is accepted by the request`,
  );
}

/** True if the Accept header names exactly this media type. */
export function namesMediaType(request: SandboxRequest, mediaType: string): boolean {
  return acceptedTypes(request.headers["accept"] ?? "").includes(mediaType);
}

function acceptedTypes(accept: string): string[] {
  return accept
    .split(",")
    .map((range) => range.split(";").map((part) => part.trim().toLowerCase()))
    .filter((parts) => !parts.slice(1).some((parameter) => /^q=0(\.0*)?$/.test(parameter)))
    .map((parts) => parts[0] ?? "");
}

function covers(range: string, mediaType: string): boolean {
  if (range === "*/*" || range === mediaType) return true;
  if (range === `${mediaType.split("/")[0]}/*`) return true;
  return range === JSON_MEDIA_TYPE && mediaType.endsWith("+json");
}
