import { accessSync, constants, existsSync, statSync } from "node:fs";
import { create, extract } from "tar";
import { OnboardingError } from "../domain/error.ts";
import { diskError, inputError, isMissing } from "./disk-error.ts";
import { commitFilled, PRIVATE_FILE } from "./durable.ts";
import { startNewFile } from "./place-new-file.ts";
import { removeTree } from "./remove-tree.ts";

/**
 * Packs everything below `folder` into one tar file, 0600, which appears whole or not at all. A file that is
 * there already is never overwritten (`usage`). Errors of the disk are `disk-unwritable`.
 */
export async function packArchive(path: string, folder: string): Promise<void> {
  await commitFilled(startNewFile(path, PRIVATE_FILE), async (write) => {
    try {
      for await (const chunk of create({ cwd: folder, portable: true }, ["."])) write(chunk as Buffer);
    } catch (error) {
      throw diskError(error, path);
    }
  });
}

/**
 * Unpacks what `packArchive` made into `folder`, which has to be there. Only plain files and folders come out,
 * and only below it. Throws `usage` for a file that is no such archive; what had come out by then is removed.
 */
export async function unpackArchive(path: string, folder: string): Promise<void> {
  const strange: string[] = [];
  requireReadable(path);
  try {
    await extract({
      file: path,
      cwd: folder,
      strict: true,
      preserveOwner: false,
      filter: (name, entry) => {
        const plain = "type" in entry && (entry.type === "File" || entry.type === "Directory");
        if (!plain) strange.push(name);
        return plain;
      },
    });
  } catch (cause) {
    removeTree(folder);
    const error = diskError(cause, folder, "write");
    if (error instanceof OnboardingError && existsSync(path)) throw error;
    throw noBackup(path, cause);
  }
  if (strange.length === 0) return;
  removeTree(folder);
  throw noBackup(path);
}

/** What keeps the archive from being read must not be told of the folder that it is unpacked into. */
function requireReadable(path: string): void {
  try {
    if (!statSync(path).isFile()) throw noBackup(path);
    accessSync(path, constants.R_OK);
  } catch (error) {
    if (isMissing(error)) throw noBackup(path, error);
    throw inputError(error, path);
  }
}

function noBackup(path: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`${path} is no backup of lotmint, or is damaged; nothing was restored`, {
    code: "usage",
    cause,
  });
}
