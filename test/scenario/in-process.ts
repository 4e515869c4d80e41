import type { CliProcess } from "../../src/cli/look-context.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { takeSecrets } from "../../src/config/secrets.ts";

export interface Answered {
  readonly code: number;
  /** What came on stdout. */
  readonly text: string;
  /** What came on stderr, as a terminal shows it. */
  readonly told: string;
}

/** Runs a command line of the program inside this process: as the real one, but a hundred times as fast. */
export async function runInProcess(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  more: Partial<CliProcess> = {},
): Promise<Answered> {
  let text = "";
  let told = "";
  const stream = (write: (text: string) => void) =>
    ({ isTTY: true, hasColors: () => false, write }) as unknown as NodeJS.WriteStream;
  const code = await runCli(
    argv,
    {
      stdin: { isTTY: false } as NodeJS.ReadStream,
      stdout: stream((more) => {
        text += more;
      }),
      stderr: stream((more) => {
        told += more;
      }),
      cwd,
      secrets: takeSecrets({ ...env }),
      signal: new AbortController().signal,
      now: Date.now,
      userId: process.geteuid?.(),
      ...more,
    },
    "0.0.0",
  );
  return { code, text, told };
}
