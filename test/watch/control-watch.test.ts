import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OnboardingError } from "../../src/domain/error.ts";
import { readClaims } from "../../src/watch/claims.ts";
import type { LotOutcome } from "../../src/watch/lot-outcome.ts";
import type { Actor } from "../../src/watch/watch-control.ts";
import type { FileToRun, LotToRun } from "../../src/watch/watch-options.ts";
import { ended, until, WatchWorld } from "./watch-world.ts";

const BY: Actor = { via: "page", who: "operator token", address: "192.0.2.7" };

/** A run that goes on until it is stopped or ended by the test. */
function longRun(): {
  readonly outcome: (run: LotToRun) => Promise<LotOutcome>;
  readonly end: (exitCode: number) => void;
} {
  let end: (exitCode: number) => void = () => undefined;
  return {
    outcome: (run) =>
      new Promise((resolve) => {
        end = (exitCode) => resolve(ended(exitCode, run));
        run.signal.addEventListener("abort", () => resolve(ended(130, run)), { once: true });
      }),
    end: (exitCode) => end(exitCode),
  };
}

const statesOf = (world: WatchWorld) => world.control.works().map(({ lot, file, state }) => `${lot ?? file} ${state}`);

test("a stop ends the run of one lot after its batches in hand, others go on, and the file waits until it is resumed", async () => {
  const world = new WatchWorld();
  const { outcome } = longRun();
  world.outcome = (file) => (file.lot === "A" && world.files.length < 2 ? outcome(file) : ended(0, file));
  world.write("A.csv");
  const watch = world.start();
  await until(() => statesOf(world).includes("A running"));
  await world.control.stop("A", BY);
  await until(() => statesOf(world).includes("A stopped"));
  world.write("B.csv");
  await until(() => world.manifests("done").includes("B.csv"));
  expect([world.ran, world.manifests("work"), world.recorded]).toEqual([
    ["A.csv", "B.csv"],
    ["A.csv"],
    ["stopped A by operator token"],
  ]);
  expect(readFileSync(join(world.drop.work, "A.csv.waiting.txt"), "utf8")).toMatch(/^STOPPED {2}A\.csv: .*stopped at/);
  expect(readClaims(world.drop)[0]?.waiting?.reason).toContain("stopped until it is resumed");
  expect(world.events.map(({ event, lot }) => `${event} ${lot}`)).toEqual(["done B"]);

  await world.control.resume("A", BY);
  await until(() => world.manifests("done").includes("A.csv"));
  expect(world.ran).toEqual(["A.csv", "B.csv", "A.csv"]);
  expect(world.names("work")).toEqual([]);
  expect(await watch.stop()).toBe(130);
});

test("a stop is told at once while the run still finishes what it has in hand", async () => {
  const world = new WatchWorld();
  let finish: () => void = () => undefined;
  world.outcome = (file) =>
    new Promise((resolve) => {
      finish = () => resolve(ended(130, file));
    });
  world.write("A.csv");
  world.start();
  await until(() => statesOf(world).includes("A running"));
  await world.control.stop("a", BY);
  expect(statesOf(world)).toEqual(["A stopping"]);
  await world.looked();
  expect(statesOf(world)).toEqual(["A stopping"]);
  finish();
  await until(() => statesOf(world).includes("A stopped"));
});

test("a stopped lot stays stopped for the next watcher, and its file is not tried", async () => {
  const world = new WatchWorld();
  world.outcome = (file) => (world.files.length === 1 ? longRun().outcome(file) : ended(0, file));
  world.write("A.csv");
  const first = world.start();
  await until(() => statesOf(world).includes("A running"));
  await world.control.stop("A", BY);
  await until(() => statesOf(world).includes("A stopped"));
  await first.stop();
  world.start();
  await until(() => statesOf(world).includes("A stopped"));
  await world.looked();
  expect([world.ran.length, await world.control.stopped()]).toEqual([1, ["A"]]);
  await world.control.resume("A", BY);
  await until(() => world.manifests("done").length === 1);
});

