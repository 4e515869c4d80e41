import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arch, execPath } from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../../bin", import.meta.url));
/** Says how it was started; with "wait" it ends soon after a signal, late enough to hear a second one. */
const PROGRAM = `
process.exitCode = 7;
if (process.argv[2] === "die") process.kill(process.pid, "SIGKILL");
if (process.argv[2] === "wait") {
  const alive = setInterval(() => {}, 1000);
  let signals = 0;
  for (const name of ["SIGINT", "SIGTERM"]) {
    process.on(name, () => {
      signals += 1;
      console.log("got " + name + " " + signals);
      setTimeout(() => clearInterval(alive), 300);
    });
  }
}
console.log(["started", process.argv.slice(2).join("|"), process.execArgv.join(" "), process.pid].join(" "));
`;

let root = "";

/** An installed lotmint, without packages. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-launcher-"));
  mkdirSync(join(root, "dist"));
  cpSync(BIN, join(root, "bin"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{ "type": "module", "version": "1.2.3" }');
  writeFileSync(join(root, "dist", "main.js"), PROGRAM);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Makes a checkout of it, whose program is TypeScript. */
function makeCheckout(): void {
  mkdirSync(join(root, "src"));
  writeFileSync(join(root, "src", "main.ts"), `const of: string = "source";\nconsole.log(of);\n${PROGRAM}`);
}

function installPackagedNode(): void {
  const folder = join(root, "node_modules", `node-linux-${arch}`);
  mkdirSync(join(folder, "bin"), { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  symlinkSync(execPath, join(folder, "bin", "node"));
}

/** The command line of the launcher, on a Node.js that says it is of `version`. */
function commandLine(args: readonly string[], version?: string): string[] {
  const launcher = join(root, "bin", "lotmint");
  if (version === undefined) return [launcher, ...args];
  const disguise = join(root, "disguise.cjs");
  const versions = JSON.stringify({ node: version });
  writeFileSync(disguise, `Object.defineProperty(process, "versions", { value: ${versions} });`);
  return ["-r", disguise, launcher, ...args];
}

function launch(args: readonly string[], version?: string) {
  return spawnSync(execPath, commandLine(args, version), { encoding: "utf8", env: {} });
}

test.each(["14.21.3", "26.10.0"])("on Node.js %s --version is answered with nothing else installed", (version) => {
  rmSync(join(root, "dist"), { recursive: true });
  const { status, stdout } = launch(["--version"], version);
  expect([status, stdout]).toEqual([0, "1.2.3\n"]);
});

test.each([
  ["bash", "bash"],
  ["powershell", "ps1"],
])("on any Node.js completion %s is answered with nothing else installed", (shell, ending) => {
  rmSync(join(root, "dist"), { recursive: true });
  mkdirSync(join(root, "completions"));
  writeFileSync(join(root, "completions", `lotmint.${ending}`), "# the script\n");
  expect(launch(["completion", shell], "14.21.3")).toMatchObject({ status: 0, stdout: "# the script\n", stderr: "" });
});

test("in a checkout without packages it says what to run", () => {
  makeCheckout();
  const { status, stderr } = launch(["status"]);
  expect(status).toBe(2);
  expect(stderr).toContain(`run 'npm ci' in ${root}`);
});

test.each(["14.21.3", "20.20.2", "22.18.0", "23.11.0"])(
  "Node.js %s is too old, and without the optional package both cures are named",
  (version) => {
    const { status, stderr } = launch(["status"], version);
    expect(status).toBe(2);
    expect(stderr).toContain("its own Node.js is not installed");
    expect(stderr).toContain(`${execPath} is v${version}, which is too old`);
    expect(stderr).toContain("npm install -g --include=optional");
    expect(stderr).toContain("install Node.js 22.19 or newer");
  },
);

test("in a checkout the cure for a missing optional package is npm ci", () => {
  makeCheckout();
  mkdirSync(join(root, "node_modules", "yargs"), { recursive: true });
  expect(launch(["status"], "20.20.2").stderr).toContain(`run 'npm ci --include=optional' in ${root}`);
});

test.each(["22.19.0", "24.9.0", "26.10.0"])(
  "a Node.js %s runs the program itself: no second process, arguments and exit code as given, nothing said",
  async (version) => {
    installPackagedNode();
    const child = spawn(execPath, commandLine(["status", "a lot", "--json"], version), { env: {} });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    expect(stdout).toContain("started status|a lot|--json ");
    expect(stdout.trim().split(" ").at(-1)).toBe(String(child.pid));
    expect([stderr, code]).toEqual(["", 7]);
  },
);

test("a checkout runs its sources, also where a build lies beside them", () => {
  makeCheckout();
  mkdirSync(join(root, "node_modules", "yargs"), { recursive: true });
  const { status, stdout, stderr } = launch(["status"]);
  expect(stdout).toMatch(/^source\nstarted status /);
  expect([status, stderr]).toEqual([7, ""]);
});

test("too old a Node.js starts the packaged one: arguments, exit code and the smaller young generation", () => {
  installPackagedNode();
  const { status, stdout, stderr } = launch(["status", "a lot"], "20.20.2");
  expect(stdout).toContain("started status|a lot --max-semi-space-size=8 ");
  expect([status, stderr]).toEqual([7, ""]);
});

test("when the packaged Node.js is killed, the launcher ends by the same signal", () => {
  installPackagedNode();
  expect(launch(["die"], "20.20.2").signal).toBe("SIGKILL");
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s to the launcher alone reaches the packaged Node.js once",
  async (signal) => {
    installPackagedNode();
    const child = spawn(execPath, commandLine(["wait"], "20.20.2"), { env: {}, detached: true });
    const [code, stdout] = await signalled(child, () => child.kill(signal));
    expect(stdout).toContain(`got ${signal} 1`);
    expect(stdout).not.toContain(`got ${signal} 2`);
    expect(code).toBe(7);
  },
);

const hasScript = spawnSync("script", ["--version"]).status === 0;

test.skipIf(!hasScript)(
  "Ctrl-C on a terminal reaches the packaged Node.js once (skipped without script, of util-linux)",
  async () => {
    installPackagedNode();
    const words = [execPath, ...commandLine(["wait"], "20.20.2")].join(" ");
    const child = spawn("script", ["-qefc", words, "/dev/null"], { env: { PATH: "/usr/bin:/bin" } });
    const [, stdout] = await signalled(child, () => child.stdin.write("\u0003"));
    expect(stdout).toContain("got SIGINT 1");
    expect(stdout).not.toContain("got SIGINT 2");
  },
);

/** Calls `send` once the program has started; returns the exit code, and what was written. */
async function signalled(child: ChildProcess, send: () => void): Promise<readonly [number | null, string]> {
  let stdout = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    if (stdout === "") send();
    stdout += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return [code, stdout];
}
