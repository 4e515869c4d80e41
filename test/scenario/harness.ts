import { type ChildProcess, spawn } from "node:child_process";
import { hash } from "node:crypto";
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import type { announceStep } from "../../src/disk/announce-step.ts";
import type { FaultRule } from "../../src/sandbox/faults/faults.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/serve-sandbox.ts";
import { closeHosts, runInHost } from "./hosts.ts";

/** What the real program starts from; it starts hundreds of times, and set-up.ts sees that this costs little. */
export function programPath(): string {
  return resolve(process.env["LOTMINT_TEST_PROGRAM"] ?? fileURLToPath(new URL("../../src/main.ts", import.meta.url)));
}
/** Where Node.js keeps what it has compiled from one start to the next. */
export function compileCache(): string {
  const own = fileURLToPath(new URL("../../node_modules/.cache/scenarios", import.meta.url));
  return process.env["LOTMINT_TEST_COMPILE_CACHE"] ?? own;
}
const INTERFERE = new URL("./interfere.ts", import.meta.url).href;
/** Long enough for any run here on a slow machine; a run that hangs shall not hang the tests. */
const GIVE_UP_MS = 240_000;

export const PASSPHRASE = "a passphrase for the scenarios";

export type Step = Parameters<typeof announceStep>[0];

export interface Ended {
  /** null: killed by a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Sends the program a signal right after a step's nth time. */
export interface Aim {
  readonly step: Step;
  readonly times?: number;
  readonly signal: NodeJS.Signals;
}

export interface StartOptions {
  /** On top of passphrase and login; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly at?: Aim | readonly Aim[];
  /** Moves the program's clock. */
  readonly clockMs?: number;
  /** How many cores the program thinks it has: decides how many batches are in hand at a time. */
  readonly cores?: number;
  /** The log as a person gets it; else as JSON, in which tests look for single entries. */
  readonly logForPeople?: boolean;
  /** Another home than the world's. */
  readonly home?: string;
  /** Gives it a process group of its own, as a terminal does. */
  readonly ownGroup?: boolean;
  /** Before the program starts; goes over to it. */
  readonly umask?: string;
  /** Gives it process numbers of its own, as a container does; a SIGKILL reaches the program too. */
  readonly contained?: boolean;
}

/** A folder of its own with a root, an intermediate under it, and a platform that trusts the root. */
export interface World {
  readonly home: string;
  readonly sandbox: RunningSandbox;
  /** Starts the real program on this home, in a process of its own. */
  readonly start: (args: readonly string[], options?: StartOptions) => Started;
  /**
   * Runs one command line on this home and waits until it has ended; in a process of its own where it is killed, or
   * anything else of the process is asked for, and in `npm run test:long`.
   */
  readonly run: (args: readonly string[], options?: StartOptions) => Promise<Ended>;
  /** Writes lotmint.yaml; undefined: without a platform. */
  readonly writeSite: (url: string | undefined) => void;
  readonly close: () => Promise<void>;
}

/** Makes a home with a root and an intermediate under it, by the real program. */
export async function makeHome(home: string): Promise<void> {
  const create = (...args: readonly string[]) =>
    must(
      startLotmint(["--home", home, "authority", "create", ...args], { env: { LOTMINT_PASSPHRASE: PASSPHRASE } }).ended,
    );
  mkdirSync(home, { recursive: true });
  await create("root", "--subject", "CN=Scenario Root,O=Acme GmbH");
  await create("line-1", "--issuer", "root", "--subject", "CN=Scenario Line 1,O=Acme GmbH");
}

/** A copy of the home that set-up.ts has made for all scenarios of this run of the tests; outside of one, a new one. */
async function placeHome(home: string): Promise<void> {
  const made = process.env["LOTMINT_TEST_HOME"];
  if (made === undefined) await makeHome(home);
  else cpSync(made, home, { recursive: true });
}

export async function makeWorld(faults: readonly FaultRule[] = []): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), "lotmint-scenario-"));
  let sandbox: RunningSandbox | undefined;
  const environment = () => ({
    LOTMINT_PASSPHRASE: PASSPHRASE,
    ...(sandbox === undefined ? {} : { LOTMINT_PLATFORM_PASSWORD: sandbox.credentials.password }),
  });
  const start: World["start"] = (args, options = {}) =>
    startLotmint(["--home", options.home ?? home, ...args], { ...options, env: { ...environment(), ...options.env } });
  const run: World["run"] = (args, options = {}) =>
    runLotmint(["--home", options.home ?? home, ...args], { ...options, env: { ...environment(), ...options.env } });
  try {
    await placeHome(home);
    const root = readFileSync(join(home, "state", "authorities", "root", "certificate.pem"), "utf8");
    const started = await startSandbox({ trust: [root], faults });
    sandbox = started;
    const caFile = join(home, "platform-ca.pem");
    writeFileSync(caFile, started.caPem);
    mkdirSync(join(home, "input"));
    mkdirSync(join(home, "jobs"));
    const writeSite: World["writeSite"] = (url) => {
      const { tenant, credentials, deviceTokenPort, mqttPort } = started;
      const platform = { platform: { url, tenant, user: credentials.user, deviceTokenPort, mqttPort, caFile } };
      // JSON is YAML.
      writeFileSync(join(home, "lotmint.yaml"), JSON.stringify(url === undefined ? {} : platform));
    };
    writeSite(started.url);
    return {
      home,
      sandbox: started,
      start,
      run,
      writeSite,
      close: async () => {
        await closeHosts();
        await started.close();
        rmSync(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await sandbox?.close();
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

async function must(ended: Promise<Ended>): Promise<Ended> {
  const outcome = await ended;
  if (outcome.code !== 0) throw new Error(`the program ended with ${outcome.code}: ${outcome.stderr}`);
  return outcome;
}

/** Runs a command line; as `startLotmint`, but in a process that has run others before where nothing speaks against it. */
export function runLotmint(args: readonly string[], options: StartOptions): Promise<Ended> {
  const { at, cores, umask, ownGroup = false, contained = false, clockMs = 0, env = {} } = options;
  const host = process.env["LOTMINT_TEST_HOST"];
  if (host === undefined || at !== undefined || cores !== undefined || umask !== undefined || ownGroup || contained) {
    return startLotmint(args, options).ended;
  }
  const { NODE_OPTIONS: nodeOptions = "", ...rest } = env;
  const given = Object.entries({ PATH: process.env["PATH"], ...rest });
  const order = {
    args: [...logFormat(options), ...args],
    env: Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined)),
    clockMs,
  };
  return runInHost(host, order, { nodeOptions, compileCache: compileCache(), giveUpMs: GIVE_UP_MS });
}

function logFormat({ logForPeople = false }: StartOptions): readonly string[] {
  return logForPeople ? [] : ["--log-format", "json"];
}

/** Starts the real program; `options.env` is all of its environment but the PATH. */
export function startLotmint(args: readonly string[], options: StartOptions): Started {
  const { at, clockMs, cores, umask } = options;
  const preload = at === undefined && clockMs === undefined && cores === undefined ? [] : ["--import", INTERFERE];
  const command = [execPath, ...preload, programPath(), ...logFormat(options), ...args];
  const masked = umask === undefined ? command : ["sh", "-c", `umask ${umask} && exec "$@"`, "sh", ...command];
  const [program = execPath, ...rest] =
    options.contained === true ? ["unshare", "-rpf", "--kill-child", "--mount-proc", ...masked] : masked;
  const child = spawn(program, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: options.ownGroup === true,
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: compileCache(),
      ...options.env,
      ...(at === undefined ? {} : { LOTMINT_TEST_AT: [at].flat().map(aimText).join() }),
      ...(clockMs === undefined ? {} : { LOTMINT_TEST_CLOCK_MS: String(clockMs) }),
      ...(cores === undefined ? {} : { LOTMINT_TEST_CORES: String(cores) }),
    },
  });
  const alarm = setTimeout(() => child.kill("SIGKILL"), GIVE_UP_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(alarm);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { child, ended };
}

function aimText({ step, times = 1, signal }: Aim): string {
  return `${step}:${times}:${signal}`;
}

/** Waits until a program has been stopped by the signal that it was started with. */
export async function untilStopped({ child, ended }: Started): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if (isStopped(child.pid)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { code, stderr } = await ended;
  throw new Error(`the program ended with ${code} before it was stopped: ${stderr}`);
}

/** State T in proc_pid_stat(5); the program's name before it may hold spaces. */
function isStopped(pid: number | undefined): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}