test("a lot that waits for the platform is stopped, is told stalled no more, and is tried at once when it is resumed", async () => {
  const world = new WatchWorld();
  world.outcome = (file) => ended(13, file);
  world.write("A.csv");
  world.start({ pauses: { firstMs: 3_600_000, longestMs: 3_600_000 }, stalledMs: 1000 });
  await until(() => world.ran.length === 1 && existsSync(join(world.drop.work, "A.csv.waiting.txt")));
  expect(world.control.works()[0]).toMatchObject({ state: "waiting", reason: "the platform was not reached" });
  await world.control.stop("A", BY);
  expect(statesOf(world)).toEqual(["A stopped"]);
  world.skippedMs += 2000;
  await world.looked();
  expect(world.events).toEqual([]);
  await world.control.resume("A", BY);
  await until(() => world.ran.length === 2);
  const told = join(world.drop.work, "A.csv.waiting.txt");
  await until(() => existsSync(told) && readFileSync(told, "utf8").startsWith("WAITING"));
});

test("a lot may be stopped while its file waits for its turn, before it was ever run", async () => {
  const world = new WatchWorld();
  const first = longRun();
  world.outcome = (file) => (file.lot === "A" ? first.outcome(file) : ended(0, file));
  world.writeInOrder(["A.csv", "B.csv", "C.csv"]);
  world.start();
  await until(() => world.control.works().length === 3 && statesOf(world)[2] === "C waiting");
  await world.control.stop("B", BY);
  first.end(0);
  await until(() => world.manifests("done").length === 2);
  expect([world.ran, statesOf(world)]).toEqual([["A.csv", "C.csv"], ["B stopped"]]);
});

test("stopping twice and resuming twice change nothing more", async () => {
  const world = new WatchWorld();
  world.outcome = (file) => (world.files.length === 1 ? longRun().outcome(file) : ended(0, file));
  world.write("A.csv");
  world.start();
  await until(() => statesOf(world).includes("A running"));
  await world.control.stop("A", BY);
  await world.control.stop("A", BY);
  await until(() => statesOf(world).includes("A stopped"));
  await world.control.stop("A", BY);
  await world.control.resume("A", BY);
  await world.control.resume("A", BY);
  await until(() => world.manifests("done").length === 1);
  await world.looked();
  expect(world.ran).toEqual(["A.csv", "A.csv"]);
});

test("resumed while it still stops, a lot is run again at once", async () => {
  const world = new WatchWorld();
  let finish: () => void = () => undefined;
  world.outcome = (file) =>
    world.files.length > 1
      ? ended(0, file)
      : new Promise((resolve) => {
          finish = () => resolve(ended(130, file));
        });
  world.write("A.csv");
  world.start();
  await until(() => statesOf(world).includes("A running"));
  await world.control.stop("A", BY);
  await world.control.resume("A", BY);
  finish();
  await until(() => world.manifests("done").length === 1);
  expect(world.ran).toEqual(["A.csv", "A.csv"]);
});

test("a run that comes to its end in spite of the stop is filed; later files of the lot wait", async () => {
  const world = new WatchWorld();
  const { outcome, end } = longRun();
  world.outcome = (file) =>
    file.name === "A.csv" ? outcome({ ...file, signal: new AbortController().signal }) : ended(0, file);
  world.write("A.csv");
  world.start();
  await until(() => statesOf(world).includes("A running"));
  await world.control.stop("A", BY);
  end(0);
  await until(() => world.manifests("done").length === 1);
  world.write("A-2.csv");
  await until(() => statesOf(world).includes("A stopped"));
  expect(world.ran).toEqual(["A.csv"]);
});

