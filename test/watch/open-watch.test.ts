import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { getuid } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { OnboardingError } from "../../src/domain/error.ts";
import { claimDrop } from "../../src/watch/claim-drop.ts";
import { readClaim, readClaims, writeClaim } from "../../src/watch/claims.ts";
import { UNREADABLE_NAME } from "../../src/watch/refuse-drop.ts";
import { ended, until, WatchWorld } from "./watch-world.ts";

test("a dropped manifest is run from input/work and ends in input/done with its results beside it", async () => {
  const world = new WatchWorld();
  world.write("LOT.csv");
  expect(await world.once()).toBe(0);
  expect(world.files.map(({ name, path, lot }) => [name, path, lot])).toEqual([
    ["LOT.csv", join(world.drop.work, "LOT.csv"), "LOT"],
  ]);
  expect(world.names("done")).toEqual(["LOT.csv", "LOT.csv.result.json", "LOT.csv.result.txt"]);
  expect(world.result("done", "LOT.csv")).toMatch(/^DONE /);
  expect(JSON.parse(readFileSync(join(world.drop.done, "LOT.csv.result.json"), "utf8"))).toMatchObject({
    version: 1,
    lot: "LOT",
    exitCode: 0,
  });
  expect([world.manifests("input"), world.names("work")]).toEqual([[], []]);
});

test("a file that is written slowly is left until it is whole", async () => {
  const world = new WatchWorld();
  const watch = world.start({ settleMs: 10_000 });
  const path = world.write("LOT.csv", "id\n");
  for (let row = 0; row < 5; row += 1) {
    await world.looked();
    world.skippedMs += 6_000;
    await world.looked();
    expect(world.ran).toEqual([]);
    appendFileSync(path, `${row}\n`);
  }
  let seen = "";
  world.outcome = (file) => {
    seen = readFileSync(file.path, "utf8");
    return ended(0, file);
  };
  await world.looked();
  world.skippedMs += 10_000;
  await until(() => world.manifests("done").length === 1);
  expect(seen.split("\n")).toHaveLength(7);
  await watch.stop();
});

test("a file that is replaced while it settles is taken as the new one", async () => {
  const world = new WatchWorld();
  const watch = world.start({ settleMs: 10_000 });
  const path = world.write("LOT.csv", "old\n");
  await world.looked();
  world.skippedMs += 6_000;
  await world.looked();
  const aside = join(world.home.root, "aside");
  writeFileSync(aside, "new\n");
  utimesSync(aside, 1, 1);
  renameSync(aside, path);
  await world.looked();
  world.skippedMs += 6_000;
  await world.looked();
  expect(world.ran).toEqual([]);
  world.skippedMs += 6_000;
  await until(() => world.manifests("done").length === 1);
  expect(readFileSync(join(world.drop.done, "LOT.csv"), "utf8")).toBe("new\n");
  await watch.stop();
});

test("a ready mark takes its file at once, and is gone afterwards", async () => {
  const world = new WatchWorld();
  const watch = world.start({ settleMs: 3_600_000 });
  world.write("LOT.csv");
  world.write("OTHER.csv");
  world.write("LOT.csv.ready", "");
  await until(() => world.manifests("done").length === 1);
  expect(world.names("input").filter((name) => /OTHER|ready/.test(name))).toEqual(["OTHER.csv"]);
  await watch.stop();
});

test("a process that still writes after the claim writes into work/, and the file must become stable there again", async () => {
  const world = new WatchWorld();
  world.write("LOT.csv", "id\n");
  const writer = openSync(join(world.drop.input, "LOT.csv"), "a");
  // The ready mark came too early: the file grows between the look and the claim, and after it.
  world.waitsForSchedule = () => {
    writeSync(writer, "1\n");
    return false;
  };
  world.write("LOT.csv.ready", "");
  let seen = "";
  world.outcome = (file) => {
    seen = readFileSync(file.path, "utf8");
    return ended(0, file);
  };
  const watch = world.start({ settleMs: 10_000 });
  await until(() => world.manifests("work").length === 1);
  await world.looked();
  world.skippedMs += 6_000;
  await world.looked();
  writeSync(writer, "2\n");
  await world.looked();
  world.skippedMs += 6_000;
  await world.looked();
  expect(world.ran).toEqual([]);
  closeSync(writer);
  world.skippedMs += 6_000;
  await until(() => world.manifests("done").length === 1);
  expect(seen).toBe("id\n1\n2\n");
  await watch.stop();
});

