import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileCache, PASSPHRASE, programPath } from "./harness.ts";

const TEXT = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
/** The blocks that the reader is told to run, with the terminal that each is for. */
const BLOCKS = Array.from(TEXT.matchAll(/^```sh(?: (terminal-2))?\n([\s\S]*?)^```$/gm), ([, terminal, block = ""]) => ({
  isSecond: terminal !== undefined,
  block,
}));
const COMMANDS = Array.from(TEXT.matchAll(/^```[^\n]*\n([\s\S]*?)^```$/gm), ([, block = ""]) => block).join("\n");
/** A person waits until the sandbox says that it listens. */
const UNTIL_LISTENING =
  'for try in {1..1200}; do grep -q "listens on" "$HOME/sandbox.log" && break; kill -0 "$sandbox" || exit 1; sleep 0.1; done';

let folder = "";
let ended: { readonly code: number | null; readonly output: string };

/** One shell runs the blocks in their order, as the reader's two terminals do, and tells each command that fails. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-readme-"));
  placeProgram(join(folder, "checkout", "bin"));
  writeFileSync(join(folder, "passphrase"), PASSPHRASE, { mode: 0o600 });
  const lines = BLOCKS.map(({ isSecond, block }) =>
    isSecond ? `( ${block} ) > "$HOME/sandbox.log" 2>&1 &\nsandbox=$!\n${UNTIL_LISTENING}` : block,
  );
  ended = await runScript(["trap 'echo \"ended with $?: $BASH_COMMAND\"' ERR", ...lines, 'kill "$sandbox"'].join("\n"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the README's steps run as they stand, and only the lot with the bad row ends with another code than 0", () => {
  expect(BLOCKS.filter(({ isSecond }) => isSecond)).toHaveLength(1);
  const failed = ended.output.split("\n").filter((line) => line.startsWith("ended with"));
  expect({ code: ended.code, failed }, ended.output).toEqual({
    code: 0,
    failed: ["ended with 3: lotmint run input/first-0002.csv"],
  });
  expect(ended.output).toContain("3 of 3 devices connected with their own keystores");
  expect(ended.output).toContain("3 of 3 devices opened and compared");
});

test("the lot is complete after the corrected rejects.csv was run, and holds the files that the README names", () => {
  const lot = join(folder, "factory", "output", "first-0002");
  const device = readdirSync(join(lot, "devices", "ACM-TH20-000003"));
  expect(device).toEqual(expect.arrayContaining(["keystore.p12", "certificate.pem", "chain.pem"]));
  const report = JSON.parse(readFileSync(join(lot, "report.json"), "utf8")) as { readonly exitCode: number };
  expect(report.exitCode).toBe(0);
  for (const file of ["secrets/passwords.csv", "registration", "devices.csv", "report.html"]) {
    expect(existsSync(join(lot, file)), file).toBe(true);
  }
});

test("no command of the README asks the public registry for the program", () => {
  expect(COMMANDS).toContain("lotmint run");
  expect(COMMANDS).not.toMatch(/npx\s+lotmint/);
});

/** `bin/lotmint` of a checkout, which starts the bundle that the scenarios use. */
function placeProgram(bin: string): void {
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "lotmint"), `#!/bin/sh\nexec "${execPath}" "${programPath()}" "$@"\n`);
  chmodSync(join(bin, "lotmint"), 0o755);
}

function runScript(script: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn("bash", ["-c", script], {
    cwd: join(folder, "checkout"),
    // A group of its own, so that a sandbox that a failure left behind ends with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      // A person types them.
      LOTMINT_PASSPHRASE_FILE: join(folder, "passphrase"),
      NODE_COMPILE_CACHE: compileCache(),
    },
  });
  let output = "";
  const collect = (text: string) => {
    output += text;
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL");
      } catch {
        // Nothing was left of it.
      }
    });
    child.once("close", (code) => resolve({ code, output }));
  });
}
