import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCost } from "./measured-exit.ts";

/** What a command has cost from its start to its end. */
export interface CommandCost {
  /** User and system, of all threads. */
  readonly cpuUs: number;
  readonly peakMb: number;
  readonly seconds: number;
}

const SOURCES = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const MEASURED_EXIT = new URL("./measured-exit.ts", import.meta.url).href;

/** Runs `lotmint` with these arguments; what it needs to keep goes into `folder`. Throws when it does not end with 0. */
export function measureCommand(
  args: readonly string[],
  { folder, program = SOURCES, preload, env }: CommandSetting,
): CommandCost {
  const target = join(folder, "cost.json");
  const imports = [MEASURED_EXIT, ...(preload === undefined ? [] : [preload])].flatMap((each) => ["--import", each]);
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...imports, program, "--log-level", "error", ...args],
    {
      encoding: "utf8",
      env: { ...process.env, ...env, BENCH_COST: target, NODE_COMPILE_CACHE: join(folder, "compiled") },
    },
  );
  const seconds = (performance.now() - startedMs) / 1000;
  if (status !== 0) throw new Error(`lotmint ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
  return { ...readCost(target), seconds };
}

interface CommandSetting {
  readonly folder: string;
  /** Its sources, unless told. */
  readonly program?: string;
  /** A module that it loads first. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
}
