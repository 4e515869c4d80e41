import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { compileCache, type Ended, PASSPHRASE, programPath, type Step, type World } from "./harness.ts";

const FILL = new URL("./fill-disk.ts", import.meta.url).href;
const INTERFERE = new URL("./interfere.ts", import.meta.url).href;
const GIVE_UP_MS = 240_000;

/** A home on a small disk of its own, which only programs that it starts can see at its place. */
export interface SmallDisk {
  /** The home as those programs see it. */
  readonly home: string;
  /** The same folder as this process sees it; SQLite does not open files by such a path. */
  readonly outside: string;
  /** Copies the home, as it is now, to where everybody sees it. */
  readonly copy: () => string;
  /** Runs the real program on the home; right after a step's first time the disk is full, or the program is killed. */
  readonly run: (
    args: readonly string[],
    options?: { readonly fillAt?: Step; readonly killAt?: Step },
  ) => Promise<Ended>;
  /** Runs mount(8), umount(8) or another command where the disk is mounted. */
  readonly command: (program: string, ...args: readonly string[]) => void;
  readonly resize: (kilobytes: number) => void;
  /** Whether `fillAt` came to its step. */
  readonly isFilled: () => boolean;
  /** Takes away what `fillAt` has filled it with. */
  readonly free: () => void;
  readonly close: () => void;
}

/** Whether this machine lets us mount a file system in a namespace of our own: root may, and so may others on most. */
export function mayMount(): boolean {
  return spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}

/** A tmpfs with a copy of a world's home on it. */
export async function openSmallDisk(world: World, kilobytes: number): Promise<SmallDisk> {
  const place = mkdtempSync(join(tmpdir(), "lotmint-disk-"));
  const holder = spawn(
    "unshare",
    [
      "-rm",
      "sh",
      "-c",
      'mount -t tmpfs -o mode=0700 none "$1" && mount -o "remount,size=$2k" "$1" && echo ready && exec sleep 3600',
      "sh",
      place,
      String(kilobytes),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("exit", () => reject(new Error("the small disk could not be mounted")));
  });
  const enter = ["-t", String(holder.pid), "-U", "-m", "--preserve-credentials", "--"];
  const command: SmallDisk["command"] = (program, ...args) => {
    execFileSync("nsenter", [...enter, program, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  };
  const root = `/proc/${holder.pid}/root`;
  const filler = join(place, "filler");
  const home = join(place, "home");
  const copies: string[] = [];
  cpSync(world.home, join(root, home), { recursive: true });
  const env = {
    PATH: process.env["PATH"],
    NODE_COMPILE_CACHE: compileCache(),
    LOTMINT_PASSPHRASE: PASSPHRASE,
    LOTMINT_PLATFORM_PASSWORD: world.sandbox.credentials.password,
  };
  return {
    home,
    outside: join(root, home),
    copy: () => {
      const copy = mkdtempSync(join(tmpdir(), "lotmint-copy-"));
      copies.push(copy);
      cpSync(join(root, home), copy, { recursive: true });
      return copy;
    },
    command,
    run: (args, { fillAt, killAt } = {}) => {
      const fill = fillAt === undefined ? {} : { LOTMINT_TEST_FILL_AT: fillAt, LOTMINT_TEST_FILLER: filler };
      const kill = killAt === undefined ? {} : { LOTMINT_TEST_AT: `${killAt}:1:SIGKILL` };
      const preloads = ["--import", FILL, "--import", INTERFERE];
      return lotmint(
        [...enter, execPath, ...preloads, programPath(), "--home", home, "--log-format", "json", ...args],
        {
          ...env,
          ...fill,
          ...kill,
        },
      );
    },
    resize: (size) => command("mount", "-o", `remount,size=${size}k`, place),
    isFilled: () => existsSync(join(root, filler)),
    free: () => rmSync(join(root, filler), { force: true }),
    close: () => {
      holder.kill("SIGKILL");
      for (const folder of [place, ...copies]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function lotmint(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn("nsenter", args, { stdio: ["ignore", "pipe", "pipe"], env });
  const alarm = setTimeout(() => child.kill("SIGKILL"), GIVE_UP_MS);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(alarm);
      resolve({ code, signal, stdout, stderr });
    });
  });
}
