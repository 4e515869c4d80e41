/**
 * What `lotmint device` takes in a ledger of N devices (1,000,000 unless told): by id, by serial number and by public key,
 * each as a process of its own from the sources. `status` of a home without a ledger is the
 * program's start; what a look-up takes beside it is what counts. One device is made for real, the others are recorded
 * through the ledger (`million/fill-lot.ts`).
 * `node bench/device.ts [N] [--rounds N] [--folder DIR]`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { homeLayout } from "../src/disk/layout.ts";
import { openLedger } from "../src/ledger/sqlite/open-ledger.ts";
import { type CommandCost, measureCommand } from "./check/measure-command.ts";
import { madeUpId } from "./ledger/made-up-rows.ts";
import { FILLED_PREFIX, fillLot } from "./million/fill-lot.ts";
import { median } from "./mint/crew.ts";
import { openWholeRun } from "./mint/whole-run.ts";

const LOT = "lot-1";
const WANTED_MS = 100;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "7" }, folder: { type: "string", default: tmpdir() } },
});
const devices = Number(positionals[0] ?? "1000000");

const folder = mkdtempSync(join(values.folder, "lotmint-device-"));
const whole = await openWholeRun({ folder });
try {
  await whole.run(1);
  const home = homeLayout(whole.home);
  await fillLot(home, LOT, 1, devices);
  const middle = madeUpId(FILLED_PREFIX, Math.floor(devices / 2));
  const { serialNumber, publicKeySha256 } = await certificateOf(middle);
  const empty = join(folder, "empty");
  mkdirSync(empty);
  writeFileSync(join(empty, "lotmint.yaml"), "");
  // In turn, so that a change of the machine's pace meets all of them.
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ["start", ["--home", empty, "status"]],
    ["by id", ["--home", whole.home, "device", middle]],
    ["by serial number", ["--home", whole.home, "device", "--serial", serialNumber]],
    ["by public key", ["--home", whole.home, "device", "--public-key", publicKeySha256]],
  ];
  const costs = new Map<string, CommandCost[]>(commands.map(([name]) => [name, []]));
  for (let round = 0; round < Number(values.rounds) + 1; round++) {
    for (const [name, args] of commands) {
      const cost = measureCommand(args, { folder });
      // The first round fills the caches, of the compiled program too.
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  const start = costs.get("start") ?? [];
  console.log(`lotmint device in a ledger of ${devices} devices, Node ${process.version}`);
  console.log(`  ${"".padEnd(18)}   wall ms    CPU ms   beside the start: wall ms, CPU ms`);
  for (const [name, found] of costs) print(name, found, name === "start" ? undefined : start);
} finally {
  whole.close();
  rmSync(folder, { recursive: true, force: true });
}

async function certificateOf(externalId: string) {
  const ledger = await openLedger(homeLayout(whole.home).ledger, { now: Date.now });
  try {
    const [account] = await ledger.deviceAccounts([{ lot: LOT, externalId }]);
    const [certificate] = account?.certificates ?? [];
    return { serialNumber: certificate?.serialNumber ?? "", publicKeySha256: certificate?.publicKeySha256 ?? "" };
  } finally {
    await ledger.close();
  }
}

function print(name: string, found: readonly CommandCost[], start: readonly CommandCost[] | undefined): void {
  const ms = (costs: readonly CommandCost[]) => ({
    wall: median(costs.map(({ seconds }) => seconds * 1000)),
    cpu: median(costs.map(({ cpuUs }) => cpuUs / 1000)),
  });
  const [own, first] = [ms(found), ms(start ?? found)];
  const figure = (value: number) => value.toFixed(1).padStart(10);
  const beside =
    start === undefined
      ? ""
      : `${figure(own.wall - first.wall)}${figure(own.cpu - first.cpu)}   wanted ${WANTED_MS}: ${own.wall - first.wall <= WANTED_MS ? "reached" : "MISSING"}`;
  console.log(`  ${name.padEnd(18)}${figure(own.wall)}${figure(own.cpu)}${beside}`);
}