test("a lot that another process holds is not stopped, and goes on here", async () => {
  const world = new WatchWorld();
  world.heldElsewhere.add("A");
  world.outcome = (file) => ended(world.files.length === 1 ? 11 : 0, file);
  world.write("A.csv");
  world.start({ pauses: { firstMs: 3_600_000, longestMs: 3_600_000 } });
  await until(() => world.control.works()[0]?.reason === "held by another run");
  await expect(world.control.stop("A", BY)).rejects.toMatchObject({ code: "lot-held" });
  expect(statesOf(world)).toEqual(["A waiting"]);
  world.skippedMs += 3_600_000;
  await until(() => world.manifests("done").length === 1);
});

test("a lot that nobody knows is refused, and one that only a stop knows is resumed", async () => {
  const world = new WatchWorld();
  world.start();
  for (const act of [world.control.stop, world.control.resume, world.control.sendAgain]) {
    await expect(act("unknown", BY)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("no lot"),
    });
  }
  world.stopped.add("Unknown-2");
  await world.control.resume("UNKNOWN-2", BY);
  expect(world.recorded).toEqual(["resumed Unknown-2 by operator token"]);
});

test("watch --once leaves a stopped lot and ends without waiting for it", async () => {
  const world = new WatchWorld();
  world.stopped.add("A");
  world.writeInOrder(["A.csv", "B.csv"]);
  expect(await world.once()).toBe(0);
  expect([world.ran, world.manifests("work"), world.manifests("done")]).toEqual([["B.csv"], ["A.csv"], ["B.csv"]]);
});

test("nothing is run while it cannot be read which lots are stopped", async () => {
  const world = new WatchWorld();
  world.ledgerProblem = new OnboardingError("the ledger is away", { code: "disk-unwritable" });
  world.write("A.csv");
  world.start();
  await until(() => world.control.works()[0]?.reason === "the ledger is away");
  expect(world.ran).toEqual([]);
  world.ledgerProblem = undefined;
  world.skippedMs += 5_000;
  await until(() => world.manifests("done").length === 1);
});

test("a stopped lot's scheduled file keeps its job from nothing, and is left where it lies", async () => {
  const world = new WatchWorld();
  world.stopped.add("A");
  const path = join(world.home.root, "A.csv");
  writeFileSync(path, "id\n1\n");
  world.due = [{ job: "job", path }];
  world.start();
  await until(() => world.plans.includes(`tried ${path}`));
  expect([world.ran, existsSync(path), statesOf(world)]).toEqual([[], true, ["A stopped"]]);
  await world.control.resume("A", BY);
  await until(() => world.plans.includes(`done ${path}`));
});

test("progress, rate and takt of a run are seen while it runs, and changes are told gathered", async () => {
  const world = new WatchWorld();
  let run: FileToRun | undefined;
  const { outcome, end } = longRun();
  world.outcome = (file) => {
    run = file;
    return outcome(file);
  };
  world.start();
  const told: ReadonlySet<string>[] = [];
  const unsubscribe = world.control.subscribe((lots) => told.push(lots));
  world.control.subscribe(() => {
    throw new Error("a listener's defect");
  });
  world.write("A.csv");
  await until(() => run !== undefined);
  run?.onBegun({ taktSeconds: 0.5 });
  run?.onProgress({ room: "minting", done: 0, total: 100 });
  world.skippedMs += 2000;
  run?.onProgress({ room: "minting", done: 20, total: 100 });
  const [work] = world.control.works();
  expect(work).toMatchObject({
    file: "A.csv",
    lot: "A",
    job: "job",
    state: "running",
    reason: null,
    taktSeconds: 0.5,
    progress: { room: "minting", done: 20, total: 100 },
  });
  const { ratePerSecond, secondsLeft } = work?.progress ?? {};
  expect([Math.round(ratePerSecond ?? 0), Math.round((secondsLeft ?? 0) / 10)]).toEqual([10, 1]);
  const before = told.length;
  for (let index = 0; index < 1000; index += 1) run?.onProgress({ room: "minting", done: 21, total: 100 });
  await until(() => told.length > before);
  expect(told.length).toBe(before + 1);
  expect(told.at(-1)).toEqual(new Set(["A"]));
  unsubscribe();
  end(0);
  await until(() => world.manifests("done").length === 1);
  expect(told.length).toBe(before + 1);
  expect(world.logged.some(({ msg }) => msg.includes("a listener to the watcher failed"))).toBe(true);
});

