import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const LIMIT = new URL("../../src/cli/limit-arenas.ts", import.meta.url).href;
/** Threads that allocate, then a count of glibc's arenas: each reserves 64 MiB, of which a part may be written. */
const PROGRAM = `
  import { readFileSync } from "node:fs";
  import { Worker } from "node:worker_threads";
  const { limitArenas } = await import(${JSON.stringify(LIMIT)});
  const limited = process.argv[1] === "limit" && limitArenas();
  const work = "import { generateKeyPairSync } from 'node:crypto'; import { parentPort } from 'node:worker_threads';" +
    "generateKeyPairSync('ec', { namedCurve: 'P-256' }); parentPort.postMessage(1); setInterval(() => {}, 1000)";
  const workers = Array.from({ length: 8 }, () => new Worker(work, { eval: true }));
  await Promise.all(workers.map((worker) => new Promise((ready) => worker.once("message", ready))));
  const parts = readFileSync("/proc/self/maps", "utf8").split("\\n")
    .map((line) => /^([0-9a-f]+)-([0-9a-f]+) (\\S+) \\S+ \\S+ 0 *$/.exec(line) ?? []);
  const arenas = parts.filter(([, from, to, mode], i) => mode === "rw-p" && parts[i + 1]?.[3] === "---p" &&
    parts[i + 1][1] === to && BigInt("0x" + parts[i + 1][2]) - BigInt("0x" + from) === 67108864n);
  console.log(JSON.stringify({ limited, arenas: arenas.length }));
  process.exit();
`;

function run(...args: readonly string[]): { readonly limited: boolean; readonly arenas: number } {
  const env = { ...process.env };
  delete env["MALLOC_ARENA_MAX"];
  const line = ["--input-type=module", "-e", PROGRAM, ...args];
  const { stdout, stderr } = spawnSync(process.execPath, line, { encoding: "utf8", env });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test.skipIf(process.platform !== "linux")(
  "threads that begin after the call share arenas, and nothing is said of it",
  () => {
    const free = run();
    const { limited, arenas } = run("limit");
    expect(limited).toBe(true);
    expect(arenas).toBeLessThan(free.arenas);
  },
);
