/**
 * What commands on a whole lot cost in a ledger of N devices (1,000,000 unless told), each as a process of its own from
 * the sources: wall time, CPU time of all threads, also as a multiple of a bound that is measured in the same run
 * (`million/bounds.ts`), and peak memory. One device is made for real, the others are recorded through the ledger
 * (`million/fill-lot.ts`). `node bench/million.ts [N] [--folder DIR]`
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { homeLayout } from "../src/disk/layout.ts";
import { measureCommand } from "./check/measure-command.ts";
import { madeUpId } from "./ledger/made-up-rows.ts";
import { type Bounds, measureBounds } from "./million/bounds.ts";
import { FILLED_PREFIX, fillLot } from "./million/fill-lot.ts";
import { BENCH_PASSPHRASE, openWholeRun } from "./mint/whole-run.ts";

const LOT = "lot-1";
/** In the home: the ids of the devices that are not made for real. */
const IDS = "ids.txt";

interface MeasuredCommand {
  readonly args: readonly string[];
  readonly bound: keyof Bounds;
  /** For 1,000,000 devices; undefined: nothing was asked for. */
  readonly wanted: { readonly seconds?: number; readonly cpuSeconds?: number; readonly peakMb?: number };
  readonly env?: Readonly<Record<string, string>>;
}

/** In this order, since each finds what the one before has left. */
const COMMANDS: readonly MeasuredCommand[] = [
  // A preview, of as many ids as the lot was filled with.
  { args: ["revoke", "--file", IDS], bound: "rows", wanted: { peakMb: 400 } },
  // Without a passphrase, so that the list is left to the command below.
  { args: ["revoke", "--lot", LOT, "--yes"], bound: "rows", wanted: { seconds: 30, peakMb: 400 } },
  {
    args: ["authority", "crl", "line"],
    bound: "entries",
    wanted: { cpuSeconds: 5, peakMb: 400 },
    env: { LOTMINT_PASSPHRASE: BENCH_PASSPHRASE },
  },
  // All are revoked, and have no folders: what is measured is what a check does beside opening devices.
  { args: ["check", LOT], bound: "rows", wanted: { peakMb: 400 } },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: "string", default: tmpdir() } },
});
const devices = Number(positionals[0] ?? "1000000");

const folder = mkdtempSync(join(values.folder, "lotmint-million-"));
const whole = await openWholeRun({ folder });
try {
  await whole.run(1);
  await fillLot(homeLayout(whole.home), LOT, 1, devices);
  const ids = Array.from({ length: devices - 1 }, (_, index) => `${madeUpId(FILLED_PREFIX, index + 1)}\n`);
  writeFileSync(join(whole.home, IDS), ids.join(""));
  const bounds = measureBounds(devices, folder);
  console.log(`a ledger of ${devices} devices, Node ${process.version}`);
  console.log(`  bounds: rows ${bounds.rows.toFixed(3)} s of CPU, entries ${bounds.entries.toFixed(3)} s\n`);
  console.log(`  ${"command".padEnd(28)}  wall s   CPU s  of the bound    peak MB`);
  for (const command of COMMANDS) measure(command, bounds);
} finally {
  whole.close();
  rmSync(folder, { recursive: true, force: true });
}

function measure({ args, bound, wanted, env = {} }: MeasuredCommand, bounds: Bounds): void {
  const { seconds, cpuUs, peakMb } = measureCommand(["--home", whole.home, ...args.map(inHome)], { folder, env });
  const cpuSeconds = cpuUs / 1e6;
  const ratio = `${(cpuSeconds / bounds[bound]).toFixed(1)} ${bound}`;
  const figures = `${seconds.toFixed(2).padStart(8)}${cpuSeconds.toFixed(2).padStart(8)}${ratio.padStart(14)}`;
  const asked = [
    verdict("wall", seconds, wanted.seconds),
    verdict("CPU", cpuSeconds, wanted.cpuSeconds),
    verdict("memory", peakMb, wanted.peakMb),
  ].filter((text) => text !== undefined);
  console.log(`  ${args.join(" ").padEnd(28)}${figures}${peakMb.toFixed(0).padStart(11)}  ${asked.join("; ")}`);
}

function inHome(argument: string): string {
  return argument === IDS ? join(whole.home, IDS) : argument;
}

function verdict(what: string, found: number, most: number | undefined): string | undefined {
  return most === undefined ? undefined : `${what} ${most}: ${found <= most ? "reached" : "MISSING"}`;
}
