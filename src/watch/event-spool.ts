import { closeSync, existsSync, lstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { diskError } from "../disk/disk-error.ts";
import { ensureFolder, moveInto, PRIVATE_FILE, PRIVATE_FOLDER, remove, replaceFile } from "../disk/durable.ts";
import { type SpoolLayout, spoolFile } from "../disk/layout.ts";
import { unfollowedFlags } from "../disk/open-unfollowed.ts";

/** How much an outage of the receiver may cost. */
export interface SpoolBounds {
  readonly events: number;
  readonly bytes: number;
  /** Events that are set aside. */
  readonly aside: number;
}

/** Events of a few hundred octets each, for months; and no more of a small disk than this. */
const SPOOL_BOUNDS: SpoolBounds = { events: 100_000, bytes: 64 * 1024 * 1024, aside: 1_000 };
/** Of events that are dropped, so many make one line in the log. */
const TELL_EVERY = 1_000;

/** An event that waits to be delivered. */
export interface SpooledEvent {
  readonly id: string;
  /** Removes it: it is delivered. Where that fails it is delivered once more after a restart, with the same id. */
  readonly delivered: () => void;
  /** Sets it aside, since it will never be taken. */
  readonly refused: () => void;
}

/** Events on disk, in the order in which they were told. One process at a time has the spool open. */
export interface EventSpool {
  /** Keeps an event, durably. One that is waiting under the same id is kept once. Never throws: what the disk will not take is kept in memory. */
  keep(id: string, body: string): void;
  /** The oldest one with its body; what cannot be read is set aside. Undefined when none waits. */
  oldest(): (SpooledEvent & { readonly body: string }) | undefined;
  readonly waiting: number;
}

interface Entry {
  readonly name: string;
  readonly id: string;
  readonly bytes: number;
  /** Of one that the disk did not take. */
  readonly body?: string;
}

const NAME = /^(\d{12})-([0-9A-Za-z-]{1,64})\.json$/;
const UNFINISHED = /\.json\.new$/;

/**
 * Opens the spool with what an earlier process left in it. Files that are none of its own are set aside and told. Beyond
 * the bounds the oldest events are dropped, which is told. Never throws.
 */
export function openEventSpool(
  { folder, aside }: SpoolLayout,
  log: Pick<Logger, "warn" | "error">,
  given: Partial<SpoolBounds> = {},
): EventSpool {
  const bounds = { ...SPOOL_BOUNDS, ...given };
  let entries: Entry[] = [];
  let bytes = 0;
  let number = 0;
  let dropped = 0;
  let setAside = 0;

  const quietly = (doing: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ reason }, `${doing}: ${reason}`);
    }
  };

  quietly("events that wait for the webhook cannot be read", () => {
    ensureFolder(folder, PRIVATE_FOLDER);
    const found: (Entry & { readonly number: number })[] = [];
    for (const name of listNames(folder)) {
      const path = join(folder, name);
      if (path === aside) continue;
      const stats = lstatSync(path);
      const [, digits, id] = NAME.exec(name) ?? [];
      if (UNFINISHED.test(name)) quietly(`${path} cannot be removed`, () => remove(path));
      else if (digits === undefined || id === undefined || !stats.isFile()) putAside(name, "it is none of its files");
      else found.push({ name, id, bytes: stats.size, number: Number(digits) });
    }
    found.sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));
    entries = found.map(({ name, id, bytes: size }) => ({ name, id, bytes: size }));
    bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    number = found.at(-1)?.number ?? 0;
    shed();
  });

  function putAside(name: string, why: string): void {
    log.error({ file: join(aside, name), reason: why }, `${join(folder, name)} is set aside in ${aside}: ${why}`);
    quietly(`${join(folder, name)} cannot be set aside`, () => {
      ensureFolder(aside, PRIVATE_FOLDER);
      setAside += 1;
      if (setAside === 1 || setAside % 100 === 0) thinAside();
      remove(join(aside, name));
      moveInto(join(folder, name), join(aside, name));
    });
  }

  /** The newest stay. */
  function thinAside(): void {
    const names = listNames(aside).toSorted();
    for (const name of names.slice(0, Math.max(0, names.length - bounds.aside + 100))) remove(join(aside, name));
  }

  function takeOut(entry: Entry): boolean {
    const at = entries[0] === entry ? 0 : entries.indexOf(entry);
    if (at < 0) return false;
    entries.splice(at, 1);
    bytes -= entry.bytes;
    return true;
  }

  function shed(): void {
    for (;;) {
      const [first] = entries;
      if (first === undefined || (entries.length <= bounds.events && bytes <= bounds.bytes)) return;
      takeOut(first);
      if (first.body === undefined) quietly(`${first.name} cannot be removed`, () => remove(join(folder, first.name)));
      dropped += 1;
      if (dropped === 1 || dropped % TELL_EVERY === 0) {
        log.error(
          { waiting: entries.length, bytes, dropped },
          `the webhook is not reached and too many events wait (at most ${bounds.events}, ${bounds.bytes} octets): ${dropped} of the oldest events are dropped so far`,
        );
      }
    }
  }

  return {
    keep: (id, body) => {
      if (entries.some((entry) => entry.id === id)) return;
      number += 1;
      const name = spoolFile(number, id);
      const size = Buffer.byteLength(body);
      let kept = false;
      quietly("an event for the webhook cannot be kept on disk, and is kept in memory", () => {
        ensureFolder(folder, PRIVATE_FOLDER);
        replaceFile(join(folder, name), body, PRIVATE_FILE);
        kept = true;
      });
      entries.push({ name, id, bytes: size, ...(kept ? {} : { body }) });
      bytes += size;
      shed();
    },
    oldest: () => {
      for (;;) {
        const [entry] = entries;
        if (entry === undefined) return undefined;
        const { name, id } = entry;
        const body = entry.body ?? readBody(join(folder, name), id);
        if (typeof body === "string") {
          return {
            id,
            body,
            delivered: () => {
              if (takeOut(entry) && entry.body === undefined) {
                quietly(`${name} cannot be removed`, () => remove(join(folder, name)));
              }
            },
            refused: () => {
              if (!takeOut(entry)) return;
              if (entry.body === undefined) putAside(name, "the receiver says that it is wrong");
            },
          };
        }
        takeOut(entry);
        if (body.problem !== null) putAside(name, body.problem);
      }
    },
    get waiting() {
      return entries.length;
    },
  };
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw diskError(error, folder, "reach");
  }
}

/** An event as it was kept; a problem of null: it is gone. */
function readBody(path: string, id: string): string | { readonly problem: string | null } {
  let body: string;
  try {
    const file = openSync(path, unfollowedFlags());
    try {
      body = readFileSync(file, "utf8");
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (!existsSync(path)) return { problem: null };
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  try {
    const event: unknown = JSON.parse(body);
    const isOurs = typeof event === "object" && event !== null && "id" in event && event.id === id;
    return isOurs ? body : { problem: "it is not the event that its name tells" };
  } catch {
    return { problem: "it is damaged" };
  }
}