test("only manifests are looked at: hidden, temporary and other files stay where they are", async () => {
  const world = new WatchWorld();
  const others = [".hidden.csv", "LOT.csv.part", "Thumbs.db", "notes.docx", "~$LOT.csv"];
  for (const name of others) world.write(name);
  mkdirSync(join(world.drop.input, "folder"));
  expect(await world.once()).toBe(0);
  expect(world.names("input")).toEqual([...others, "folder"].sort());
  expect(world.ran).toEqual([]);
});

test("PARTIAL lots end in done/, refused ones in rejected/; the worst exit code counts", async () => {
  const world = new WatchWorld();
  for (const name of ["A.csv", "B.csv", "C.csv", "nobody.csv"]) world.write(name);
  world.outcome = (file) => ended({ A: 0, B: 3, C: 12 }[file.lot] ?? 1, file);
  expect(await world.once()).toBe(12);
  expect(world.manifests("done")).toEqual(["A.csv", "B.csv"]);
  expect(world.manifests("rejected")).toEqual(["C.csv", "nobody.csv"]);
  expect(world.result("done", "B.csv")).toMatch(/^PARTIAL [\s\S]*\/output\/B\/rejects\.csv/);
  expect(world.result("rejected", "C.csv")).toMatch(/^FAILED [\s\S]*the problem/);
  expect(world.result("rejected", "nobody.csv")).toMatch(/^FAILED [\s\S]*no job takes nobody\.csv/);
});

test("a workbook gets FAILED with what to save it as, and lies in rejected/ with it", async () => {
  const world = new WatchWorld();
  world.write("LOT.XLSX");
  expect(await world.once()).toBe(2);
  expect(world.ran).toEqual([]);
  expect(world.result("rejected", "LOT.XLSX")).toMatch(/^FAILED {2}LOT\.XLSX: [\s\S]*save as CSV UTF-8/);
});

test("links and files of others are refused without being opened or followed", async () => {
  const world = new WatchWorld();
  const secret = join(world.home.root, "secret");
  writeFileSync(secret, "id\nsecret\n");
  symlinkSync(secret, join(world.drop.input, "LINK.csv"));
  chmodSync(world.write("CLOSED.csv"), 0o000);
  expect(await world.once()).toBe(2);
  expect(world.ran).toEqual([]);
  expect(world.result("rejected", "LINK.csv")).toContain("symbolic link");
  expect(world.result("rejected", "CLOSED.csv")).toContain("permissions");
  expect(readFileSync(secret, "utf8")).toBe("id\nsecret\n");
  world.write("THEIRS.csv");
  expect(await world.once({ uid: (getuid?.() ?? 0) + 1 })).toBe(2);
  expect(world.result("rejected", "THEIRS.csv")).toContain("another user");
});

test("names that are not UTF-8 and folders called like manifests are filed with the reason beside them", async () => {
  const world = new WatchWorld();
  const raw = (byte: number) =>
    Buffer.concat([Buffer.from(`${world.drop.input}/L`), Buffer.from([byte]), Buffer.from(".csv")]);
  writeFileSync(raw(0xfc), "id\n1\n");
  writeFileSync(raw(0xe4), "id\n2\n");
  mkdirSync(join(world.drop.input, "FOLDER.csv"));
  writeFileSync(join(world.drop.input, "FOLDER.csv/inside.csv"), "id\n");
  world.write("DOT.csv.");
  world.write("LOT.csv");
  expect(await world.once()).toBe(2);
  expect(world.ran.sort()).toEqual(["DOT.csv.", "LOT.csv"]);
  for (const [name, content] of [
    ["L%FC.csv", "id\n1\n"],
    ["L%E4.csv", "id\n2\n"],
  ] as const) {
    expect(readFileSync(join(world.drop.rejected, name), "utf8")).toBe(content);
    expect(world.result("rejected", name)).toMatch(/^FAILED[\s\S]*not UTF-8[\s\S]*Give it a name of plain letters/);
  }
  expect(world.result("rejected", "FOLDER.csv")).toMatch(/^FAILED[\s\S]*it is a folder/);
  expect(existsSync(join(world.drop.rejected, "FOLDER.csv/inside.csv"))).toBe(true);
  expect(world.names("input").filter((name) => !["done", "rejected", "work"].includes(name))).toEqual([]);
});

