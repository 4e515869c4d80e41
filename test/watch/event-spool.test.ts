import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { homeLayout, spoolLayout } from "../../src/disk/layout.ts";
import { type EventSpool, openEventSpool, type SpoolBounds } from "../../src/watch/event-spool.ts";

function world() {
  const root = mkdtempSync(join(tmpdir(), "lotmint-spool-"));
  onTestFinished(() => {
    if (existsSync(root)) rmSync(root, { recursive: true, force: true });
  });
  const layout = spoolLayout(homeLayout(root));
  const logged: string[] = [];
  const note = (_: unknown, message?: string) => {
    logged.push(message ?? "");
  };
  const log = { warn: note, error: note } as unknown as Parameters<typeof openEventSpool>[1];
  const open = (bounds: Partial<SpoolBounds> = {}) => openEventSpool(layout, log, bounds);
  const names = () => (existsSync(layout.folder) ? readdirSync(layout.folder).sort() : []);
  return { ...layout, logged, open, names };
}

const bodyOf = (id: string, more = "") => JSON.stringify({ version: 1, id, more });

function drain(spool: EventSpool): string[] {
  const ids: string[] = [];
  for (let event = spool.oldest(); event !== undefined; event = spool.oldest()) {
    expect(event.body).toBe(bodyOf(event.id));
    ids.push(event.id);
    event.delivered();
  }
  return ids;
}

test("events outlive their process, in the order in which they were told, and are private", () => {
  const { open, folder, names } = world();
  const first = open();
  const ids = Array.from({ length: 12 }, (_, index) => `id-${99 - index}`);
  for (const id of ids) first.keep(id, bodyOf(id));
  expect(names()[0]).toBe("000000000001-id-99.json");
  expect([statSync(folder).mode & 0o777, statSync(join(folder, names()[0] ?? "")).mode & 0o777]).toEqual([
    0o700, 0o600,
  ]);
  first.oldest()?.delivered();
  const second = open();
  second.keep("late", bodyOf("late"));
  expect(drain(second)).toEqual([...ids.slice(1), "late"]);
  expect([names(), open().waiting]).toEqual([[], 0]);
});

test("an event that waits under the same id is kept once", () => {
  const { open } = world();
  open().keep("a", bodyOf("a"));
  const spool = open();
  spool.keep("a", bodyOf("a"));
  spool.keep("b", bodyOf("b"));
  expect(drain(spool)).toEqual(["a", "b"]);
});

test("files that are none of its own, and damaged ones, are set aside and told, and the others go", () => {
  const { open, folder, aside, names, logged } = world();
  const first = open();
  for (const id of ["a", "b", "c"]) first.keep(id, bodyOf(id));
  writeFileSync(join(folder, names()[1] ?? ""), "{ half of a");
  writeFileSync(join(folder, "notes.txt"), "foreign");
  mkdirSync(join(folder, "000000000009-folder.json"));
  symlinkSync("/etc/passwd", join(folder, "000000000008-link.json"));
  writeFileSync(join(folder, "000000000007-other.json"), bodyOf("a"));
  writeFileSync(join(folder, "000000000006-unfinished.json.new"), "{ killed whi");
  expect(drain(open())).toEqual(["a", "c"]);
  expect(readdirSync(aside).sort()).toEqual([
    "000000000002-b.json",
    "000000000007-other.json",
    "000000000008-link.json",
    "000000000009-folder.json",
    "notes.txt",
  ]);
  expect(names()).toEqual(["aside"]);
  expect(logged.filter((line) => line.includes("is set aside"))).toHaveLength(5);
  // They are told once.
  expect(drain(open())).toEqual([]);
  expect(logged).toHaveLength(5);
});

test("an event that is refused is set aside as it is, and so many are kept of those", () => {
  const { open, aside } = world();
  const spool = open({ aside: 150 });
  for (let index = 0; index < 400; index += 1) {
    const id = `r${String(index).padStart(3, "0")}`;
    spool.keep(id, bodyOf(id));
    spool.oldest()?.refused();
  }
  const kept = readdirSync(aside).sort();
  expect(kept.length).toBeLessThanOrEqual(150);
  expect(kept.at(-1)).toMatch(/r399\.json$/);
  expect(readFileSync(join(aside, kept.at(-1) ?? ""), "utf8")).toBe(bodyOf("r399"));
  expect(spool.waiting).toBe(0);
});

test("beyond the bounds the oldest events are dropped, with few lines in the log, by number and by size", () => {
  const { open, names, logged } = world();
  const spool = open({ events: 5 });
  for (let index = 0; index < 1205; index += 1) spool.keep(`n${index}`, bodyOf(`n${index}`));
  expect(names()).toHaveLength(5);
  expect(logged).toHaveLength(2);
  expect(logged[1]).toContain("1000 of the oldest events are dropped so far");
  expect(drain(open())).toEqual(["n1200", "n1201", "n1202", "n1203", "n1204"]);

  const small = world();
  const bySize = small.open({ bytes: 900 });
  for (let index = 0; index < 9; index += 1) bySize.keep(`s${index}`, bodyOf(`s${index}`, "x".repeat(300)));
  expect(bySize.waiting).toBe(2);
  // A smaller bound at the next start counts for what lies there.
  expect(small.open({ events: 1 }).waiting).toBe(1);
});

test("an event that is dropped while it is being delivered is no trouble", () => {
  const { open } = world();
  const spool = open({ events: 1 });
  spool.keep("a", bodyOf("a"));
  const event = spool.oldest();
  spool.keep("b", bodyOf("b"));
  event?.delivered();
  event?.refused();
  expect(drain(spool)).toEqual(["b"]);
});

test("a disk that takes no event is told of, and the event is kept in memory", () => {
  const { open, folder, logged } = world();
  mkdirSync(join(folder, ".."), { recursive: true });
  writeFileSync(folder, "a file in the folder's place");
  const spool = open();
  spool.keep("a", bodyOf("a"));
  expect(logged).toEqual([
    expect.stringContaining("events that wait for the webhook cannot be read"),
    expect.stringContaining("kept in memory"),
  ]);
  rmSync(folder);
  spool.keep("b", bodyOf("b"));
  expect(readdirSync(folder)).toEqual(["000000000002-b.json"]);
  expect(drain(spool)).toEqual(["a", "b"]);
});
