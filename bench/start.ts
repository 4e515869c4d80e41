import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * `npm run bench:start`: CPU time of `lotmint --version` and `lotmint status` as they are installed, against a bare
 * `node -e 0`, in turn in one run. The smallest of many counts, since a busy machine only adds.
 * `node bench/start.ts [--rounds N] [--program FILE]`: FILE instead of a package that is made and installed.
 */
const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" }, program: { type: "string" } } });
const ROUNDS = Number(values.rounds);
const WANTED = { "--version": 2, status: 3 };

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lotmint-start-"));
const home = join(folder, "home");
try {
  const lotmint = values.program ?? installPackage();
  mkdirSync(join(home, "input"), { recursive: true });
  writeFileSync(join(home, "input", "L1.csv"), "id\nACM-1\n");
  const env = { ...process.env, LOTMINT_PASSPHRASE: "correct horse 1" };
  const make = (...args: string[]) =>
    execFileSync(process.execPath, [lotmint, "--home", home, ...args], { env, stdio: "ignore" });
  make("authority", "create", "root", "--subject", "CN=Root");
  make("authority", "create", "line", "--issuer", "root", "--subject", "CN=Line", "--path-length", "0");
  make("run", join(home, "input", "L1.csv"), "--issuer", "line");
  const lines = {
    bare: ["-e", "0"],
    "--version": [lotmint, "--version"],
    status: [lotmint, "--home", home, "status"],
  };
  const least = {
    bare: Number.POSITIVE_INFINITY,
    "--version": Number.POSITIVE_INFINITY,
    status: Number.POSITIVE_INFINITY,
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, line] of Object.entries(lines)) {
      least[name as keyof typeof least] = Math.min(least[name as keyof typeof least], cpuMs(line));
    }
  }
  console.log(`node -e 0: ${least.bare.toFixed(1)} ms of CPU time`);
  for (const [name, wanted] of Object.entries(WANTED)) {
    const ms = least[name as keyof typeof WANTED];
    console.log(`lotmint ${name}: ${ms.toFixed(1)} ms, ${(ms / least.bare).toFixed(2)} times; wanted are ${wanted}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function installPackage(): string {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
  const packed = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  const install = ["install", "--global", "--offline", "--omit=optional", "--prefix", folder, join(folder, packed)];
  execFileSync("npm", install, { stdio: "ignore" });
  return join(folder, "lib", "node_modules", "lotmint", "bin", "lotmint");
}

/** CPU time of a process and its threads, as bash measures it. */
function cpuMs(line: readonly string[]): number {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>/dev/null';
  const { stderr } = spawnSync("bash", ["-c", script, "bash", process.execPath, ...line], { encoding: "utf8" });
  const [user = 0, system = 0] = stderr.trim().split(" ").map(Number);
  return (user + system) * 1000;
}