test("a watcher that is killed after it has claimed a name that is not UTF-8 still refuses it", async () => {
  const world = new WatchWorld();
  const from = Buffer.concat([Buffer.from(`${world.drop.input}/L`), Buffer.from([0xfc]), Buffer.from(".csv")]);
  writeFileSync(from, "id\n");
  claimDrop(world.drop, "L%FC.csv", { nowMs: 0, job: null, from, refusal: UNREADABLE_NAME });
  writeFileSync(Buffer.concat([Buffer.from(`${world.drop.work}/M`), Buffer.from([0xfc, 0x2e, 0x63, 0x73, 0x76])]), "");
  const watch = world.start();
  await until(() => world.manifests("rejected").length === 2);
  await watch.stop();
  expect(world.ran).toEqual([]);
  expect(world.result("rejected", "L%FC.csv")).toContain("not UTF-8");
  expect(world.result("rejected", "M%FC.csv")).toContain("not UTF-8");
});

test("what cannot be moved away is told and does not keep others from being taken", async (context) => {
  // Root moves everything.
  if (getuid?.() === 0) context.skip();
  const world = new WatchWorld();
  const folder = join(world.drop.input, "FOLDER.csv");
  mkdirSync(folder, 0o500);
  world.write("LOT.csv");
  expect(await world.once()).toBe(2);
  expect(world.ran).toEqual(["LOT.csv"]);
  expect(existsSync(folder)).toBe(true);
  expect(world.logged.map(({ reason, msg }) => `${msg} ${reason}`).join("\n")).toContain("cannot be moved away");
});

test("names with line ends and names of 255 bytes get their results like others", async () => {
  const world = new WatchWorld();
  const long = `nobody${"ü".repeat(122)}a.csv`;
  expect(Buffer.byteLength(long)).toBe(255);
  world.write(long);
  world.write("nobody\n\u001b[2J.csv");
  expect(await world.once()).toBe(2);
  const results = world.names("rejected").filter((name) => name.endsWith(".result.txt"));
  expect(results).toHaveLength(2);
  for (const name of results) {
    const text = readFileSync(join(world.drop.rejected, name), "utf8");
    expect(text).toMatch(/^FAILED/);
    expect(text).not.toContain("\u001b");
  }
});

test("a second file of a name that is in done/ gets the time, and nothing is overwritten", async () => {
  const world = new WatchWorld();
  for (const content of ["id\n1\n", "id\n2\n", "id\n3\n"]) {
    world.write("LOT.csv", content);
    await world.once();
  }
  const [third = "", second = "", first = ""] = world.manifests("done");
  expect([first, third]).toEqual(["LOT.csv", second.replace(".csv", "-2.csv")]);
  const contents = [first, second, third].map((name) => readFileSync(join(world.drop.done, name), "utf8"));
  expect(contents).toEqual(["id\n1\n", "id\n2\n", "id\n3\n"]);
  expect(world.names("done").filter((name) => name.endsWith(".result.txt"))).toHaveLength(3);
});

test("several files go in order of arrival, lotsAtOnce of them at a time", async () => {
  const world = new WatchWorld();
  let running = 0;
  let most = 0;
  world.outcome = async (file) => {
    running += 1;
    most = Math.max(most, running);
    // Both are at work at once, however slowly the second begins; a third would have had its chance.
    await until(() => most >= 2);
    await pause(20);
    running -= 1;
    return ended(0, file);
  };
  const names = ["Z.csv", "M.csv", "A.csv", "Q.csv", "B.csv", "Y.csv"];
  world.writeInOrder(names);
  await world.once({ lotsAtOnce: 2 });
  expect(world.ran).toEqual(names);
  expect(most).toBe(2);
});

