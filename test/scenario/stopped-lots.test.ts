import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { makeRows, makeWorld, manifestText, PASSPHRASE, untilStopped, type World, writeJob } from "./harness.ts";
import { proveLot, readLedger } from "./prove-lot.ts";

const DRIVER = fileURLToPath(new URL("./watch-driver.ts", import.meta.url));
const BULK = "/devicecontrol/bulkNewDeviceRequests";
const GIVE_UP_MS = 240_000;

let world: World;
let input: string;

beforeAll(async () => {
  world = await makeWorld();
  input = join(world.home, "input");
});
afterAll(() => world.close());
beforeEach(() => {
  const { url, tenant, credentials } = world.sandbox;
  const platform = { url, tenant, user: credentials.user, caFile: join(world.home, "platform-ca.pem") };
  writeFileSync(join(world.home, "lotmint.yaml"), JSON.stringify({ platform, settle: "100ms", lotsAtOnce: 2 }));
  writeJob(world.home, "all", { manifest: "../input/*.csv" });
  setFaults(world.sandbox.state.faults, []);
});

interface Driven {
  readonly child: ChildProcess;
  readonly ended: Promise<NodeJS.Signals | number | null>;
  /** Says a line to the watcher and waits for its answer. */
  readonly say: (line: string) => Promise<string>;
  /** Waits until it has answered a line. */
  readonly answered: (line: string) => Promise<string>;
  readonly log: () => string;
}

function drive(options: { readonly once?: boolean; readonly stopAt?: string } = {}): Driven {
  const child = spawn(execPath, [DRIVER, world.home, ...(options.once === true ? ["--once"] : [])], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      LOTMINT_PASSPHRASE: PASSPHRASE,
      LOTMINT_PLATFORM_PASSWORD: world.sandbox.credentials.password,
      ...(options.stopAt === undefined ? {} : { LOTMINT_TEST_STOP_AT: options.stopAt }),
    },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let out = "";
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once("close", (code, signal) => resolve(signal ?? code));
  });
  const answered = async (line: string): Promise<string> => {
    for (;;) {
      const found = await until(() => out.split("\n").findIndex((answer) => answer.startsWith(`${line}: `)), log);
      const lines = out.split("\n");
      const [taken = ""] = lines.splice(found, 1);
      out = lines.join("\n");
      return taken.slice(line.length + 2);
    }
  };
  return {
    child,
    ended,
    log: () => log,
    answered,
    say: (line) => {
      child.stdin.write(`${line}\n`);
      return answered(line);
    },
  };
}

/** Waits until an index is found. */
async function until(find: () => number | boolean, told = ""): Promise<number> {
  const giveUp = Date.now() + GIVE_UP_MS;
  for (;;) {
    const found = find();
    if (found === true) return 0;
    if (typeof found === "number" && found >= 0) return found;
    if (Date.now() > giveUp) throw new Error(`this has not come true: ${find.toString()}\n${told}`);
    await pause(20);
  }
}

async function stateOf(driven: Driven, lot: string): Promise<string | undefined> {
  const { works } = JSON.parse(await driven.say("works")) as {
    readonly works: readonly { readonly lot: string | null; readonly state: string }[];
  };
  return works.find((work) => work.lot === lot)?.state;
}

async function untilState(driven: Driven, lot: string, state: string | undefined): Promise<void> {
  const giveUp = Date.now() + GIVE_UP_MS;
  while ((await stateOf(driven, lot)) !== state) {
    if (Date.now() > giveUp) throw new Error(`${lot} has not come to be ${state}: ${driven.log()}`);
    await pause(20);
  }
}

function drop(name: string, content: string): void {
  const aside = join(world.home, "aside");
  writeFileSync(aside, content);
  renameSync(aside, join(input, name));
}

const rowsOf = (lot: string, devices = 12) => makeRows(lot.toUpperCase(), devices);

function proof(lot: string, devices = 12): readonly string[] {
  const ids = rowsOf(lot, devices).map(({ id }) => id);
  return proveLot({ home: world.home, lot, ids, exitCode: 0, platform: world.sandbox.state });
}

