import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../bin/lotmint", import.meta.url));

/** The real program on a home of its own, one new lot after the other. */
export interface WholeRun {
  readonly home: string;
  /** Runs one lot of so many devices, as a process from start to end; devices per second of wall time. */
  readonly rate: (devices: number) => Promise<number>;
  readonly close: () => void;
}

/** How the runs are looked into while they last. */
interface Measuring {
  /** A module that they load first. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Makes a home with a root and an intermediate. Its lots get PKCS#12, certificate and chain for each device,
 * durable, with ledger, password list, registration file and reports; nothing is submitted.
 */
export async function openWholeRun(measuring: Measuring = {}): Promise<WholeRun> {
  const home = mkdtempSync(join(tmpdir(), "lotmint-bench-"));
  mkdirSync(join(home, "input"));
  await lotmint(home, ["authority", "create", "root"]);
  await lotmint(home, ["authority", "create", "line", "--issuer", "root"]);
  let lots = 0;
  return {
    home,
    rate: async (devices) => {
      const lot = `lot-${++lots}`;
      const manifest = join(home, "input", `${lot}.csv`);
      const rows = Array.from({ length: devices }, (_, index) => {
        const id = `ACM-${lots}-${String(index).padStart(7, "0")}`;
        return `${id},Sensor ${index},Hall ${index % 7}/Line ${index % 3}\n`;
      });
      writeFileSync(manifest, `id,name,path\n${rows.join("")}`);
      const startedMs = performance.now();
      await lotmint(home, ["run", manifest, "--issuer", "line"], measuring);
      return devices / ((performance.now() - startedMs) / 1000);
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

function lotmint(home: string, args: readonly string[], { preload, env }: Measuring = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const imports = preload === undefined ? {} : { NODE_OPTIONS: `--import ${preload}` };
    const child = spawn(PROGRAM, ["--home", home, "--log-level", "error", ...args], {
      env: { ...process.env, ...env, ...imports, LOTMINT_PASSPHRASE: "a passphrase for the bench" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`lotmint ${args.join(" ")} ended with ${code}`)),
    );
  });
}
