/**
 * What asking for collisions adds to a lot that is minted and submitted, with a platform that answers late.
 * `node bench/submit.ts [DEVICES] [LATENCY_MS]`, 20,000 and 40 unless told. The sandbox runs in this process.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFaults } from "../src/sandbox/faults/faults.ts";
import { startSandbox } from "../src/sandbox/serve-sandbox.ts";

const PROGRAM = fileURLToPath(new URL("../bin/lotmint", import.meta.url));
const WANTED = 1.5;

const devices = Number(process.argv[2] ?? "20000");
const latencyMs = Number(process.argv[3] ?? "40");
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
  const without = await runLot("ledger");
  const asked = await runLot("platform");
  const ratio = asked / without;
  console.log(`  with / without: ${ratio.toFixed(2)}; ${ratio <= WANTED ? "within" : "OVER"} ${WANTED}`);
} finally {
  await sandbox.close();
  rmSync(home, { recursive: true, force: true });
}

async function runLot(collisions: "ledger" | "platform"): Promise<number> {
  const lot = `lot-${collisions}`;
  const rows = Array.from({ length: devices }, (_, index) => `${collisions}-${String(index).padStart(7, "0")}\n`);
  writeFileSync(join(home, "input", `${lot}.csv`), `id\n${rows.join("")}`);
  const job = { lot, manifest: `../input/${lot}.csv`, issuer: "line", submit: { collisions } };
  writeFileSync(join(home, "jobs", `${lot}.yaml`), JSON.stringify(job));
  sandbox.state.requests.length = 0;
  setFaults(sandbox.state.faults, [{ kind: "delay", delayMs: latencyMs }]);
  const startedMs = performance.now();
  await lotmint(["run", lot], { LOTMINT_PLATFORM_PASSWORD: sandbox.credentials.password });
  const seconds = (performance.now() - startedMs) / 1000;
  const most = Math.max(...sandbox.state.requests.map(({ inFlight = 0 }) => inFlight));
  console.log(
    `  collisions: ${collisions.padEnd(9)}${seconds.toFixed(1).padStart(7)} s, at most ${most} requests at once`,
  );
  return seconds;
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
