/**
 * What `lotmint check LOT --sample 500` takes in a ledger of 1,000,000 devices: wall time, CPU time of all threads and
 * peak memory. The lot's first devices are made for real; the rest of its rows are recorded through the ledger with
 * certificates that nobody signed, and have a password and a row in a part, but no folder. The sample is drawn from the
 * first ones: the draw reads and costs the same, and what is opened is real.
 * `node bench/check-million.ts [--devices N] [--real N] [--sample N] [--rounds N] [--folder DIR]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { homeLayout } from "../src/disk/layout.ts";
import { type CommandCost, measureCommand } from "./check/measure-command.ts";
import { fillLot } from "./million/fill-lot.ts";
import { median } from "./mint/crew.ts";
import { openWholeRun } from "./mint/whole-run.ts";

const LOT = "lot-1";
const WANTED = { seconds: 5, peakMb: 400 };

const { values } = parseArgs({
  options: {
    devices: { type: "string", default: "1000000" },
    real: { type: "string", default: "2000" },
    sample: { type: "string", default: "500" },
    rounds: { type: "string", default: "3" },
    folder: { type: "string", default: tmpdir() },
  },
});
const [devices, real] = [Number(values.devices), Number(values.real)];

const folder = mkdtempSync(join(values.folder, "lotmint-million-check-"));
const whole = await openWholeRun({ folder });
try {
  await whole.run(real);
  await fillLot(homeLayout(whole.home), LOT, real, devices);
  const costs: CommandCost[] = [];
  for (let round = 0; round < Number(values.rounds); round++) costs.push(checkSample());
  const middle = (of: (cost: CommandCost) => number) => median(costs.map(of));
  const [seconds, peakMb] = [middle((cost) => cost.seconds), middle((cost) => cost.peakMb)];
  console.log(`check --sample ${values.sample} in a lot of ${devices} devices, Node ${process.version}`);
  console.log(`  wall     ${seconds.toFixed(2).padStart(8)} s; ${verdict(seconds, WANTED.seconds)}`);
  console.log(`  CPU      ${(middle((cost) => cost.cpuUs) / 1e6).toFixed(2).padStart(8)} s`);
  console.log(`  memory   ${peakMb.toFixed(0).padStart(8)} MB at most; ${verdict(peakMb, WANTED.peakMb)}`);
} finally {
  whole.close();
  rmSync(folder, { recursive: true, force: true });
}

function checkSample(): CommandCost {
  const preload = new URL("./check/draw-first.ts", import.meta.url).href;
  const args = ["--home", whole.home, "check", LOT, "--sample", values.sample];
  return measureCommand(args, { folder, preload, env: { BENCH_REAL: values.real, BENCH_DEVICES: values.devices } });
}

function verdict(found: number, wanted: number): string {
  return found <= wanted ? `wanted ${wanted}: reached` : `wanted ${wanted}: MISSING`;
}
