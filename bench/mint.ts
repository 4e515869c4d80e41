/**
 * How fast lotmint mints, against what its machine can do at all and against the tutorial's commands.
 * `node bench/mint.ts [--seconds N] [--rounds N] [--workers N] [--devices N] [--keys N] [--full] [--only SECTION]
 * [--folders DIR,…] [--no-tutorial]`
 */
import { execFileSync } from "node:child_process";
import { availableParallelism, tmpdir } from "node:os";
import { parseArgs } from "node:util";
import type { KeyAlgorithm } from "../src/domain/certificate.ts";
import { makeIssuer } from "../test/fixtures/make-issuer.ts";
import { type Crew, median, openCrew } from "./mint/crew.ts";
import { measureTutorial } from "./mint/tutorial.ts";
import { openWholeRun } from "./mint/whole-run.ts";
import type { BenchWork } from "./mint/worker.ts";

interface BenchOptions {
  readonly workers: number;
  /** Of one repetition of one measurement. */
  readonly seconds: number;
  /** Repetitions, bound and lotmint in turn. */
  readonly rounds: number;
  /** Of one whole run. */
  readonly devices: number;
  readonly full: boolean;
  /** Where whole runs have their homes: memory, and a disk. */
  readonly folders: readonly string[];
  /** Whether whole runs are held against the tutorial's commands. */
  readonly tutorial: boolean;
  /** RSA keys of each measurement. */
  readonly keys: number;
}

/** Of the bound's CPU time, that a whole run may cost. */
const MOST_CPU = 1.35;

/**
 * The bound is a key pair, a signature and two PBKDF2 of 2048 rounds, one for encryption and one for
 * the MAC. More than 1 is possible: lotmint derives the MACs of four files at once, not by PBKDF2.
 */
interface Line {
  readonly what: string;
  /** Devices or keys per second. */
  readonly bound: number;
  readonly lotmint: number;
  /** lotmint as a share of the bound that is wanted; undefined: told, not asked. */
  readonly wanted?: number;
}

const SECTIONS: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  ec: measureEc,
  issuers: measureIssuers,
  rsa: measureRsa,
  run: measureWholeRun,
};

async function measureEc(options: BenchOptions): Promise<void> {
  const line = await withCrew("ec-p256", options, (crew) => inTurn(crew, options, "ec-bound", "ec-mint"));
  print("EC P-256 device and issuer: key, certificate and PKCS#12 in memory", [
    { what: "issuer ec-p256", ...line, wanted: 0.85 },
  ]);
}

async function measureIssuers(options: BenchOptions): Promise<void> {
  const lines: Line[] = [];
  for (const issuer of ["ec-p384", "rsa-2048", "rsa-4096"] as const) {
    const line = await withCrew(issuer, options, (crew) => inTurn(crew, options, "ec-bound", "ec-mint"));
    lines.push({ what: `issuer ${issuer}`, ...line, wanted: 0.85 });
  }
  print("EC P-256 device under other issuers, in memory", lines);
}

async function measureRsa(options: BenchOptions): Promise<void> {
  // Prime search is a lottery: a repetition's rate says little below some hundred keys.
  const { keys } = options;
  const lines = await withCrew("ec-p256", options, async (crew) => [
    { what: `key generation, ${keys} keys each`, ...(await keysInTurn(crew, options, "rsa-keys", keys)), wanted: 0.95 },
    { what: "key, certificate and PKCS#12", ...(await keysInTurn(crew, options, "rsa-mint", keys)) },
  ]);
  print("RSA-2048 device, in memory, against bare key generation", lines);
}

/**
 * The whole program from start to exit, in turn with the bound and, at the end, with the tutorial's commands: its rate,
 * and its CPU time a device over all threads, held against the bound's in the same run.
 */
async function measureWholeRun(options: BenchOptions): Promise<void> {
  const issuer = await makeIssuer();
  const bound = { rate: [] as number[], cpuUs: [] as number[] };
  const runs: Record<string, { readonly rate: number[]; readonly cpuUs: number[] }> = {};
  const tutorial: number[] = [];
  for (const folder of options.folders) {
    const whole = await openWholeRun({ folder });
    const run = { rate: [] as number[], cpuUs: [] as number[] };
    runs[folder] = run;
    try {
      await withCrew("ec-p256", options, async (crew) => {
        const once = () => crew.run({ work: "ec-bound", seconds: options.seconds, devices: Number.POSITIVE_INFINITY });
        await once();
        for (let round = 0; round < options.rounds; round++) {
          const startedUs = ownCpuUs();
          const { rate, devices } = await once();
          bound.cpuUs.push((ownCpuUs() - startedUs) / devices);
          bound.rate.push(rate);
          const cost = await whole.run(options.devices);
          run.rate.push(cost.rate);
          run.cpuUs.push(cost.cpuUs);
        }
      });
    } finally {
      whole.close();
    }
  }
  for (let round = 0; round < options.rounds && options.tutorial; round++) {
    tutorial.push(await measureTutorial(issuer, options.workers, options.seconds));
  }
  const what = `Whole run of ${options.devices} EC devices: start-up, three files each, durable, ledger, CSV, reports`;
  const [boundRate, boundUs] = [median(bound.rate), median(bound.cpuUs)];
  print(
    `${what}: devices a second`,
    Object.entries(runs).map(([folder, { rate }]) => ({
      what: folder,
      bound: boundRate,
      lotmint: median(rate),
      wanted: 0.75,
    })),
  );
  console.log(`\n${what}: CPU microseconds a device, user and system, all threads`);
  for (const [folder, { cpuUs }] of Object.entries(runs)) {
    const ratio = median(cpuUs) / boundUs;
    const figures = `${boundUs.toFixed(1).padStart(10)}${median(cpuUs).toFixed(1).padStart(11)}${ratio.toFixed(3).padStart(8)}`;
    const missing = ratio <= MOST_CPU ? "reached" : `${(ratio - MOST_CPU).toFixed(3)} TOO MUCH`;
    console.log(`  ${folder.padEnd(34)}${figures}  wanted ${MOST_CPU}: ${missing}`);
  }
  if (!options.tutorial) return;
  const version = execFileSync("openssl", ["version"], { encoding: "utf8" }).trim();
  const byHand = median(tutorial);
  console.log(
    `\nThe tutorial's commands (${version}), ${options.workers} side by side: ${byHand.toFixed(1)} devices/s`,
  );
  for (const [folder, { rate }] of Object.entries(runs)) {
    const ratio = median(rate) / byHand;
    console.log(`  the whole run in ${folder} makes ${ratio.toFixed(1)} times as many; ${verdict(ratio, 18)}`);
  }
}