/** Every file and folder below a folder, with its mode and the digest of its content. */
export function treeOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const status = lstatSync(join(folder, name));
      const content = status.isFile() ? hash("sha256", readFileSync(join(folder, name))) : "";
      return [name, `${(status.mode & 0o777).toString(8)} ${content}`];
    }),
  );
}

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly serial: string;
}

const PATHS = ["Plant/Hall 1/Climate", "Plant/Hall 2/Drives", "Plant/Gateways"];

/** Rows as a line would list them, spread over three groups. */
export function makeRows(prefix: string, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}-${String(index + 1).padStart(5, "0")}`,
    name: `Sensor ${index + 1}`,
    path: PATHS[Math.floor((index * PATHS.length) / count)] ?? "",
    serial: `S${index + 1}`,
  }));
}

/** Three rows that no lot takes: without an id, with one twice, with one that is none. */
export function badRows(rows: readonly Row[]): Row[] {
  const [first] = rows;
  if (first === undefined) throw new Error("no rows");
  return [
    { ...first, id: "" },
    { ...first, name: "the same again" },
    { ...first, id: "not/an/id" },
  ];
}

export function manifestText(rows: readonly Row[]): string {
  const lines = rows.map(({ id, name, path, serial }) => `${id},${name},${path},${serial}\n`);
  return `id,name,path,serial_number\n${lines.join("")}`;
}

/** Writes input/<lot>.csv and jobs/<lot>.yaml. */
export function writeLot(home: string, lot: string, rows: readonly Row[], job: object = {}): void {
  writeFileSync(join(home, "input", `${lot}.csv`), manifestText(rows));
  writeJob(home, lot, job);
}

export function writeJob(home: string, lot: string, job: object): void {
  const whole = { manifest: `../input/${lot}.csv`, issuer: "line-1", ...job };
  writeFileSync(join(home, "jobs", `${lot}.yaml`), JSON.stringify(whole));
}

/** Puts a program of our own, some JavaScript, before others in a PATH, which is returned. */
export function fakeProgram(home: string, name: string, script: string): string {
  const folder = join(home, "bin");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.cjs`), script);
  writeFileSync(join(folder, name), `#!/bin/sh\nexec "${execPath}" "${folder}/${name}.cjs" "$@"\n`, { mode: 0o755 });
  return `${folder}:${process.env["PATH"] ?? ""}`;
}
