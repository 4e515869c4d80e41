import { type FileHandle, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { diskError } from "./disk-error.ts";
import { remove } from "./durable.ts";

/** More came than may. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/**
 * Writes what a stream brings into a new private file (0600), piece by piece as the disk takes it, and syncs it. Gives its
 * length. Whatever breaks it off, nothing is left of it: `TooLargeError` past `most` octets, `disk-unwritable`, and the
 * stream's own errors as they are.
 */
export async function receiveFile(path: string, source: Readable, most: number): Promise<number> {
  const file = await guarded(path, () => open(path, "wx", 0o600));
  let received = 0;
  try {
    for await (const piece of source as AsyncIterable<Uint8Array>) {
      received += piece.length;
      if (received > most) throw new TooLargeError(`more than ${most} octets`);
      await guarded(path, () => writeWhole(file, piece));
    }
    await guarded(path, () => file.sync());
    await file.close();
    return received;
  } catch (error) {
    await file.close().catch(() => undefined);
    remove(path);
    throw error;
  }
}

async function writeWhole(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let offset = 0; offset < piece.length; ) offset += (await file.write(piece, offset)).bytesWritten;
}

async function guarded<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw diskError(error, path);
  }
}
