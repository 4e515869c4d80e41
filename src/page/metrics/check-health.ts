import { randomBytes } from "node:crypto";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { strayDiskError } from "../../disk/disk-error.ts";
import { ensureFolder, PRIVATE_FOLDER, remove, writeNew } from "../../disk/durable.ts";
import { pageUploads } from "../../disk/layout.ts";
import { keptFor } from "../models/kept-for.ts";
import type { PageTools } from "../page-tools.ts";

/** The watcher shows that it looks once a minute. */
const STALLED_MS = 3 * 60_000;
/** Whoever asks more often gets the last answer. */
const GOOD_FOR_MS = 2_000;
/** A share that does not answer is as good as gone. */
const PATIENCE_MS = 5_000;

/** Why the watcher cannot work now, each as one sentence; none: it can. */
export function checkHealth(
  tools: Pick<PageTools, "home" | "record" | "useLedger" | "monotonic">,
): () => Promise<readonly string[]> {
  return keptFor(GOOD_FOR_MS, tools.monotonic, () => findProblems(tools));
}

async function findProblems(
  tools: Pick<PageTools, "home" | "record" | "useLedger" | "monotonic">,
): Promise<readonly string[]> {
  const { home, record, useLedger, monotonic } = tools;
  const silentMs = monotonic() - record.lastBeatMs;
  const problems = await Promise.all([
    silentMs > STALLED_MS ? `the watcher has not looked for ${Math.round(silentMs / 1000)} s` : undefined,
    attempt("the ledger cannot be read", () => useLedger((ledger) => ledger.head())),
    attempt(`${home.state} cannot be written`, async () => writeProbe(pageUploads(home))),
    attempt(`${home.input} cannot be listed`, () => readdir(home.input)),
    attempt(`${home.output} cannot be reached`, () => reachable(home.output)),
  ]);
  return problems.filter((problem) => problem !== undefined);
}

/** What the first lot will make is no fault while it is not there. */
async function reachable(path: string): Promise<void> {
  try {
    await access(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

function writeProbe(folder: string): void {
  ensureFolder(folder, PRIVATE_FOLDER);
  const probe = join(folder, `probe-${randomBytes(8).toString("hex")}`);
  try {
    // More than fits beside the file's name: a full disk takes an empty file.
    writeNew(probe, Buffer.alloc(8192));
  } finally {
    remove(probe);
  }
}

async function attempt(what: string, act: () => Promise<unknown>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`${what}: no answer in ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
  });
  const done = act().then(
    () => undefined,
    (cause: unknown) => {
      const error = strayDiskError(cause);
      return `${what}: ${error instanceof Error ? error.message : String(error)}`;
    },
  );
  try {
    return await Promise.race([done, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