test("a platform that is away: the file stays in work/ with a word for the operator and is tried again, for hours", async () => {
  const world = new WatchWorld();
  let away = true;
  world.outcome = (file) => ended(away ? 13 : 0, file);
  const watch = world.start();
  world.write("LOT.csv");
  await until(() => world.ran.length >= 3);
  expect(world.names("work")).toEqual(["LOT.csv", "LOT.csv.waiting.txt"]);
  expect(readFileSync(join(world.drop.work, "LOT.csv.waiting.txt"), "utf8")).toMatch(/^WAITING /);
  expect(readClaims(world.drop)).toMatchObject([
    { name: "LOT.csv", lot: "LOT", waiting: { reason: "the platform was not reached", sinceMs: world.clockMs } },
  ]);
  const lines = world.logged.length;
  const tries = world.ran.length;
  await until(() => world.ran.length >= tries + 4);
  // The same again is not told again.
  expect(world.logged.length).toBe(lines);
  expect(world.events).toEqual([]);
  world.skippedMs += 3 * 3_600_000;
  await until(() => world.events.length === 1);
  expect(world.events[0]).toMatchObject({ event: "stalled", lot: "LOT", file: "LOT.csv" });
  away = false;
  await until(() => world.manifests("done").length === 1);
  expect(world.names("work")).toEqual([]);
  expect(world.events.map(({ event }) => event)).toEqual(["stalled", "done"]);
  await watch.stop();
});

test("new files are run while others wait for the platform", async () => {
  const world = new WatchWorld();
  world.outcome = (file) => ended(file.lot === "A" ? 13 : 0, file);
  const watch = world.start({ pauses: { firstMs: 3_600_000, longestMs: 3_600_000 } });
  world.write("A.csv");
  await until(() => world.ran.length === 1);
  world.write("B.csv");
  await until(() => world.manifests("done").length === 1);
  expect(world.manifests("done")).toEqual(["B.csv"]);
  await watch.stop();
});

test("a damaged ledger and a defect are told as failed at once; the defect's file is rejected in the end", async () => {
  const world = new WatchWorld();
  world.outcome = (file) => ended(file.lot === "A" ? 15 : 1, file);
  const watch = world.start();
  world.write("A.csv");
  world.write("B.csv");
  await until(
    () => world.manifests("rejected").length === 1 && world.ran.filter((name) => name === "A.csv").length > 2,
  );
  expect(world.manifests("work")).toEqual(["A.csv"]);
  expect(world.manifests("rejected")).toEqual(["B.csv"]);
  const told = world.events.map(({ event, lot }) => `${lot} ${event}`);
  expect(told.filter((one) => one.startsWith("A"))).toEqual(["A failed"]);
  await watch.stop();
});

test("a run that hangs is told as stalled", async () => {
  const world = new WatchWorld();
  let release = () => {};
  world.outcome = (file) =>
    new Promise((resolve) => {
      release = () => resolve(ended(0, file));
    });
  const watch = world.start();
  world.write("LOT.csv");
  await until(() => world.ran.length === 1);
  world.skippedMs += 800_000;
  world.files[0]?.onProgress({ room: "minting", done: 1, total: 2 });
  world.skippedMs += 800_000;
  await world.looked();
  expect(world.events).toEqual([]);
  world.skippedMs += 200_000;
  await until(() => world.events.length === 1);
  expect(world.events[0]?.event).toBe("stalled");
  release();
  await watch.stop();
});

test("a share that vanishes under the watch is waited for, told once, and its files go on when it is back", async () => {
  const world = new WatchWorld();
  let away = true;
  world.outcome = (file) => ended(away ? 13 : 0, file);
  const watch = world.start();
  world.write("LOT.csv");
  await until(() => world.ran.length >= 1);
  const gone = join(world.home.root, "gone");
  renameSync(world.drop.input, gone);
  await until(() => world.logged.some(({ msg }) => /^input: .*; trying again$/.test(msg)));
  await world.looked();
  expect(world.logged.filter(({ msg }) => /^input: .*; trying again$/.test(msg))).toHaveLength(1);
  expect(existsSync(world.drop.input)).toBe(false);
  away = false;
  const tries = world.ran.length;
  await until(() => world.ran.length > tries);
  await world.looked();
  expect(existsSync(world.drop.input)).toBe(false);
  renameSync(gone, world.drop.input);
  world.skippedMs += 60_000;
  await until(() => world.manifests("done").length === 1);
  world.write("NEXT.csv");
  await until(() => world.manifests("done").length === 2);
  expect(world.logged.filter(({ msg }) => msg === "input: this works again")).toHaveLength(1);
  await watch.stop();
});

