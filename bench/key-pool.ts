/**
 * What a lot of RSA-2048 costs with its keys from the pool, against one that makes them: whole runs, process from start
 * to end, in turn in one run of the bench. The pool is filled before, and that is told by itself.
 * `node bench/key-pool.ts [--devices N] [--rounds N] [--folder DIR]`
 */
import { parseArgs } from "node:util";
import { median } from "./mint/crew.ts";
import { openWholeRun, type RunCost } from "./mint/whole-run.ts";

const WANTED = 10;
const PASSPHRASE = { LOTMINT_POOL_PASSPHRASE: "a passphrase for the bench" };

const { values } = parseArgs({
  options: {
    devices: { type: "string", default: "1000" },
    rounds: { type: "string", default: "1" },
    folder: { type: "string" },
  },
});
const devices = Number(values.devices);
const rounds = Number(values.rounds);
const whole = await openWholeRun({
  ...(values.folder !== undefined && { folder: values.folder }),
  site: JSON.stringify({ keyPool: { "rsa-2048": devices }, defaults: { key: "rsa-2048" } }),
});
try {
  const costs: { readonly made: RunCost; readonly drawn: RunCost; readonly fillMs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    await whole.command(["keys", "fill"], PASSPHRASE);
    const fillMs = performance.now() - startedMs;
    // The pool is at the end of its lot as empty as at its beginning: each key is drawn once.
    const drawn = await whole.run(devices, PASSPHRASE);
    const made = await whole.run(devices);
    costs.push({ made, drawn, fillMs });
  }
  const of = (figure: (cost: (typeof costs)[number]) => number) => median(costs.map(figure));
  const wall = of(({ made, drawn }) => drawn.rate / made.rate);
  const cpu = of(({ made, drawn }) => made.cpuUs / drawn.cpuUs);
  console.log(
    `A lot of ${devices} RSA-2048 devices; filling the pool took ${of((cost) => cost.fillMs / 1000).toFixed(1)} s`,
  );
  print(
    "keys made",
    of(({ made }) => made.rate),
    of(({ made }) => made.cpuUs),
  );
  print(
    "keys drawn",
    of(({ drawn }) => drawn.rate),
    of(({ drawn }) => drawn.cpuUs),
  );
  const verdict = Math.min(wall, cpu) >= WANTED ? "reached" : "NOT reached";
  console.log(
    `  drawn against made: ${wall.toFixed(1)} times by wall, ${cpu.toFixed(1)} times by CPU; wanted ${WANTED}, ${verdict}`,
  );
} finally {
  whole.close();
}

function print(what: string, rate: number, cpuUs: number): void {
  console.log(`  ${what}: ${rate.toFixed(1)} devices/s, ${(cpuUs / 1000).toFixed(2)} ms CPU a device`);
}
