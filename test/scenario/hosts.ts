import { type ChildProcess, spawn } from "node:child_process";
import { execPath } from "node:process";
import type { Ended } from "./harness.ts";
import { END, type HostAnswer, type HostOrder } from "./host.ts";

interface Host {
  readonly child: ChildProcess;
  stderr: string;
  told: (answer: HostAnswer) => void;
  /** After every piece of stderr. */
  heard: () => void;
  gone: (code: number | null, signal: NodeJS.Signals | null) => void;
}

/** Hosts without work, by the options that Node.js was started with. */
const idle = new Map<string, Host[]>();

function startHost(path: string, nodeOptions: string, compileCache: string): Host {
  const child = spawn(execPath, [path], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: compileCache, NODE_OPTIONS: nodeOptions },
  });
  const host: Host = { child, stderr: "", told: () => {}, heard: () => {}, gone: () => {} };
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    host.stderr += text;
    host.heard();
  });
  child.on("message", (answer: HostAnswer) => host.told(answer));
  child.on("close", (code, signal) => host.gone(code, signal));
  // The tests' process may end before it: then its channel is closed, and it ends too.
  child.unref();
  child.channel?.unref();
  return host;
}

/**
 * Runs a command line in a process that has run others before, or in a new one while those are all at work. A process
 * that ends meanwhile ends the command as it ended.
 */
export async function runInHost(
  path: string,
  order: HostOrder,
  options: { readonly nodeOptions: string; readonly compileCache: string; readonly giveUpMs: number },
): Promise<Ended> {
  const free = idle.get(options.nodeOptions) ?? [];
  idle.set(options.nodeOptions, free);
  const host = free.pop() ?? startHost(path, options.nodeOptions, options.compileCache);
  host.stderr = "";
  let told: HostAnswer | undefined;
  const { child } = host;
  const alarm = setTimeout(() => child.kill("SIGKILL"), options.giveUpMs);
  const ended = await new Promise<Ended>((resolve) => {
    const look = () => {
      if (told === undefined || !host.stderr.endsWith(END)) return;
      const stderr = host.stderr.slice(0, -END.length);
      resolve({ code: told.code, signal: null, stdout: told.stdout, stderr });
    };
    host.told = (answer) => {
      told = answer;
      look();
    };
    host.heard = look;
    host.gone = (code, signal) => resolve({ code, signal, stdout: told?.stdout ?? "", stderr: host.stderr });
    child.send(order);
  });
  clearTimeout(alarm);
  if (child.exitCode === null && child.signalCode === null) free.push(host);
  return ended;
}

/** Ends the processes that have no work, and waits until they have ended. */
export async function closeHosts(): Promise<void> {
  const hosts = [...idle.values()].flatMap((free) => free.splice(0));
  await Promise.all(
    hosts.map(
      ({ child }) =>
        new Promise((resolve) => {
          child.once("exit", resolve);
          child.kill("SIGKILL");
        }),
    ),
  );
}
