import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const LAUNCHER = fileURLToPath(new URL("../../bin/lotmint", import.meta.url));
const PROGRAM = `const word: string = "started";
console.log(word, process.argv.slice(2).join("|"), process.execArgv.join(" "), process.execPath);
process.exit(7);
`;

let root = "";
let path = "";

/** A checkout in which nothing is installed, and a search path on which there is no node. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-launcher-"));
  path = join(root, "path");
  for (const folder of ["bin", "src", "path"]) mkdirSync(join(root, folder));
  copyFileSync(LAUNCHER, join(root, "bin", "lotmint"));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "src", "main.ts"), PROGRAM);
  for (const tool of ["readlink", "dirname", "sh"]) symlinkSync(found(tool), join(path, tool));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function found(tool: string): string {
  return spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
}

/** What `npm ci --omit=optional` leaves. */
function installWithoutOptional(): void {
  mkdirSync(join(root, "node_modules", "yargs"), { recursive: true });
}

function putOnPath(script: string): void {
  writeFileSync(join(path, "node"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(path, "node"), 0o755);
}

function launch(...args: string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync(join(root, "bin", "lotmint"), args, {
    encoding: "utf8",
    env: { PATH: path, NODE_COMPILE_CACHE: join(root, "cache") },
  });
}

test("in a checkout without packages it says what to run", () => {
  const { status, stderr } = launch("status");
  expect(status).toBe(2);
  expect(stderr).toContain(`run 'npm ci' in ${root}`);
});

test("without the optional package and without another Node.js it says what is missing, and both cures", () => {
  installWithoutOptional();
  const { status, stderr } = launch("status");
  expect(status).toBe(2);
  expect(stderr).toContain("its own Node.js is not installed");
  expect(stderr).toContain("npm ci --include=optional");
  expect(stderr).toContain("install Node.js 22.19 or newer");
});

test.each(["20.20.2", "22.18.0", "23.5.0"])("a machine's Node.js %s is too old, and named", (version) => {
  installWithoutOptional();
  // The launcher's own question is answered by a real Node.js that says it is of this version.
  putOnPath(
    `if [ "$1" = --version ]; then echo v${version}; else exec "${execPath}" -e "Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); $2"; fi`,
  );
  const { status, stderr } = launch("status");
  expect(status).toBe(2);
  expect(stderr).toContain(`${join(path, "node")} is v${version}, which is too old`);
  expect(stderr).toContain("npm ci --include=optional");
});

test("the machine's Node.js is used where there is no other: arguments and exit code are passed on, and nothing is said", () => {
  installWithoutOptional();
  symlinkSync(execPath, join(path, "node"));
  const { status, stdout, stderr } = launch("status", "a lot", "--json");
  expect(stderr).toBe("");
  expect(stdout).toContain("started status|a lot|--json ");
  expect(stdout).toContain("--max-semi-space-size=8");
  expect(status).toBe(7);
});

test("the packaged Node.js goes before the machine's", () => {
  installWithoutOptional();
  mkdirSync(join(root, "node_modules", ".bin"));
  symlinkSync(execPath, join(root, "node_modules", ".bin", "node"));
  putOnPath("exit 99");
  const { status, stdout } = launch("status");
  expect(stdout).toContain("started status");
  expect(status).toBe(7);
});