test("a manifest that a vanished share made unreadable is not reported as the operator's mistake", async () => {
  const world = new WatchWorld();
  const gone = join(world.home.root, "gone");
  let first = true;
  world.outcome = (file) => {
    if (!first) return ended(0, file);
    first = false;
    renameSync(world.drop.input, gone);
    return ended(2, file, `cannot read ${file.path}`);
  };
  const watch = world.start();
  world.write("LOT.csv");
  await until(() => existsSync(gone));
  await world.looked();
  renameSync(gone, world.drop.input);
  world.skippedMs += 60_000;
  await until(() => world.manifests("done").length === 1);
  expect(world.manifests("rejected")).toEqual([]);
  await watch.stop();
});

test("a share that stays away is told as stalled", async () => {
  const world = new WatchWorld();
  rmSync(world.drop.input, { recursive: true });
  const watch = world.start();
  await until(() => world.logged.length > 0);
  world.skippedMs += 1_000_000;
  await until(() => world.events.length === 1);
  await world.looked();
  expect(world.events.map(({ event, file }) => [event, file])).toEqual([["stalled", null]]);
  await watch.stop();
});

test("results that cannot be written are written later, and nothing is lost or run again meanwhile", async () => {
  const world = new WatchWorld();
  // A file where the folder belongs: no result can be written, as on a full disk.
  writeFileSync(world.drop.done, "");
  const watch = world.start();
  world.write("LOT.csv");
  await until(() => world.logged.some(({ msg }) => /^input\/work\/LOT\.csv: .*; trying again$/.test(msg)));
  world.skippedMs += 60_000;
  await world.looked();
  expect([world.manifests("work"), world.ran]).toEqual([["LOT.csv"], ["LOT.csv"]]);
  unlinkSync(world.drop.done);
  world.skippedMs += 60_000;
  await until(() => world.manifests("done").length === 1);
  expect(world.ran).toEqual(["LOT.csv"]);
  expect(world.result("done", "LOT.csv")).toMatch(/^DONE /);
  await watch.stop();
});

test("claims that cannot be written down claim nothing: the file stays where it was dropped", async () => {
  const world = new WatchWorld();
  mkdirSync(world.home.state);
  writeFileSync(world.drop.claims, "");
  const watch = world.start();
  world.write("LOT.csv");
  await until(() => world.logged.some(({ msg }) => /^input: .*; trying again$/.test(msg)));
  expect([world.manifests("input"), world.ran]).toEqual([["LOT.csv"], []]);
  unlinkSync(world.drop.claims);
  await until(() => world.manifests("done").length === 1);
  await watch.stop();
});

test("a watcher that was killed is followed by one that goes on with the claimed files, lots named as before", async () => {
  const world = new WatchWorld();
  world.outcome = (file) => ended(13, file);
  world.writeInOrder(["B.csv", "A.csv"]);
  const first = world.start();
  await until(() => world.ran.length >= 2);
  await first.stop();
  const lots = world.files.slice(0, 2).map(({ lot }) => lot);
  world.files.splice(0);
  world.outcome = (file) => ended(0, file);
  // The next day {date} would be another one.
  world.clockMs += 86_400_000;
  expect(await world.once()).toBe(0);
  expect(world.files.map(({ lot }) => lot)).toEqual(lots);
  expect(world.manifests("done")).toEqual(["A.csv", "B.csv"]);
  expect(world.names("work")).toEqual([]);
});

