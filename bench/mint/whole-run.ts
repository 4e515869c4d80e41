import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../bin/lotmint", import.meta.url));
/** Of its authorities. */
export const BENCH_PASSPHRASE = "a passphrase for the bench";
/** Clock ticks a second in /proc: USER_HZ, which is the same for every architecture that Node.js runs on. */
const TICKS = 100;

/** The real program on a home of its own, one new lot after the other. */
export interface WholeRun {
  readonly home: string;
  /** Runs one lot of so many devices, as a process from start to end. */
  readonly run: (devices: number, env?: Readonly<Record<string, string>>) => Promise<RunCost>;
  /** Any other command on its home. */
  readonly command: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<void>;
  readonly close: () => void;
}

export interface RunCost {
  /** Devices per second of wall time. */
  readonly rate: number;
  /** CPU time a device in microseconds: user and system, all threads, from the start of the process to its end. */
  readonly cpuUs: number;
}

/** Where the runs are, and how they are looked into while they last. */
interface Measuring {
  /** The folder that the home is made in; the system's for temporary files unless told. */
  readonly folder?: string;
  /** A module that they load first. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** lotmint.yaml. */
  readonly site?: string;
}

/**
 * Makes a home with a root and an intermediate. Its lots get PKCS#12, certificate and chain for each device,
 * durable, with ledger, password list, registration file and reports; nothing is submitted.
 */
export async function openWholeRun(measuring: Measuring = {}): Promise<WholeRun> {
  const home = mkdtempSync(join(measuring.folder ?? tmpdir(), "lotmint-bench-"));
  mkdirSync(join(home, "input"));
  await lotmint(home, ["authority", "create", "root"]);
  await lotmint(home, ["authority", "create", "line", "--issuer", "root"]);
  if (measuring.site !== undefined) writeFileSync(join(home, "lotmint.yaml"), measuring.site);
  let lots = 0;
  return {
    home,
    run: async (devices, env) => {
      const lot = `lot-${++lots}`;
      const manifest = join(home, "input", `${lot}.csv`);
      const rows = Array.from({ length: devices }, (_, index) => {
        const id = `ACM-${lots}-${String(index).padStart(7, "0")}`;
        return `${id},Sensor ${index},Hall ${index % 7}/Line ${index % 3}\n`;
      });
      writeFileSync(manifest, `id,name,path\n${rows.join("")}`);
      const startedUs = childrensCpuUs();
      const startedMs = performance.now();
      await lotmint(home, ["run", manifest, "--issuer", "line"], { ...measuring, env: { ...measuring.env, ...env } });
      const seconds = (performance.now() - startedMs) / 1000;
      return { rate: devices / seconds, cpuUs: (childrensCpuUs() - startedUs) / devices };
    },
    command: (args, env) => lotmint(home, args, { env: { ...measuring.env, ...env } }),
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

function lotmint(home: string, args: readonly string[], { preload, env }: Measuring = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const imports = preload === undefined ? {} : { NODE_OPTIONS: `--import ${preload}` };
    const child = spawn(PROGRAM, ["--home", home, "--log-level", "error", ...args], {
      env: { ...process.env, ...env, ...imports, LOTMINT_PASSPHRASE: BENCH_PASSPHRASE },
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`lotmint ${args.join(" ")} ended with ${code}`)),
    );
  });
}

/** CPU time of all processes that this one has started and that have ended, user and system: proc(5), cutime and cstime. */
function childrensCpuUs(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // After the name in brackets come the fields from the third on.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[13]) + Number(fields[14])) / TICKS) * 1e6;
}
