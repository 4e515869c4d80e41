/**
 * What `lotmint check LOT --sample 500` takes in a ledger of 1,000,000 devices: wall time, CPU time of all threads and
 * peak memory. The lot's first devices are made for real; the rest of its rows are recorded through the ledger with
 * certificates that nobody signed, and have a password and a row in a part, but no folder. The sample is drawn from the
 * first ones: the draw reads and costs the same, and what is opened is real.
 * `node bench/check-million.ts [--devices N] [--real N] [--sample N] [--rounds N] [--folder DIR]`
 */
import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { homeLayout, lotLayout, partFile } from "../src/disk/layout.ts";
import type { PlannedBatch } from "../src/domain/plan.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { currentLockOwner } from "../src/ledger/lock-owner.ts";
import { openLedger } from "../src/ledger/sqlite/open-ledger.ts";
import { newSerialNumber } from "../src/x509/serial-number.ts";
import { type CommandCost, measureCommand } from "./check/measure-command.ts";
import { median } from "./mint/crew.ts";
import { openWholeRun } from "./mint/whole-run.ts";

const BATCH = 250;
const PART = 1000;
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
  const home = homeLayout(whole.home);
  const ledger = await openLedger(home.ledger, { now: Date.now });
  try {
    await fill(ledger);
  } finally {
    await ledger.close();
  }
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

/** The rest of the lot, as a run would have recorded it. */
async function fill(ledger: Ledger): Promise<void> {
  const lease = await ledger.acquireLot(LOT, currentLockOwner());
  const manifest = { sha256: digest("manifest"), name: "rest.csv", kind: "full", header: ["id", "name"] } as const;
  await ledger.absorbManifest(lease, manifest, decisions());
  for (;;) {
    const serialNumbers = Array.from({ length: BATCH }, newSerialNumber);
    const claimed = await ledger.claimBatch(lease, { issuer: "line", serialNumbers });
    if (claimed === undefined) break;
    await ledger.heartbeat(lease);
    await ledger.commitMinted(lease, claimed.batch, claimed.devices.map(certificateOf));
    await ledger.commitPlaced(lease, claimed.batch);
  }
  const layout = lotLayout(homeLayout(whole.home), LOT);
  const before = (await ledger.parts(LOT)).length;
  for (let number = before + 1; ; number++) {
    const ids = (await ledger.unlistedDevices(LOT, PART)).map(({ externalId }) => externalId);
    if (ids.length === 0) break;
    const rows = ids.map((id) => `${id};CERTIFICATES;;c8y_Device;Sensor ${id};Hall 1/Line 1;true\n`).join("");
    const text = `ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME;PATH;com_cumulocity_model_Agent.active\n${rows}`;
    writeFileSync(partFile(layout, number), text, { mode: 0o600 });
    await ledger.commitPart(lease, { number, sha256: digest(text), paths: [] }, ids);
    appendFileSync(layout.passwords, ids.map((id) => `${id},ABCDEFGHIJKLMNOPQRSTUVWXYZ\n`).join(""));
  }
  await ledger.releaseLot(lease, 0);
}

async function* decisions(): AsyncGenerator<PlannedBatch> {
  for (let start = real; start < devices; start += 500) {
    const rows = Array.from({ length: Math.min(500, devices - start) }, (_, index) => deviceOf(start + index));
    yield {
      decisions: rows.map((device) => {
        return { kind: "mint", device, subjectDigest: digest(device.externalId), registrationDigest: digest("row") };
      }),
      rejected: [],
    };
  }
}

function deviceOf(index: number) {
  const externalId = `REST-${String(index).padStart(7, "0")}`;
  const name = `Sensor ${index}`;
  return {
    externalId,
    line: index + 2,
    cells: { id: externalId, name, path: "Hall 1/Line 1" },
    subject: [{ attribute: "CN" as const, value: externalId }],
    registration: { type: "c8y_Device", name, agent: true, path: "Hall 1/Line 1", properties: {}, externalIds: {} },
  };
}

function certificateOf({ externalId, serialNumber }: { readonly externalId: string; readonly serialNumber: string }) {
  const files = {
    "certificate.pem": digest(serialNumber),
    "chain.pem": digest("chain"),
    "keystore.p12": digest(externalId),
  };
  const sha256 = digest(`certificate ${serialNumber}`);
  const publicKeySha256 = digest(`key ${serialNumber}`);
  return { externalId, serialNumber, notAfterMs: Date.UTC(2035, 0, 1), sha256, publicKeySha256, files };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function verdict(found: number, wanted: number): string {
  return found <= wanted ? `wanted ${wanted}: reached` : `wanted ${wanted}: MISSING`;
}