test("a file with which the watcher was killed three times is rejected, and the next files are processed", async () => {
  const world = new WatchWorld();
  mkdirSync(world.drop.work, { recursive: true });
  writeFileSync(join(world.drop.work, "HEAVY.csv"), "id\n1\n");
  writeClaim(world.drop, "HEAVY.csv", {
    name: "HEAVY.csv",
    claimedAtMs: world.clockMs,
    lot: "HEAVY",
    job: "job",
    starts: 3,
    filing: null,
  });
  world.write("NEXT.csv");
  expect(await world.once()).toBe(1);
  expect(world.ran).toEqual(["NEXT.csv"]);
  expect(world.result("rejected", "HEAVY.csv")).toMatch(/^FAILED .*\n.*killed 3 times.*\nCall the engineer/);
});

test("a start is counted on the disk before the work begins, and forgotten once it has ended in order", async () => {
  const world = new WatchWorld();
  const startsNow = () => readClaim(world.drop, "HEAVY.csv")?.starts;
  const during: (number | undefined)[] = [];
  world.outcome = (file) => {
    during.push(startsNow());
    return ended(13, file);
  };
  world.write("HEAVY.csv");
  await world.once();
  expect([during, startsNow()]).toEqual([[1], 0]);
  await world.once();
  expect([during, startsNow()]).toEqual([[1, 1], 0]);
});

test("killed between results and move, the file is filed under the same name by the next one", async () => {
  const world = new WatchWorld();
  world.write("LOT.csv");
  await world.once();
  world.write("LOT.csv", "id\n2\n");
  // What a kill right after the results of the second file would have left.
  world.outcome = (file) => ended(13, file);
  await world.once();
  const claims = join(world.drop.claims, readOnly(world.drop.claims));
  const claim = JSON.parse(readFileSync(claims, "utf8"));
  writeFileSync(claims, JSON.stringify({ ...claim, filing: { folder: "done", name: "LOT-X.csv" } }));
  writeFileSync(join(world.drop.done, "LOT-X.csv.result.txt"), "DONE");
  world.outcome = (file) => ended(0, file);
  await world.once();
  expect(world.manifests("done")).toEqual(["LOT-X.csv", "LOT.csv"]);
});

function readOnly(folder: string): string {
  const [name, ...others] = names(folder);
  if (name === undefined || others.length > 0) throw new Error("there is not exactly one claim");
  return name;
}

test("a file that somebody takes out of work/ is forgotten", async () => {
  const world = new WatchWorld();
  world.outcome = (file) => ended(13, file);
  const watch = world.start({ pauses: { firstMs: 1_000_000, longestMs: 1_000_000 } });
  world.write("LOT.csv");
  await until(() => world.ran.length === 1);
  unlinkSync(join(world.drop.work, "LOT.csv"));
  await until(() => world.logged.some(({ msg }) => msg.includes("is forgotten")));
  expect(names(world.drop.claims)).toEqual([]);
  await watch.stop();
});

test("a stop lets what runs come to its end, files it, claims nothing more, and says so", async () => {
  const world = new WatchWorld();
  world.outcome = async (file) => {
    await until(() => world.signal.aborted);
    world.write("LATE.csv");
    return ended(file.lot === "A" ? 0 : 130, file);
  };
  const watch = world.start({ lotsAtOnce: 2 });
  world.write("A.csv");
  world.write("B.csv");
  await until(() => world.ran.length === 2);
  expect(await watch.stop()).toBe(130);
  expect([world.manifests("done"), world.manifests("work"), world.manifests("input")]).toEqual([
    ["A.csv"],
    ["B.csv"],
    ["LATE.csv"],
  ]);
});

test("once does what is there and ends, also when somebody keeps on writing", async () => {
  const world = new WatchWorld();
  world.write("LOT.csv");
  const growing = world.write("GROWS.csv");
  let atMs = 0;
  const monotonic = () => {
    // It grows between any two looks.
    appendFileSync(growing, "1\n");
    atMs += 5;
    return atMs;
  };
  expect(await world.once({ monotonic })).toBe(0);
  expect([world.manifests("done"), world.manifests("input")]).toEqual([["LOT.csv"], ["GROWS.csv"]]);
});