function isIn(folder: "done" | "work", name: string): boolean {
  return existsSync(join(input, folder, name));
}

/** Kinds and details of the events about a subject, oldest first. */
function eventsOf(subject: string): readonly (readonly [kind: string, detail: unknown])[] {
  const file = new DatabaseSync(join(world.home, "state", "ledger.sqlite"), { readOnly: true, timeout: 30_000 });
  try {
    return file
      .prepare("SELECT kind, detail FROM events WHERE chain = 0 AND subject = ? AND kind <> 'checkpoint' ORDER BY seq")
      .all(subject)
      .map((row) => [String(row["kind"]), JSON.parse(String(row["detail"]))] as const);
  } finally {
    file.close();
  }
}

test("a lot stopped while it mints finishes its batches, stays stopped after a kill, completes when resumed, and nothing is done twice", async () => {
  const devices = 1600;
  drop("s1.csv", manifestText(rowsOf("s1", devices)));
  const first = drive({ stopAt: "batch-placed:1:s1" });
  expect(await first.answered("stop s1")).toBe("done");
  await untilState(first, "s1", "stopped");
  const { stages, batchStates } = readLedger(world.home, "s1");
  const count = (wanted: string) => [...stages.values()].filter((stage) => stage === wanted).length;
  expect(new Set(batchStates)).toEqual(new Set(["placed"]));
  expect([count("reserved"), count("confirmed")]).toEqual([0, 0]);
  expect(count("planned")).toBeGreaterThan(0);
  expect(count("planned")).toBeLessThan(devices);
  // Other lots go on beside it.
  drop("s2.csv", manifestText(rowsOf("s2")));
  await until(() => isIn("done", "s2.csv.result.txt"), first.log());
  first.child.kill("SIGKILL");
  expect(await first.ended).toBe("SIGKILL");

  const minted = () => [...readLedger(world.home, "s1").stages.values()].filter((stage) => stage !== "planned").length;
  const before = minted();
  const second = drive();
  await untilState(second, "s1", "stopped");
  // As good as a while: another lot comes and goes.
  drop("s3.csv", manifestText(rowsOf("s3")));
  await until(() => isIn("done", "s3.csv.result.txt"), second.log());
  expect([await stateOf(second, "s1"), isIn("work", "s1.csv"), minted()]).toEqual(["stopped", true, before]);
  expect(readFileSync(join(input, "work", "s1.csv.waiting.txt"), "utf8")).toMatch(/^STOPPED/);
  const status = await world.run(["status", "--json"]);
  expect(JSON.parse(status.stdout)).toContainEqual(expect.objectContaining({ lot: "s1", stopped: true }));

  expect(await second.say("resume S1")).toBe("done");
  await until(() => isIn("done", "s1.csv.result.txt"), second.log());
  expect(readFileSync(join(input, "done", "s1.csv.result.txt"), "utf8")).toMatch(/^DONE/);
  expect(proof("s1", devices)).toEqual([]);
  const by = { via: "page", who: "operator token", address: "192.0.2.7" };
  expect(eventsOf("s1")).toEqual([
    ["lot-stopped", by],
    ["lot-resumed", by],
  ]);
  second.child.kill("SIGTERM");
  expect(await second.ended).toBe(0);
  expect((await world.run(["check", "s1"])).code).toBe(0);
});

