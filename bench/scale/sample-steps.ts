import { subscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/**
 * Preload of a run that is measured: notes CPU time and memory of the whole process, all threads, at every
 * batch that is placed, and writes that to the file named by BENCH_SAMPLES when the process ends.
 */
export interface Sample {
  /** User and system CPU time of the process, in microseconds. */
  readonly cpuUs: number;
  readonly rssBytes: number;
}

const target = process.env["BENCH_SAMPLES"];
if (isMainThread && target !== undefined) {
  const samples: Sample[] = [];
  const take = () => {
    const { user, system } = process.cpuUsage();
    samples.push({ cpuUs: user + system, rssBytes: process.memoryUsage.rss() });
  };
  subscribe("lotmint:step", (step) => {
    if (step === "batch-placed") take();
  });
  process.on("exit", () => {
    take();
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    writeFileSync(target, JSON.stringify({ samples, peakRssBytes }));
  });
}