test("once with a platform that is away tries once, says 13 and leaves the file in work/", async () => {
  const world = new WatchWorld();
  world.outcome = (file) => ended(13, file);
  world.write("LOT.csv");
  expect(await world.once()).toBe(13);
  expect([world.ran, world.manifests("work")]).toEqual([["LOT.csv"], ["LOT.csv"]]);
});

test("a file whose job has a schedule stays until that is due, and is then run with that job", async () => {
  const world = new WatchWorld();
  world.waitsForSchedule = (name) => name.startsWith("NIGHT");
  const path = world.write("NIGHT.csv");
  world.write("DAY.csv");
  await world.once();
  expect([world.ran, world.manifests("input")]).toEqual([["DAY.csv"], ["NIGHT.csv"]]);
  world.due = [{ job: "nightly", path }];
  await world.once();
  expect(world.files.at(-1)).toMatchObject({ name: "NIGHT.csv", job: "nightly" });
  expect(world.manifests("done")).toEqual(["DAY.csv", "NIGHT.csv"]);
  expect(world.plans).toEqual([`taken ${path}`, `tried ${path}`]);
});

test("a scheduled file elsewhere is run where it is, once it stands still, and stays there", async () => {
  const world = new WatchWorld();
  const exports = join(world.home.root, "exports");
  mkdirSync(exports);
  const path = join(exports, "MES.csv");
  writeFileSync(path, "id\n");
  world.due = [
    { job: "mes", path },
    { job: "mes", path: join(exports, "gone.csv") },
  ];
  expect(await world.once()).toBe(0);
  expect(world.files.map((file) => [file.path, file.job])).toEqual([[path, "mes"]]);
  expect(existsSync(path)).toBe(true);
  expect(world.plans).toEqual([`ended ${join(exports, "gone.csv")}`, `tried ${path}`, `done ${path}`]);
  expect(world.events.map(({ event }) => event)).toEqual(["done"]);
});

test("a clock that jumps neither hurries nor holds up a file", async () => {
  const world = new WatchWorld();
  const watch = world.start({ settleMs: 10_000 });
  world.write("LOT.csv");
  await world.looked();
  world.clockMs += 10 * 365 * 86_400_000;
  await world.looked();
  expect(world.ran).toEqual([]);
  world.clockMs -= 20 * 365 * 86_400_000;
  world.skippedMs += 10_000;
  await until(() => world.manifests("done").length === 1);
  await watch.stop();
});

test("revocation lists are renewed at the start and every hour; an error in it is logged and stops nothing else", async () => {
  const world = new WatchWorld();
  let renewed = 0;
  world.renewCrls = async () => {
    renewed += 1;
    if (renewed === 2) throw new Error("no key");
  };
  const watch = world.start();
  await until(() => renewed === 1);
  world.skippedMs += 3_500_000;
  await world.looked();
  expect(renewed).toBe(1);
  world.skippedMs += 200_000;
  await until(() => renewed === 2);
  world.write("LOT.csv");
  await until(() => world.manifests("done").length === 1);
  expect(world.logged.filter(({ reason }) => reason === "no key")).toHaveLength(1);
  await watch.stop();
});

test("a quiet watch writes nothing into the log", async () => {
  const world = new WatchWorld();
  world.write("notes.docx");
  const watch = world.start();
  await world.looked();
  expect(world.logged).toEqual([]);
  await watch.stop();
});

test("thousands of files in done/ do not keep the next one", async () => {
  const world = new WatchWorld();
  mkdirSync(world.drop.done);
  for (let index = 0; index < 3000; index += 1) writeFileSync(join(world.drop.done, `OLD${index}.csv`), "");
  copyFileSync(world.write("OLD7.csv"), join(world.drop.input, "NEW.csv"));
  expect(await world.once()).toBe(0);
  expect(world.names("done").filter((name) => /^(NEW|OLD7[-.])/.test(name))).toHaveLength(2 * 3 + 1);
});