test("a lot stopped while it uploads lets the uploads in flight be answered, and sends no more until it is resumed", async () => {
  const devices = 120;
  writeJob(world.home, "all", { manifest: "../input/*.csv", submit: { rowsPerUpload: 40, concurrency: 1 } });
  setFaults(world.sandbox.state.faults, [{ kind: "delay", delayMs: 300, match: { path: BULK } }]);
  drop("u1.csv", manifestText(rowsOf("u1", devices)));
  const driven = drive({ stopAt: "upload-opened:1:u1" });
  expect(await driven.answered("stop u1")).toBe("done");
  await untilState(driven, "u1", "stopped");
  const { stages, openUploads } = readLedger(world.home, "u1");
  const confirmed = [...stages.values()].filter((stage) => stage === "confirmed").length;
  expect([confirmed, openUploads]).toEqual([40, 0]);
  // By hand it goes on regardless, and the file finds nothing left to do.
  setFaults(world.sandbox.state.faults, []);
  const byHand = await world.run(["submit", "u1"]);
  expect([byHand.code, byHand.stderr]).toEqual([0, expect.stringContaining("stopped for the watcher")]);
  expect(await stateOf(driven, "u1")).toBe("stopped");
  await driven.say("resume u1");
  await until(() => isIn("done", "u1.csv.result.txt"), driven.log());
  expect(proof("u1", devices)).toEqual([]);
});

test("a lot that a run by hand holds is not stopped, and its holder is named", async () => {
  drop("h1.csv", manifestText(rowsOf("h1")));
  const run = world.start(["run", join(input, "h1.csv")], { at: { step: "minted", signal: "SIGSTOP" } });
  await untilStopped(run);
  const driven = drive();
  await untilState(driven, "h1", "waiting");
  expect(await driven.say("stop h1")).toMatch(new RegExp(`^refused lot-held .*process ${run.child.pid}`));
  expect(await stateOf(driven, "h1")).toBe("waiting");
  run.child.kill("SIGCONT");
  await run.ended;
  expect(eventsOf("h1")).toEqual([]);
});

test("watch --once leaves a stopped lot, and ends", async () => {
  const watching = drive();
  drop("o1.csv", manifestText(rowsOf("o1")));
  await until(() => isIn("done", "o1.csv.result.txt"), watching.log());
  await watching.say("stop o1");
  watching.child.kill("SIGTERM");
  await watching.ended;
  drop("o1.csv", manifestText([...rowsOf("o1"), ...makeRows("O1-MORE", 3)]));
  drop("o2.csv", manifestText(rowsOf("o2")));
  const once = await world.run(["watch", "--once"]);
  expect([once.code, isIn("work", "o1.csv"), isIn("done", "o2.csv")]).toEqual([0, true, true]);
  expect(readLedger(world.home, "o1").stages.size).toBe(12);
});

test("sending again is done by the next watcher when this one is killed before, mints nothing, and is done once", async () => {
  drop("a1.csv", manifestText(rowsOf("a1")));
  const first = drive();
  await until(() => isIn("done", "a1.csv.result.txt"), first.log());
  await first.say("stop a1");
  expect(await first.say("send nobody")).toMatch(/^refused usage there is no lot "nobody"/);
  expect(await first.say("send a1")).toBe("done");
  expect(await first.say("send A1")).toBe("done");
  first.child.kill("SIGKILL");
  await first.ended;
  const second = drive();
  await untilState(second, "a1", "stopped");
  await second.say("resume a1");
  await until(() => eventsOf("a1").some(([kind]) => kind === "send-ended"), second.log());
  expect(eventsOf("a1").map(([kind]) => kind)).toEqual(["lot-stopped", "send-asked", "lot-resumed", "send-ended"]);
  expect(proof("a1")).toEqual([]);
  await untilState(second, "a1", undefined);
});

test("a manifest that is handed in is minted like a dropped one, with its digest and who did it in the event log", async () => {
  const driven = drive();
  const folder = join(world.home, "state", "uploads");
  mkdirSync(folder);
  writeFileSync(join(folder, "1"), manifestText(rowsOf("d1")));
  expect(await driven.say(`drop ${join(folder, "1")} d1.csv`)).toBe("d1.csv");
  await until(() => isIn("done", "d1.csv.result.txt"), driven.log());
  expect([proof("d1"), readdirSync(folder)]).toEqual([[], []]);
  expect(eventsOf("d1.csv")).toEqual([
    [
      "manifest-dropped",
      expect.objectContaining({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), who: "operator token" }),
    ],
  ]);
});
