import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ensureFolder, PRIVATE_FILE, PRIVATE_FOLDER, replaceFile } from "../disk/durable.ts";

/** What has to be remembered of one scheduled job. */
export interface JobMemory {
  /** The schedule that this was kept under; another one starts anew. */
  readonly schedule: string;
  /** Everything that was due up to here is done. Milliseconds since 1970. */
  readonly doneUpToMs: number;
  /** The files that are done, each with what tells it from another one of the same name. */
  readonly files: Readonly<Record<string, string>>;
}

export type ScheduleState = Readonly<Record<string, JobMemory>>;

/** Reads it; undefined when there is none or it cannot be understood: then no job counts as missed. */
export function readScheduleState(path: string): ScheduleState | undefined {
  try {
    const { version, jobs } = JSON.parse(readFileSync(path, "utf8")) as { version?: unknown; jobs?: unknown };
    if (version !== 1 || typeof jobs !== "object" || jobs === null) return undefined;
    return Object.values(jobs).every(isMemory) ? (jobs as ScheduleState) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes it durably. Throws `disk-unwritable`. */
export function writeScheduleState(path: string, jobs: ScheduleState): void {
  ensureFolder(dirname(path), PRIVATE_FOLDER);
  replaceFile(path, `${JSON.stringify({ version: 1, jobs }, null, 1)}\n`, PRIVATE_FILE);
}

function isMemory(value: unknown): value is JobMemory {
  if (typeof value !== "object" || value === null) return false;
  const { schedule, doneUpToMs, files } = value as Partial<Record<keyof JobMemory, unknown>>;
  return typeof schedule === "string" && typeof doneUpToMs === "number" && typeof files === "object" && files !== null;
}