test("a lot is sent again in its turn, once, also after a restart in between, and others are told", async () => {
  const world = new WatchWorld();
  const { outcome } = longRun();
  world.outcome = (file) => outcome(file);
  world.write("A.csv");
  const first = world.start();
  await until(() => statesOf(world).includes("A running"));
  await world.control.sendAgain("A", BY);
  await world.control.sendAgain("A", BY);
  await until(() => statesOf(world).length === 2);
  expect(world.sent).toEqual([]);
  // The signal ends the watcher and, as in the real one, the run.
  const stopping = first.stop();
  world.files[0]?.onProgress({ room: "x", done: 0, total: 0 });
  await world.control.stop("A", BY).catch(() => undefined);
  await stopping;
  world.stopped.clear();

  world.outcome = (file) => ended(0, file);
  world.sendOutcome = (sent) => ended(3, sent);
  world.start();
  await until(() => world.sent.length === 1 && world.asked.size === 0);
  await until(() => world.control.works().length === 0);
  expect(world.sent.map(({ lot, job }) => [lot, job])).toEqual([["A", "job"]]);
  expect(world.recorded).toContain("sent A: 3");
  expect(world.events.filter(({ file }) => file === null)).toMatchObject([{ event: "partial", lot: "A", exitCode: 3 }]);
  expect(world.control.works()).toEqual([]);
});

test("sending again waits for a platform that is away, ends where somebody has to decide, and can be stopped", async () => {
  const world = new WatchWorld();
  world.start();
  world.sendOutcome = (sent) => ended(world.sent.length === 1 ? 13 : 12, sent);
  await world.control.sendAgain("A", BY);
  await until(() => world.sent.length === 2 && world.asked.size === 0);
  expect(world.events.at(-1)).toMatchObject({ event: "failed", lot: "A", file: null, exitCode: 12 });

  world.sendOutcome = longRun().outcome;
  await world.control.sendAgain("B", BY);
  await until(() => statesOf(world).includes("B running"));
  await world.control.stop("B", BY);
  await until(() => statesOf(world).includes("B stopped"));
  expect(world.asked).toEqual(new Set(["B"]));
  world.sendOutcome = (sent) => ended(0, sent);
  await world.control.resume("B", BY);
  await until(() => world.asked.size === 0);
});

test("a lot that is asked for again while its sending is just ending is sent again", async () => {
  const world = new WatchWorld();
  world.start();
  world.afterEndSend = () => {
    if (world.sent.length === 1) void world.control.sendAgain("A", BY);
  };
  await world.control.sendAgain("A", BY);
  await until(() => world.sent.length === 2 && world.asked.size === 0);
});

test("a file that is handed in goes the way of every dropped file, at once, with its digest and who did it", async () => {
  const world = new WatchWorld();
  world.start({ settleMs: 3_600_000 });
  mkdirSync(world.home.state, { recursive: true });
  const content = "id\n1\n";
  const path = join(world.home.state, "upload");
  writeFileSync(path, content);
  expect(await world.control.drop(path, "C:\\fakepath\\A.csv", BY)).toEqual({ name: "A.csv" });
  await until(() => world.manifests("done").length === 1);
  const digest = createHash("sha256").update(content).digest("hex");
  expect([world.ran, world.recorded, existsSync(path), world.manifests("input")]).toEqual([
    ["A.csv"],
    [`dropped A.csv ${digest.slice(0, 8)} by operator token`],
    false,
    [],
  ]);
});

test("schedules are told", () => {
  const world = new WatchWorld();
  world.start();
  expect(world.control.schedules()).toEqual([{ job: "nightly", nextAtMs: 7, problem: null }]);
});
