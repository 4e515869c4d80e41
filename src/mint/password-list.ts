import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { diskError } from "../disk/disk-error.ts";

/** The header of passwords.csv and of each segment. */
const HEADER = "id,password";

/** The passwords of several files; an id that stands in more than one has that of the last. */
export async function readPasswordFiles(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const passwords = new Map<string, string>();
  for (const path of paths) await readInto(passwords, path);
  return passwords;
}

/** Lines `id,password`; neither holds a comma, a quote or a line break (design of ids and of passwords). */
async function readInto(passwords: Map<string, string>, path: string): Promise<void> {
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      const comma = line.indexOf(",");
      if (comma > 0 && line !== HEADER) passwords.set(line.slice(0, comma), line.slice(comma + 1));
    }
  } catch (error) {
    throw diskError(error, path);
  }
}
