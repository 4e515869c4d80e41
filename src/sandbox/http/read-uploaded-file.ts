import { RequestRefusal, unprocessable } from "./request-refusal.ts";
import type { SandboxRequest } from "./sandbox-request.ts";

/** Types under which public clients send the file with success; [OAS] declares text/csv. */
const FILE_TYPES: readonly (string | undefined)[] = [undefined, "text/csv", "text/plain", "plain/text"];

/**
 * The content of the one part, named `file`, that an upload consists of. Throws a 415 for another content
 * type than multipart/form-data, a 400 for a malformed body and a 422 for other parts.
 */
export function readUploadedFile({ headers, form }: SandboxRequest, resource: string): Buffer {
  if (form === undefined) {
    const contentType = headers["content-type"] ?? "";
    throw new RequestRefusal(415, "general/Unsupported Media Type", `Content type '${contentType}' not supported`);
  }
  if ("problem" in form) {
    throw new RequestRefusal(400, "general/Bad Request", `Could not parse multipart request: ${form.problem}`);
  }
  const [file, ...others] = form.parts;
  if (file === undefined || form.parts.some((part) => part.name !== "file")) {
    throw unprocessable(resource, "Required request part 'file' must be the only part");
  }
  if (others.length > 0) throw unprocessable(resource, "Only one part 'file' is allowed");
  if (!FILE_TYPES.includes(file.contentType)) {
    throw unprocessable(resource, `Part 'file' has content type '${file.contentType}' instead of text/csv`);
  }
  return file.content;
}
