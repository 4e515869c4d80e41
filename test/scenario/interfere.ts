import { subscribe } from "node:diagnostics_channel";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { pid } from "node:process";
import { isMainThread } from "node:worker_threads";

/**
 * A preload (`node --import`) for the real program, told by its environment what to do to it:
 * - LOTMINT_TEST_AT=step:n:signal,… sends the process a signal right after that step's nth time
 * - LOTMINT_TEST_CLOCK_MS moves its clock
 * - LOTMINT_TEST_CORES tells it how many cores it has
 *
 * Worker threads load it too, without an environment: then it does nothing.
 */
const { LOTMINT_TEST_AT: at, LOTMINT_TEST_CLOCK_MS: clockMs, LOTMINT_TEST_CORES: cores } = process.env;

if (isMainThread && at !== undefined) {
  for (const aim of at.split(",")) {
    const [wanted = "", times = "1", signal = "SIGKILL"] = aim.split(":");
    let left = Number(times);
    subscribe("lotmint:step", (step) => {
      if (step !== wanted) return;
      left -= 1;
      // A signal that ends or stops is delivered before kill(2) returns: nothing more is done.
      if (left === 0) process.kill(pid, signal);
    });
  }
}

if (isMainThread && clockMs !== undefined) {
  const now = Date.now;
  Date.now = () => now() + Number(clockMs);
}

if (isMainThread && cores !== undefined) {
  os.availableParallelism = () => Number(cores);
  syncBuiltinESMExports();
}
