import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { inputError } from "./disk-error.ts";
import { commitFilled, startReplacement } from "./durable.ts";

const CHUNK = 1024 * 1024;

/** Copies a file durably and whole, with its permissions. A file that cannot be read, and a full disk, are errors. */
export function copyFile(from: string, to: string): void {
  const source = opened(from);
  try {
    commitFilled(startReplacement(to, fstatSync(source).mode & 0o777), (write) => {
      const chunk = Buffer.alloc(CHUNK);
      for (let read = readSync(source, chunk); read > 0; read = readSync(source, chunk)) {
        write(chunk.subarray(0, read));
      }
    });
  } finally {
    closeSync(source);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw inputError(error, path);
  }
}
