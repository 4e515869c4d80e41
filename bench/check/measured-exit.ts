import { readFileSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/**
 * Preload of a command that is measured: when the process ends, its CPU time, user and system, of all its threads
 * since it started, and its peak memory go into the file named by BENCH_COST.
 */
const target = process.env["BENCH_COST"];
if (isMainThread && target !== undefined) {
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(target, JSON.stringify({ cpuUs: user + system, peakMb: process.resourceUsage().maxRSS / 1000 }));
  });
}

/** What a command that has ended left in its file. */
export function readCost(path: string): { readonly cpuUs: number; readonly peakMb: number } {
  return JSON.parse(readFileSync(path, "utf8")) as { readonly cpuUs: number; readonly peakMb: number };
}
