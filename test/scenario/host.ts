import { readFileSync, writeSync } from "node:fs";
import { runCli } from "../../src/cli/run-cli.ts";
import { takeSecrets } from "../../src/config/secrets.ts";

/** One command line with all of its environment. */
export interface HostOrder {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Added to the clock. */
  readonly clockMs: number;
}

export interface HostAnswer {
  readonly code: number;
  readonly stdout: string;
}

/** Ends a command's share of stderr. */
export const END = "\u0000the command has ended\n";

/**
 * Runs one command line of the program after the other, as the parent process orders them, until that ends: what
 * main.ts does, without the cost of starting. The log goes to stderr as the program's does; END closes each command's
 * share of it.
 */
export function serveOrders(): void {
  process.umask(process.umask() & 0o077);
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  process.on("disconnect", () => process.exit(0));
  process.on("message", (order: HostOrder) => {
    void answer(order, version).then((told) => {
      say(END);
      process.send?.(told);
    });
  });
}

async function answer({ args, env, clockMs }: HostOrder, version: string): Promise<HostAnswer> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  let stdout = "";
  const write = (text: string) => {
    stdout += text;
    return true;
  };
  const code = await runCli(
    args,
    {
      stdin: process.stdin,
      stdout: { isTTY: false, write } as unknown as NodeJS.WriteStream,
      stderr: process.stderr,
      cwd: process.cwd(),
      secrets: takeSecrets(),
      signal: new AbortController().signal,
      now: () => Date.now() + clockMs,
      userId: process.geteuid?.(),
    },
    version,
  );
  return { code, stdout };
}

/** Waits where the parent is slow to read. */
function say(text: string): void {
  for (let left = Buffer.from(text); left.length > 0; ) {
    try {
      left = left.subarray(writeSync(2, left));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}
