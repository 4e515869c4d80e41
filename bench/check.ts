/**
 * What `lotmint check` costs a device, against the bound of minting: two P-256 operations (a key pair and a signature)
 * and two PBKDF2-HMAC-SHA256 of 2048 rounds. CPU time of all threads, user and system, as the kernel counts it for the
 * process from start to end; start-up is in it, divided by the devices, and also told by itself.
 * `node bench/check.ts [--devices N] [--rounds N] [--seconds N] [--workers N] [--bundle]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleProgram } from "../scripts/build/bundle-program.ts";
import { makeIssuer } from "../test/fixtures/make-issuer.ts";
import { type CommandCost, measureCommand } from "./check/measure-command.ts";
import { median, openCrew } from "./mint/crew.ts";
import { openWholeRun } from "./mint/whole-run.ts";

const WANTED = 1.2;
const PEAK_WANTED_MB = 400;

const { values } = parseArgs({
  options: {
    devices: { type: "string", default: "4000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
    workers: { type: "string", default: String(availableParallelism()) },
    bundle: { type: "boolean", default: false },
  },
});
const devices = Number(values.devices);

const folder = mkdtempSync(join(tmpdir(), "lotmint-bench-check-"));
const program = values.bundle ? await bundleProgram(folder) : fileURLToPath(new URL("../src/main.ts", import.meta.url));
const issuer = await makeIssuer();
const crew = openCrew(Number(values.workers), {
  issuerKey: issuer.key,
  template: issuer.template,
  chain: issuer.chain.map((certificate) => Uint8Array.from(certificate)),
});
const whole = await openWholeRun();
try {
  await whole.run(devices);
  await boundUs(0.2);
  const costs = { bound: [] as number[], check: [] as number[], start: [] as number[], peakMb: [] as number[] };
  for (let round = 0; round < Number(values.rounds); round++) {
    costs.bound.push(await boundUs(Number(values.seconds)));
    const check = measure(["check", "lot-1"]);
    costs.check.push(check.cpuUs / devices);
    costs.peakMb.push(check.peakMb);
    costs.start.push(measure(["check", "lot-1", "--sample", "1"]).cpuUs / devices);
  }
  const [bound, check, start] = [median(costs.bound), median(costs.check), median(costs.start)];
  const what = values.bundle ? "the bundled program" : "the program from its sources";
  console.log(`${devices} EC devices with PKCS#12 modern and PEM, ${what}, Node ${process.version}`);
  console.log(`  bound         ${bound.toFixed(0).padStart(6)} us of CPU time a device`);
  console.log(
    `  check         ${check.toFixed(0).padStart(6)} us, of it start-up and what is once a lot ${start.toFixed(0)} us`,
  );
  console.log(`  of the bound  ${(check / bound).toFixed(2).padStart(6)}; ${verdict(check / bound, WANTED)}`);
  console.log(`  without start ${((check - start) / bound).toFixed(2).padStart(6)}`);
  console.log(`  peak memory   ${median(costs.peakMb).toFixed(0).padStart(6)} MB; wanted below ${PEAK_WANTED_MB}`);
} finally {
  whole.close();
  await crew.close();
  rmSync(folder, { recursive: true, force: true });
}

/** CPU time of the bound, by as many threads at once as check has, so that both share the cores alike. */
async function boundUs(seconds: number): Promise<number> {
  const before = process.cpuUsage();
  const { devices: done } = await crew.run({ work: "ec-bound", seconds, devices: Number.POSITIVE_INFINITY });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / done;
}

function measure(args: readonly string[]): CommandCost {
  return measureCommand(["--home", whole.home, ...args], { folder, program });
}

function verdict(ratio: number, wanted: number): string {
  return ratio <= wanted ? `wanted ${wanted}: reached` : `wanted ${wanted}: ${(ratio - wanted).toFixed(2)} MISSING`;
}
