import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { pid } from "node:process";
import { OnboardingError } from "../domain/error.ts";
import type { LockOwner } from "./locks.ts";

/**
 * This process, as a lock names it. Where there is no /proc, as on Windows, the host's name stands for its boot: nothing
 * but the kernel's lock on the lot's file says whether a holder lives, and that lock ends with its process everywhere.
 */
export function currentLockOwner(system: NodeJS.Platform = process.platform): LockOwner {
  if (system !== "linux") {
    const host = hostname();
    return { host, bootId: `${system}:${host}`, pid, processStart: String(Math.trunc(performance.timeOrigin)) };
  }
  const start = processStart(pid);
  if (start === undefined) {
    throw new OnboardingError("/proc does not show this process; mount /proc, lotmint needs it for its locks", {
      code: "usage",
    });
  }
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return { host: hostname(), bootId, pid, processStart: start };
}

/**
 * Whether a lot's holder may be alive, asked by the process that has locked the lot's file: of this kernel nobody else has it, and an
 * earlier boot of this host has ended. Of another host under another kernel nothing can be known, and only patience helps.
 */
export function mayLive(owner: Pick<LockOwner, "host" | "bootId">, me: LockOwner): boolean {
  return owner.host !== me.host && owner.bootId !== me.bootId;
}

/**
 * Whether a holder on this machine has ended for certain, asked by who only looks and does not hold the lot's file: its process
 * is not there any more. Of other machines, and where there is no /proc, this is never known.
 */
export function hasEnded(owner: LockOwner, me: LockOwner): boolean {
  if (owner.host !== me.host || me.bootId.includes(":")) return false;
  return owner.bootId !== me.bootId || processStart(owner.pid) !== owner.processStart;
}

/** Start time in clock ticks since boot, field 22 of proc_pid_stat(5); undefined when there is no such process. */
function processStart(number: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${number}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // Field 2 is the program's name in brackets and may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ended = fields[0] === "Z" || fields[0] === "X";
  return ended ? undefined : fields[19];
}