test("memory stays flat over a thousand lots", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const world = new WatchWorld();
  const watch = world.start({ settleMs: 1, pollMs: 1, lotsAtOnce: 4 });
  const heap: number[] = [];
  for (let block = 0; block < 10; block += 1) {
    for (let index = 0; index < 100; index += 1) world.write(`L${block}x${index}.csv`);
    await until(() => world.ran.length === 100 * (block + 1) && world.manifests("work").length === 0);
    // What the test itself keeps is not the watcher's.
    world.logged.splice(0);
    world.events.splice(0);
    world.files.splice(0);
    collect();
    heap.push(process.memoryUsage().heapUsed);
  }
  await watch.stop();
  const [, second = 0] = heap;
  expect(Math.max(...heap.slice(2)) - second).toBeLessThan(3 * 1024 * 1024);
});

function names(folder: string): string[] {
  return readdirSync(folder).sort();
}

test("keys are made while there is nothing to do, and no more as soon as a file is seen", async () => {
  const world = new WatchWorld();
  const states: string[] = [];
  world.fillKeys = (signal) =>
    new Promise((resolve) => {
      states.push("begun");
      signal.addEventListener("abort", () => {
        states.push("stopped");
        resolve();
      });
    });
  let atRun: readonly string[] = [];
  world.outcome = (file) => {
    atRun = [...states];
    return ended(0, file);
  };
  const watch = world.start();
  await until(() => states.length === 1);
  world.write("LOT.csv");
  await until(() => states.length === 2);
  // It goes on by itself once the lot has ended.
  await until(() => states.length === 3);
  expect(world.ran).toEqual(["LOT.csv"]);
  expect(atRun).toEqual(["begun", "stopped"]);
  expect(await watch.stop()).toBe(130);
  expect(states).toEqual(["begun", "stopped", "begun", "stopped"]);
});

test("keys are not made before a file that is there, nor by a single look", async () => {
  const world = new WatchWorld();
  const states: string[] = [];
  world.fillKeys = async () => {
    states.push("filled");
  };
  world.outcome = (file) => {
    states.push("ran");
    return ended(0, file);
  };
  world.write("LOT.csv");
  expect(await world.once()).toBe(0);
  expect(states).toEqual(["ran"]);
  world.write("NEXT.csv");
  const watch = world.start();
  await until(() => states.includes("filled"));
  await watch.stop();
  expect(states).toEqual(["ran", "ran", "filled"]);
});

test("a pool that was filled is looked at again a minute later, and one that cannot be filled is told", async () => {
  const world = new WatchWorld();
  let filled = 0;
  world.fillKeys = async () => {
    filled += 1;
    throw new OnboardingError("the passphrase does not open the key pool", { code: "issuer-unusable" });
  };
  const watch = world.start();
  await until(() => filled === 1);
  await world.looked();
  expect(filled).toBe(1);
  world.skippedMs += 60_000;
  await until(() => filled === 2);
  await watch.stop();
  expect(world.logged.filter(({ msg }) => msg.includes("key pool")).length).toBeGreaterThan(0);
});

test("a file that was being filed when the watcher was killed is told of under the id that it had then", async () => {
  const world = new WatchWorld();
  mkdirSync(world.drop.work);
  writeFileSync(join(world.drop.work, "LOT.csv"), "id\n1\n");
  const filing = { folder: "done", name: "LOT.csv", event: "told-before" } as const;
  writeClaim(world.drop, "LOT.csv", { name: "LOT.csv", claimedAtMs: 0, lot: "LOT", job: "job", starts: 0, filing });
  world.write("OTHER.csv");
  expect(await world.once()).toBe(0);
  const told = world.events.map(({ lot }, index) => [lot, world.eventIds[index]]);
  expect(new Map(told as [string, string][])).toEqual(
    new Map([
      ["LOT", "told-before"],
      ["OTHER", "id-1"],
    ]),
  );
});

test("a disk that fails while a file is filed has it filed later under the same name, and told of once", async () => {
  const world = new WatchWorld();
  const path = join(world.drop.done, "LOT.csv.result.txt.new");
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "x"), "");
  world.write("LOT.csv");
  world.start();
  await until(() => world.control.works()[0]?.reason?.includes("LOT.csv") === true);
  rmSync(path, { recursive: true });
  world.skippedMs += 5_000;
  await until(() => world.manifests("done").length === 1);
  expect([world.names("done"), world.events.length]).toEqual([
    ["LOT.csv", "LOT.csv.result.json", "LOT.csv.result.txt"],
    1,
  ]);
});
