import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { OnboardingError } from "../domain/error.ts";
import { diskError } from "./disk-error.ts";
import { PRIVATE_FILE, writeAll } from "./durable.ts";

const PIECE_OCTETS = 256 * 1024;

/** What is too long for memory and is needed once more: written to a file piece by piece, then read back. */
export interface ScratchFile {
  /** Octets that were appended. */
  readonly length: () => number;
  append(content: Uint8Array): void;
  /**
   * Everything that was appended, from the start, as often as it is asked for. A piece is good until the next one is
   * read: they share memory.
   */
  pieces(): Iterable<Uint8Array>;
  /** Closes and removes it. */
  discard(): void;
}

/**
 * Makes a private file (0600) for content of this process alone, in place of what a killed process left there. Nothing of
 * it is synced. Only under a lock that keeps others from the same path. Errors are `disk-unwritable`.
 */
export function openScratchFile(path: string): ScratchFile {
  const guarded = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw diskError(error, path);
    }
  };
  const file = guarded(() => {
    rmSync(path, { force: true });
    return openSync(path, "wx+", PRIVATE_FILE);
  });
  let length = 0;
  return {
    length: () => length,
    append: (content) => {
      guarded(() => writeAll(file, content));
      length += content.length;
    },
    pieces: function* () {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_OCTETS, length));
      for (let at = 0; at < length; ) {
        const read = guarded(() => readSync(file, piece, 0, Math.min(piece.length, length - at), at));
        if (read === 0) throw cutShort(path);
        yield piece.subarray(0, read);
        at += read;
      }
    },
    discard: () => {
      closeSync(file);
      guarded(() => rmSync(path, { force: true }));
    },
  };
}

function cutShort(path: string): OnboardingError {
  return new OnboardingError(`${path} was changed while it was in use; run the command again`, {
    code: "disk-unwritable",
  });
}