function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function withCrew<T>(
  issuerKey: KeyAlgorithm,
  options: BenchOptions,
  measure: (crew: Crew) => Promise<T>,
): Promise<T> {
  const issuer = await makeIssuer(issuerKey);
  const crew = openCrew(options.workers, {
    issuerKey: issuer.key,
    template: issuer.template,
    chain: issuer.chain.map((certificate) => Uint8Array.from(certificate)),
  });
  try {
    return await measure(crew);
  } finally {
    await crew.close();
  }
}

/** Medians of repetitions taken in turn, so that a busy neighbour hits both alike. */
async function inTurn(
  crew: Crew,
  options: BenchOptions,
  bound: BenchWork,
  work: BenchWork,
): Promise<{ readonly bound: number; readonly lotmint: number }> {
  const rates = { bound: [] as number[], lotmint: [] as number[] };
  const once = async (kind: BenchWork, seconds: number) =>
    (await crew.run({ work: kind, seconds, devices: Number.POSITIVE_INFINITY })).rate;
  for (const kind of [bound, work]) await once(kind, Math.min(0.2, options.seconds));
  for (let round = 0; round < options.rounds; round++) {
    rates.bound.push(await once(bound, options.seconds));
    rates.lotmint.push(await once(work, options.seconds));
  }
  return { bound: median(rates.bound), lotmint: median(rates.lotmint) };
}

/** The same by numbers of keys; over all keys instead of medians, since each repetition's luck differs. */
async function keysInTurn(
  crew: Crew,
  options: BenchOptions,
  work: BenchWork,
  keys: number,
): Promise<{ readonly bound: number; readonly lotmint: number }> {
  const perRound = Math.ceil(keys / options.rounds / options.workers);
  const totals = { bound: { devices: 0, seconds: 0 }, lotmint: { devices: 0, seconds: 0 } };
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, kind] of [
      ["bound", "rsa-bound"],
      ["lotmint", work],
    ] as const) {
      const { rate, devices } = await crew.run({ work: kind, seconds: Number.POSITIVE_INFINITY, devices: perRound });
      totals[name].devices += devices;
      totals[name].seconds += devices / rate;
    }
  }
  return {
    bound: totals.bound.devices / totals.bound.seconds,
    lotmint: totals.lotmint.devices / totals.lotmint.seconds,
  };
}

function print(title: string, lines: readonly Line[]): void {
  console.log(`\n${title}`);
  console.log(`  ${"".padEnd(34)}${"bound/s".padStart(10)}${"lotmint/s".padStart(11)}${"ratio".padStart(8)}`);
  for (const { what, bound, lotmint, wanted } of lines) {
    const ratio = lotmint / bound;
    const figures = `${bound.toFixed(1).padStart(10)}${lotmint.toFixed(1).padStart(11)}${ratio.toFixed(3).padStart(8)}`;
    console.log(`  ${what.padEnd(34)}${figures}  ${verdict(ratio, wanted)}`);
  }
}

function verdict(ratio: number, wanted: number | undefined): string {
  if (wanted === undefined) return "";
  if (ratio >= wanted) return `wanted ${wanted}: reached`;
  return `wanted ${wanted}: ${(wanted - ratio).toFixed(3)} MISSING`;
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "5" },
    workers: { type: "string", default: String(availableParallelism()) },
    devices: { type: "string", default: "20000" },
    keys: { type: "string" },
    full: { type: "boolean", default: false },
    only: { type: "string" },
    folders: { type: "string", default: `/dev/shm,${tmpdir()}` },
    "no-tutorial": { type: "boolean", default: false },
  },
});
const options: BenchOptions = {
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  workers: Number(values.workers),
  devices: Number(values.devices),
  full: values.full,
  folders: values.folders.split(","),
  tutorial: !values["no-tutorial"],
  keys: Number(values.keys ?? (values.full ? "2000" : "200")),
};
const named = values.only === undefined ? Object.keys(SECTIONS) : values.only.split(",");
console.log(`Node ${process.version}, ${options.workers} workers, ${options.rounds} rounds of ${options.seconds} s`);
for (const name of named) {
  const measure = SECTIONS[name];
  if (measure === undefined) throw new Error(`no section ${name}; there are ${Object.keys(SECTIONS).join(", ")}`);
  await measure(options);
}
