import { Refusal, unprocessable } from "./refusal.ts";
import type { SandboxRequest } from "./sandbox-request.ts";

interface MultipartPart {
  readonly name: string;
  readonly fileName?: string;
  /** Lower case, without parameters; absent when the part does not say. */
  readonly contentType?: string;
  readonly content: Buffer;
}

/** The media type of a request body, lower case and without parameters. */
export function mediaTypeOf(request: SandboxRequest): string | undefined {
  return request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
}

/**
 * The parts of a multipart/form-data body (RFC 7578). Throws a 415 for another content type and a 400
 * for a body that does not follow RFC 2046, 5.1.1.
 */
function readMultipart(request: SandboxRequest): MultipartPart[] {
  if (mediaTypeOf(request) !== "multipart/form-data") {
    throw new Refusal(
      415,
      "general/Unsupported Media Type",
      `Content type '${request.headers["content-type"] ?? ""}' not supported`,
    );
  }
  const boundary = boundaryOf(request.headers["content-type"] ?? "");
  // A line break before the first delimiter lets one search find all of them.
  const body = Buffer.concat([Buffer.from("\r\n"), request.body]);
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  const parts: MultipartPart[] = [];
  let at = body.indexOf(delimiter);
  if (at < 0) throw malformed("the first boundary is missing");
  for (;;) {
    const start = at + delimiter.length;
    if (body.toString("latin1", start, start + 2) === "--") return parts;
    const lineEnd = body.indexOf("\r\n", start);
    if (lineEnd < 0 || !/^[ \t]*$/.test(body.toString("latin1", start, lineEnd))) {
      throw malformed("a boundary line does not end");
    }
    const next = body.indexOf(delimiter, lineEnd);
    if (next < 0) throw malformed("the closing boundary is missing");
    parts.push(readPart(body.subarray(lineEnd, next)));
    at = next;
  }
}

function boundaryOf(contentType: string): string {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw malformed("the content type names no boundary");
  return boundary;
}

function readPart(part: Buffer): MultipartPart {
  const blank = part.indexOf("\r\n\r\n");
  if (blank < 0) throw malformed("a part has no end of headers");
  const headers = new Map<string, string>();
  for (const line of part.toString("utf8", 0, blank).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    else if (line !== "") throw malformed("a part has a header without a colon");
  }
  const disposition = headers.get("content-disposition") ?? "";
  const name = parameterOf(disposition, "name");
  if (!/^form-data\s*;/i.test(disposition) || name === undefined) throw malformed("a part has no form-data name");
  const fileName = parameterOf(disposition, "filename");
  const contentType = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  return {
    name,
    ...(fileName === undefined ? {} : { fileName }),
    ...(contentType === undefined ? {} : { contentType }),
    content: part.subarray(blank + 4),
  };
}

function parameterOf(disposition: string, parameter: string): string | undefined {
  const match = new RegExp(`;\\s*${parameter}=(?:"([^"]*)"|([^\\s;"]+))`, "i").exec(disposition);
  return match?.[1] ?? match?.[2];
}

function malformed(reason: string): Refusal {
  return new Refusal(400, "general/Bad Request", `Could not parse multipart request: ${reason}`);
}

/** Types under which public clients send the file with success; [OAS] declares text/csv. */
const FILE_TYPES: readonly (string | undefined)[] = [undefined, "text/csv", "text/plain", "plain/text"];

/** The content of the one part, named `file`, that an upload consists of. Throws 400, 415 or 422. */
export function readUploadedFile(request: SandboxRequest, resource: string): Buffer {
  const parts = readMultipart(request);
  const file = parts[0];
  if (file === undefined || parts.some((part) => part.name !== "file")) {
    throw unprocessable(resource, "Required request part 'file' must be the only part");
  }
  if (parts.length > 1) throw unprocessable(resource, "Only one part 'file' is allowed");
  if (!FILE_TYPES.includes(file.contentType)) {
    throw unprocessable(resource, `Part 'file' has content type '${file.contentType}' instead of text/csv`);
  }
  return file.content;
}
