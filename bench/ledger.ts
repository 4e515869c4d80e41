/**
 * What the ledger costs the main thread a device, without anything else of a run: a manifest is taken in, and its
 * devices are claimed, recorded as minted, listed, sent and confirmed. `node bench/ledger.ts [DEVICES]`, 20,000 unless told.
 * CPU is the main thread's own; busy is how long its event loop could do nothing else, waits for the disk included.
 * Then a whole `lotmint run` of as many devices, start-up included: the main thread's CPU time beside that of all threads.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { currentLockOwner } from "../src/ledger/lock-owner.ts";
import { openLedger } from "../src/ledger/sqlite/open-ledger.ts";
import { newSerialNumber } from "../src/x509/serial-number.ts";
import { digest, madeUpCertificate, madeUpDecisions } from "./ledger/made-up-rows.ts";
import { openWholeRun } from "./mint/whole-run.ts";

const DEVICES = Number(process.argv[2] ?? "20000");
const BATCH = 250;
const PART = 1000;
/** Microseconds a device that a whole run may cost the main thread. */
const MOST_MAIN_US = 150;

const folder = mkdtempSync(join(tmpdir(), "lotmint-bench-"));
const ledger = await openLedger(join(folder, "ledger.sqlite"), { now: Date.now });
const costs = { cpuUs: 0, busyMs: 0 };
try {
  const lease = await ledger.acquireLot("bench", currentLockOwner());
  await ledger.recordJob(lease, { issuer: "line", name: "bench", json: "{}" });
  console.log(`${DEVICES} devices, Node ${process.version}; microseconds a device\n\n  step          CPU     busy`);
  await step("take in", async () => {
    const manifest = { sha256: digest("manifest"), name: "bench.csv", kind: "full", header: ["id", "name"] } as const;
    await ledger.absorbManifest(lease, manifest, madeUpDecisions({ prefix: "ACM", type: "c8y_Linux" }, 0, DEVICES));
  });
  await step("mint", async () => {
    for (;;) {
      const serialNumbers = Array.from({ length: BATCH }, newSerialNumber);
      const claimed = await ledger.claimBatch(lease, { issuer: "line", serialNumbers });
      if (claimed === undefined) return;
      await ledger.heartbeat(lease);
      await ledger.commitMinted(lease, claimed.batch, claimed.devices.map(madeUpCertificate));
      await ledger.commitPlaced(lease, claimed.batch);
    }
  });
  const parts: string[][] = [];
  await step("list", async () => {
    for (;;) {
      const ids = (await ledger.unlistedDevices("bench", PART)).map(({ externalId }) => externalId);
      if (ids.length === 0) return;
      parts.push(ids);
      await ledger.commitPart(lease, { number: parts.length, sha256: digest("part"), paths: ["Factory"] }, ids);
    }
  });
  await step("submit", async () => {
    for (const [index, externalIds] of parts.entries()) {
      await ledger.recordCollisions(
        lease,
        externalIds.map((externalId) => ({ externalId, present: false })),
      );
      const upload = await ledger.openUpload(lease, { part: index + 1, externalIds });
      await ledger.closeUpload(lease, upload, { kind: "answered", confirmed: externalIds, rejected: [] });
    }
  });
  console.log(`  ${row("in all", costs.cpuUs, costs.busyMs)}`);
  await measureMainThread();
} finally {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measureMainThread(): Promise<void> {
  const target = join(folder, "main-cpu");
  const preload = fileURLToPath(new URL("./mint/main-thread.ts", import.meta.url));
  const whole = await openWholeRun({ preload, env: { BENCH_MAIN_CPU: target } });
  try {
    const { cpuUs } = await whole.run(DEVICES);
    const mainUs = Number(readFileSync(target, "utf8")) / DEVICES;
    console.log(`\n  whole run: main thread ${mainUs.toFixed(1)}, all threads ${cpuUs.toFixed(1)}`);
    console.log(`  main thread wanted ${MOST_MAIN_US}: ${mainUs <= MOST_MAIN_US ? "reached" : "TOO MUCH"}`);
  } finally {
    whole.close();
  }
}

async function step(name: string, act: () => Promise<void>): Promise<void> {
  const cpu = process.threadCpuUsage();
  const loop = performance.eventLoopUtilization();
  const startedMs = performance.now();
  await act();
  const { user, system } = process.threadCpuUsage(cpu);
  const active = performance.now() - startedMs - performance.eventLoopUtilization(loop).idle;
  costs.cpuUs += user + system;
  costs.busyMs += active;
  console.log(`  ${row(name, user + system, active)}`);
}

function row(name: string, cpuUs: number, busyMs: number): string {
  const perDevice = (us: number) => (us / DEVICES).toFixed(1).padStart(9);
  return `${name.padEnd(8)}${perDevice(cpuUs)}${perDevice(busyMs * 1000)}`;
}
