/**
 * What asking for collisions adds to a lot that is minted and submitted, with a platform that answers late; and whether
 * a platform at its limit is pushed over it. `node bench/submit.ts [DEVICES] [LATENCY_MS] [DEVICES_AT_LIMIT]`, 20,000,
 * 40 and 4,000 unless told. The sandbox runs in this process.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Capacity, FaultRule } from "../src/sandbox/faults/faults.ts";
import { setFaults } from "../src/sandbox/faults/faults.ts";
import { startSandbox } from "../src/sandbox/serve-sandbox.ts";
import { readAtLimit } from "./submit/at-limit.ts";

const PROGRAM = fileURLToPath(new URL("../bin/lotmint", import.meta.url));
const WANTED = 1.5;
/** Questions and uploads that may be under way together. */
const MOST_WANTED = 64 + 4;
/** At the limit: share of 429 after the first, and time against that of a client that always asks as many as may be. */
const WANTED_REFUSED = 0.02;
const WANTED_TIMES = 1.3;
const CAPACITY = 16;

const devices = Number(process.argv[2] ?? "20000");
const latencyMs = Number(process.argv[3] ?? "40");
const devicesAtLimit = Number(process.argv[4] ?? "4000");
const home = mkdtempSync(join(tmpdir(), "lotmint-bench-"));
mkdirSync(join(home, "jobs"));
mkdirSync(join(home, "input"));
await lotmint(["authority", "create", "line"]);
const trust = [readFileSync(join(home, "state/authorities/line/certificate.pem"), "utf8")];
const sandbox = await startSandbox({ trust });
try {
  writeFileSync(join(home, "ca.pem"), sandbox.caPem);
  const { url, tenant, credentials } = sandbox;
  const platform = { url, tenant, user: credentials.user, caFile: "ca.pem" };
  writeFileSync(join(home, "lotmint.yaml"), JSON.stringify({ platform }));
  console.log(`${devices} EC devices, ${latencyMs} ms to the platform, Node ${process.version}`);
  const delay: FaultRule = { kind: "delay", delayMs: latencyMs };
  const without = await runLot("ledger", devices, "ledger", delay);
  const asked = await runLot("platform", devices, "platform", delay);
  console.log(`  with / without: ${ratioText(asked / without, WANTED)}`);
  console.log(`${devicesAtLimit} devices, a platform that serves ${CAPACITY} questions at once`);
  for (const excess of ["refuse", "queue"] as const) await runAtLimit(excess);
} finally {
  await sandbox.close();
  rmSync(home, { recursive: true, force: true });
}

/** Runs a new lot; how many seconds that took. */
async function runLot(lot: string, count: number, collisions: "ledger" | "platform", rule: FaultRule): Promise<number> {
  const rows = Array.from({ length: count }, (_, index) => `${lot}-${String(index).padStart(7, "0")}\n`);
  writeFileSync(join(home, "input", `${lot}.csv`), `id\n${rows.join("")}`);
  const job = { lot, manifest: `../input/${lot}.csv`, issuer: "line", submit: { collisions } };
  writeFileSync(join(home, "jobs", `${lot}.yaml`), JSON.stringify(job));
  sandbox.state.requests.length = 0;
  setFaults(sandbox.state.faults, [rule]);
  const startedMs = performance.now();
  await lotmint(["run", lot], { LOTMINT_PLATFORM_PASSWORD: sandbox.credentials.password });
  const seconds = (performance.now() - startedMs) / 1000;
  const most = Math.max(...sandbox.state.requests.map(({ inFlight = 0 }) => inFlight));
  console.log(
    `  lot ${lot.padEnd(9)}${seconds.toFixed(1).padStart(7)} s, at most ${most} requests at once${most > MOST_WANTED ? `, OVER ${MOST_WANTED}` : ""}`,
  );
  return seconds;
}

async function runAtLimit(excess: Capacity["excess"]): Promise<void> {
  const rule: FaultRule = {
    kind: "capacity",
    atOnce: CAPACITY,
    serviceMs: latencyMs,
    excess,
    match: { path: "/identity/*" },
  };
  await runLot(excess, devicesAtLimit, "platform", rule);
  const { seconds, later, refusedLater, mostLater } = readAtLimit(sandbox.state, latencyMs);
  const ideal = (devicesAtLimit * latencyMs) / CAPACITY / 1000;
  const times = ratioText(seconds / ideal, WANTED_TIMES);
  console.log(`  ${excess}: asked in ${seconds.toFixed(1)} s, at best ${ideal.toFixed(1)} s; times ${times}`);
  const share = refusedLater / Math.max(later, 1);
  const verdict = share <= WANTED_REFUSED ? "within" : "OVER";
  console.log(
    `  ${excess}: ${refusedLater} of ${later} later questions got 429, ${verdict} ${WANTED_REFUSED * 100} %; at most ${mostLater} at once`,
  );
}

function ratioText(ratio: number, wanted: number): string {
  return `${ratio.toFixed(2)}; ${ratio <= wanted ? "within" : "OVER"} ${wanted}`;
}

function lotmint(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(PROGRAM, ["--home", home, "--log-level", "error", ...args], {
      env: { ...process.env, ...more, LOTMINT_PASSPHRASE: "a passphrase for the bench" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`lotmint ${args.join(" ")} ended with ${code}`)),
    );
  });
}
