import { subscribe } from "node:diagnostics_channel";
import { closeSync, openSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/**
 * A preload (`node --import`) for the real program: right after the first time of the step
 * LOTMINT_TEST_FILL_AT it writes the file LOTMINT_TEST_FILLER until the disk that it is on is full.
 */
const { LOTMINT_TEST_FILL_AT: aim, LOTMINT_TEST_FILLER: filler } = process.env;

if (isMainThread && aim !== undefined && filler !== undefined) {
  let done = false;
  subscribe("lotmint:step", (step) => {
    if (step !== aim || done) return;
    done = true;
    fill(filler);
  });
}

function fill(path: string): void {
  const file = openSync(path, "a");
  // In ever smaller pieces, so that not a block is left.
  for (let size = 1 << 20; size >= 1; size >>= 1) while (wrote(file, size));
  closeSync(file);
}

function wrote(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size, 1)) > 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
    throw error;
  }
}
