import { subscribe } from "node:diagnostics_channel";
import { createInterface } from "node:readline";
import { makeContext } from "../../src/cli/context.ts";
import { openLog } from "../../src/cli/log.ts";
import { makeStatusLine } from "../../src/cli/status-line.ts";
import { watchHome } from "../../src/cli/watch/watch-home.ts";
import { takeSecrets } from "../../src/config/secrets.ts";
import type { Actor, WatchControl } from "../../src/watch/watch-control.ts";

/**
 * `lotmint watch` in a process of its own, with lines on stdin in the page's place: `stop LOT`, `resume LOT`, `send LOT`,
 * `drop PATH NAME`, `works`. Each is answered with a line on stdout. LOTMINT_TEST_STOP_AT=step:n:LOT stops the lot right after that
 * step's nth time.
 */
const BY: Actor = { via: "page", who: "operator token", address: "192.0.2.7" };

const [home = "", once] = process.argv.slice(2);
const stopAt = process.env["LOTMINT_TEST_STOP_AT"];
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.umask(0o077);

const statusLine = makeStatusLine(process.stderr, { dumb: true });
const log = openLog(process.stderr, { level: "info", format: "json", statusLine });
const context = makeContext(
  {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    secrets: takeSecrets(),
    signal: stop.signal,
    now: Date.now,
    userId: process.geteuid?.(),
  },
  { home, use: "writes", json: false, statusLine, openLog: async () => log, log, version: "0.0.0" },
);

async function obey(control: WatchControl, line: string): Promise<string> {
  const [word, first = "", second = ""] = line.split(" ");
  if (word === "stop") await control.stop(first, BY);
  else if (word === "resume") await control.resume(first, BY);
  else if (word === "send") await control.sendAgain(first, BY);
  else if (word === "drop") return (await control.drop(first, second, BY)).name;
  else if (word === "works") return JSON.stringify({ works: control.works(), stopped: await control.stopped() });
  return "done";
}

function answer(control: WatchControl, line: string): void {
  obey(control, line).then(
    (text) => process.stdout.write(`${line}: ${text}\n`),
    (error: { readonly code?: string; readonly message?: string }) =>
      process.stdout.write(`${line}: refused ${error.code} ${error.message}\n`),
  );
}

process.exitCode = await watchHome({ once: once === "--once" }, context, async ({ control }) => {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => answer(control, line));
  if (stopAt !== undefined) {
    const [step, times, lot] = stopAt.split(":");
    let left = Number(times);
    subscribe("lotmint:step", (done) => {
      left -= done === step ? 1 : 0;
      if (left === 0 && done === step) answer(control, `stop ${lot}`);
    });
  }
  return {
    close: async () => {
      lines.close();
      process.stdin.destroy();
    },
  };
});
