import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import type { Recording } from "./operations.ts";
import { CALLS, readTrace } from "./read-trace.ts";
import { readTree } from "./read-tree.ts";

/** More than the program writes at once. */
const MOST_OCTETS = 64 * 1024 * 1024;

/** Whether strace is there and may look into a program. */
export function canRecord(): boolean {
  return spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
}

/**
 * Runs Node.js with these arguments under strace, and takes down all that it and its threads change below `roots`.
 * Writes through memory maps are not seen; SQLite's -shm is the only file that has some, and holds nothing that lasts.
 */
export async function record(
  roots: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly code: number | null; readonly stderr: string; readonly recording: Recording }> {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-trace-"));
  try {
    const before = readTree(roots);
    const trace = join(folder, "trace");
    const options = ["-f", "--seccomp-bpf", "-y", "-xx", "-s", String(MOST_OCTETS), "-o", trace];
    const command = [...options, "-e", `trace=${CALLS.map((call) => `?${call}`).join()}`, execPath, ...args];
    // What goes through io_uring is no system call.
    const child = spawn("strace", command, {
      env: { ...env, UV_USE_IO_URING: "0" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const recording = readTrace(readFileSync(trace, "latin1"), { ...before, umask: process.umask() });
    return { code, stderr, recording };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
