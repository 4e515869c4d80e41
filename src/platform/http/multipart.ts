import { createHash } from "node:crypto";

/** A request's body with the content type that announces its boundary. */
export interface Multipart {
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * One file as `multipart/form-data` (RFC 7578) under the part name `file`. The boundary is made from
 * the content's digest, so that it cannot occur in it and the same file makes the same request.
 */
export function multipartFile(content: Uint8Array, fileName: string): Multipart {
  const boundary = `lotmint-${createHash("sha256").update(content).digest("hex").slice(0, 40)}`;
  const name = fileName.replace(/[^A-Za-z0-9._-]/g, "_");
  const head =
    `--${boundary}\r\n` +
    `Content-Disposition: form-data; name="file"; filename="${name}"\r\n` +
    "Content-Type: text/csv\r\n\r\n";
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}
