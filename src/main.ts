import { readFileSync } from "node:fs";
import { runCli } from "./cli/run-cli.ts";
import { stopSignals } from "./cli/stop-signals.ts";
import { isDumbTerminal } from "./config/dumb-terminal.ts";
import { takeSecrets } from "./config/secrets.ts";

/** Files that must be private get their mode from us; a umask that takes away the owner's own rights would break them. */
process.umask(process.umask() & 0o077);

const stop = new AbortController();
function onSignal(): void {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
}
for (const signal of stopSignals()) process.on(signal, onSignal);
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
// A log that nobody reads any more ends no run.
process.stderr.on("error", () => {});

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

process.exitCode = await runCli(
  process.argv.slice(2),
  {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    // Asked for only when it is needed: the folder may be gone.
    get cwd() {
      return process.cwd();
    },
    secrets: takeSecrets(),
    signal: stop.signal,
    now: Date.now,
    userId: process.geteuid?.(),
    dumbTerminal: isDumbTerminal(),
  },
  version,
);
