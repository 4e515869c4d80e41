/**
 * Whether a long lot costs more per device at its end than at its beginning, and how much memory it takes.
 * `node bench/scale.ts [DEVICES] [SHARES]`, 200,000 and 10 unless told: some minutes and about 4 GB of disk.
 * A share has to have two batches at least.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openWholeRun } from "./mint/whole-run.ts";
import type { Sample } from "./scale/sample-steps.ts";

const MOST_MEMORY_MB = 400;
const MOST_GROWTH = 1.1;

const devices = Number(process.argv[2] ?? "200000");
const shares = Number(process.argv[3] ?? "10");
const folder = mkdtempSync(join(tmpdir(), "lotmint-scale-"));
const samplesFile = join(folder, "samples.json");
const preload = fileURLToPath(new URL("./scale/sample-steps.ts", import.meta.url));
const whole = await openWholeRun({ preload, env: { BENCH_SAMPLES: samplesFile } });
try {
  const { rate } = await whole.run(devices);
  const { samples, peakRssBytes } = JSON.parse(readFileSync(samplesFile, "utf8")) as {
    readonly samples: readonly Sample[];
    readonly peakRssBytes: number;
  };
  report(rate, samples, peakRssBytes);
} finally {
  whole.close();
  rmSync(folder, { recursive: true, force: true });
}

function report(rate: number, samples: readonly Sample[], peakRssBytes: number): void {
  const batches = samples.length - 1;
  const perBatch = devices / batches;
  console.log(`${devices} EC devices, Node ${process.version}: ${rate.toFixed(0)} devices/s from start to end\n`);
  console.log("  share   CPU us/device    memory MB");
  const costs: number[] = [];
  for (let share = 0; share < shares; share++) {
    const from = samples[Math.floor((batches * share) / shares)];
    const at = Math.floor((batches * (share + 1)) / shares) - 1;
    const to = samples[at];
    if (from === undefined || to === undefined) throw new Error("too few batches to tell shares apart");
    const count = (at - Math.floor((batches * share) / shares)) * perBatch;
    const cost = (to.cpuUs - from.cpuUs) / count;
    costs.push(cost);
    const memory = (to.rssBytes / 1e6).toFixed(0);
    console.log(`  ${String(share + 1).padStart(5)}${cost.toFixed(1).padStart(16)}${memory.padStart(13)}`);
  }
  const growth = (costs.at(-1) ?? Number.NaN) / (costs[1] ?? Number.NaN);
  const peakMb = peakRssBytes / 1e6;
  console.log(
    `\n  last share / second share: ${growth.toFixed(3)}; ${growth <= MOST_GROWTH ? "within" : "OVER"} ${MOST_GROWTH}`,
  );
  console.log(
    `  peak memory: ${peakMb.toFixed(0)} MB; ${peakMb <= MOST_MEMORY_MB ? "within" : "OVER"} ${MOST_MEMORY_MB}`,
  );
}
