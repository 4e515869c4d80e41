/**
 * How much of what a token can sign a lot gets out of it: SoftHSM2 behind a module that makes each C_Sign take 20 ms more. The
 * token's own rate is measured in the same run, with as many threads as sessions that do nothing else.
 * `node bench/hsm.ts [--devices N] [--delay MS] [--sessions N] [--seconds N]`; needs softhsm2-util, gcc and pkcs11js
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { openTokens } from "../src/authority/hsm/open-tokens.ts";
import { parsePkcs11Uri } from "../src/authority/hsm/pkcs11-uri.ts";
import type { LotReport } from "../src/domain/report.ts";
import { compileShim, makeSoftHsm, PIN, shimEnv } from "../test/fixtures/hsm/soft-hsm.ts";
import type { SignWork } from "./hsm/sign-worker.ts";

/** Of the token's own rate. */
const WANTED = 0.95;
const URI = "pkcs11:token=line;object=line-3";
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

const { values } = parseArgs({
  options: {
    devices: { type: "string", default: "4000" },
    delay: { type: "string", default: "20" },
    sessions: { type: "string", default: "4" },
    seconds: { type: "string", default: "5" },
  },
});
const devices = Number(values.devices);
const sessions = Number(values.sessions);
const delayMs = Number(values.delay);

const softHsm = makeSoftHsm();
const home = mkdtempSync(join(tmpdir(), "lotmint-bench-hsm-"));
try {
  softHsm.addToken("line");
  const hsm = { module: compileShim(), sessions };
  const env = { ...softHsm.env, ...shimEnv(softHsm.folder, { delayUs: delayMs * 1000 }) };
  Object.assign(process.env, env);
  writeFileSync(join(home, "lotmint.yaml"), JSON.stringify({ hsm }));
  const manifest = join(home, "lot.csv");
  writeFileSync(manifest, `id\n${Array.from({ length: devices }, (_, index) => `ACM-${index}\n`).join("")}`);
  lotmint(["authority", "create", "line-3", "--hsm", URI]);

  const before = await ownRate(hsm);
  const startedMs = performance.now();
  lotmint(["run", manifest, "--issuer", "line-3"]);
  const whole = devices / ((performance.now() - startedMs) / 1000);
  const after = await ownRate(hsm);
  const own = (before + after) / 2;
  const report = JSON.parse(readFileSync(join(home, "output", "lot", "report.json"), "utf8")) as LotReport;
  const minting = report.rate.devicesPerSecond ?? 0;
  const share = minting / own;
  console.log(`A lot of ${devices} devices, ${sessions} sessions, each C_Sign ${delayMs} ms longer`);
  console.log(`  the token alone: ${before.toFixed(1)} signatures/s before, ${after.toFixed(1)} after`);
  console.log(`  the lot, minting: ${minting.toFixed(1)} devices/s; whole process: ${whole.toFixed(1)} devices/s`);
  const verdict = share >= WANTED ? "reached" : "NOT reached";
  console.log(`  minting against the token: ${share.toFixed(3)}; wanted ${WANTED}, ${verdict}`);
} finally {
  rmSync(home, { recursive: true, force: true });
  softHsm.close();
}

function lotmint(args: readonly string[]): void {
  const { status, stderr } = spawnSync(execPath, [MAIN, "--home", home, ...args], {
    env: { ...process.env, LOTMINT_HSM_PIN: PIN },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`lotmint ${args.join(" ")} ended with ${status}: ${stderr}`);
}

/** Signatures a second of all sessions, each with a thread that does nothing else. */
async function ownRate(hsm: { readonly module: string; readonly sessions: number }): Promise<number> {
  const tokens = openTokens(hsm);
  try {
    const uri = parsePkcs11Uri(URI);
    const token = await tokens.open(uri, async () => PIN);
    const work: SignWork = { key: token.findKey(uri).forThreads(), milliseconds: Number(values.seconds) * 1000 };
    const rates = await Promise.all(Array.from({ length: hsm.sessions }, () => rateOf(work)));
    return rates.reduce((sum, rate) => sum + rate, 0);
  } finally {
    tokens.close();
  }
}

function rateOf(work: SignWork): Promise<number> {
  const worker = new Worker(new URL("./hsm/sign-worker.ts", import.meta.url), { workerData: work });
  return new Promise((resolve, reject) => {
    let rate = 0;
    worker.on("message", (answer: number) => {
      rate = answer;
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve(rate));
  });
}
