import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { inputError } from "../../disk/disk-error.ts";
import { readIdList } from "../../manifest/read-id-list.ts";

/**
 * The ids that a file lists, page by page: one a line, or the column `id` of a CSV file such as devices.csv or a manifest,
 * or the column that `otherHeaders` names. Throws `usage` for a file that cannot be read or names none.
 */
export function readIdFile(
  file: string,
  cwd: string,
  otherHeaders: () => Promise<readonly string[]> = async () => [],
): AsyncIterable<readonly string[]> {
  return readIdList(octetsOf(resolve(cwd, file)), { name: file, otherHeaders });
}

async function* octetsOf(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (error) {
    throw inputError(error, path);
  }
}
