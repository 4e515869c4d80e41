import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** Preload of a run that is measured: writes the main thread's CPU time in microseconds to the file named by BENCH_MAIN_CPU. */
const target = process.env["BENCH_MAIN_CPU"];
if (isMainThread && target !== undefined) {
  process.on("exit", () => {
    const { user, system } = process.threadCpuUsage();
    writeFileSync(target, String(user + system));
  });
}
