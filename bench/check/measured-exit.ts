import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/**
 * Preload of a command that is measured: when the process ends, its CPU time, user and system, of all its threads
 * since it started, and its peak memory go into the file named by BENCH_COST.
 */
const target = process.env["BENCH_COST"];
if (isMainThread && target !== undefined) {
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(target, JSON.stringify({ cpuUs: user + system, peakMb: peakKib() / 1000 }));
  });
}

/** What getrusage tells begins with the memory of the process that forked this one; Linux knows better. */
function peakKib(): number {
  const [, own] = existsSync("/proc/self/status")
    ? (/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [])
    : [];
  return own === undefined ? process.resourceUsage().maxRSS : Number(own);
}

/** What a command that has ended left in its file. */
export function readCost(path: string): { readonly cpuUs: number; readonly peakMb: number } {
  return JSON.parse(readFileSync(path, "utf8")) as { readonly cpuUs: number; readonly peakMb: number };
}
