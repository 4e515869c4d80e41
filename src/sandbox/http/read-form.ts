import type { FormPart, SandboxForm, SandboxRequest } from "./sandbox-request.ts";

/**
 * The form of a request with a multipart/form-data body (RFC 7578), read by Node; undefined for another
 * media type. A malformed body is no error here: the endpoint answers it, after login and role.
 */
export async function readForm({
  headers,
  body,
}: Pick<SandboxRequest, "headers" | "body">): Promise<SandboxForm | undefined> {
  const contentType = headers["content-type"];
  if (mediaType(contentType) !== "multipart/form-data") return undefined;
  const response = new Response(body, { headers: { "content-type": contentType ?? "" } });
  let form: Awaited<ReturnType<typeof response.formData>>;
  try {
    form = await response.formData();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { problem: error.cause instanceof Error ? error.cause.message : error.message };
  }
  return { parts: await Promise.all([...form].map(readPart)) };
}

async function readPart([name, value]: readonly [string, string | File]): Promise<FormPart> {
  // Without a file name Node hands out a part as text, and its content type is gone.
  if (typeof value === "string") return { name, content: Buffer.from(value, "utf8") };
  const contentType = mediaType(value.type);
  return { name, ...(contentType && { contentType }), content: Buffer.from(await value.arrayBuffer()) };
}

/** A media type in lower case and without parameters. */
export function mediaType(contentType: string | undefined): string | undefined {
  return contentType?.split(";")[0]?.trim().toLowerCase();
}
