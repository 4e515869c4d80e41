import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { ensureFolder, PRIVATE_FOLDER, remove } from "../../disk/durable.ts";
import { pageUploads } from "../../disk/layout.ts";
import { receiveFile, TooLargeError } from "../../disk/receive-file.ts";
import type { Actor } from "../../watch/watch-control.ts";
import type { PreviewModel } from "../model.ts";
import { PageError } from "../page-error.ts";
import type { PageTools } from "../page-tools.ts";

/** A manifest may have so many octets, and no more. */
export const MOST_UPLOAD_OCTETS = 512 * 1024 * 1024;
/** Uploads that are received at once: what they may need of the disk is bounded. */
const MOST_AT_ONCE = 2;

/** The one manifest that was handed to the page and has not been started yet. */
export interface Previews {
  /**
   * Takes a manifest in and says what a run would do with it; one that was there before is forgotten. Throws `too-large`,
   * `busy`, and `disk-unwritable`; then the one from before is still there.
   */
  receive(name: string, content: Readable): Promise<PreviewModel>;
  current(): PreviewModel | null;
  /** Throws `not-found`. */
  find(id: string): PreviewModel;
  /** Hands the file to the watcher, once. Throws `not-found`, and `conflict` for one that cannot be started. */
  start(id: string, by: Actor): Promise<{ readonly name: string }>;
  /** Forgets it and its file; one that is not there is fine. */
  discard(id: string): void;
}

interface Held {
  readonly model: PreviewModel;
  readonly path: string;
}

/** Files of a process that was killed are removed; a new folder is made when the first file comes. */
export function keepPreviews(tools: Pick<PageTools, "home" | "control" | "forecast">): Previews {
  const folder = pageUploads(tools.home);
  let held: Held | undefined;
  let receiving = 0;
  remove(folder);

  function heldBy(id: string): Held {
    if (held?.model.id === id) return held;
    throw new PageError(
      "this manifest is not here any more: it was started, discarded, or another one took its place",
      { kind: "not-found" },
    );
  }

  async function receive(name: string, content: Readable): Promise<PreviewModel> {
    if (receiving >= MOST_AT_ONCE)
      throw new PageError("other files are being received; try again in a moment", { kind: "busy" });
    receiving += 1;
    const id = randomBytes(12).toString("base64url");
    const path = join(folder, id);
    try {
      ensureFolder(folder, PRIVATE_FOLDER);
      await receiveFile(path, content, MOST_UPLOAD_OCTETS);
      const model = { ...(await tools.forecast({ path, name })), id, file: name };
      if (held !== undefined) remove(held.path);
      held = { model, path };
      return model;
    } catch (cause) {
      remove(path);
      if (!(cause instanceof TooLargeError)) throw cause;
      throw new PageError("the file has more than 512 MB; divide it into several lots", { kind: "too-large", cause });
    } finally {
      receiving -= 1;
    }
  }

  return {
    receive,
    current: () => held?.model ?? null,
    find: (id) => heldBy(id).model,
    start: async (id, by) => {
      const taken = heldBy(id);
      if (taken.model.problem !== null) throw new PageError(taken.model.problem, { kind: "conflict" });
      held = undefined;
      try {
        return await tools.control.drop(taken.path, taken.model.file, by);
      } catch (error) {
        if (held === undefined) held = taken;
        else remove(taken.path);
        throw error;
      }
    },
    discard: (id) => {
      if (held?.model.id !== id) return;
      remove(held.path);
      held = undefined;
    },
  };
}
