import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { badRows, makeRows, makeWorld, manifestText, type World, writeJob } from "./harness.ts";
import { proveLot, stagesOf } from "./prove-lot.ts";

const DAY_MS = 86_400_000;
const SECRET = "a secret for the webhook";
const GIVE_UP_MS = 240_000;

let world: World;
let input: string;

beforeAll(async () => {
  world = await makeWorld();
  input = join(world.home, "input");
});
afterAll(() => world.close());
beforeEach(() => {
  writeSettings({});
  writeJob(world.home, "all", { manifest: "../input/*.csv" });
});

/** The site's platform, with the watcher's settings. */
function writeSettings(settings: object): void {
  const { url, tenant, credentials } = world.sandbox;
  const platform = { url, tenant, user: credentials.user, caFile: join(world.home, "platform-ca.pem") };
  writeFileSync(join(world.home, "lotmint.yaml"), JSON.stringify({ platform, settle: "300ms", ...settings }));
}

/** Written aside and moved, as a good program does it. */
function drop(name: string, content: string): void {
  const aside = join(world.home, "aside");
  writeFileSync(aside, content);
  renameSync(aside, join(input, name));
}

function rowsOf(lot: string, devices = 12) {
  return makeRows(lot.toUpperCase(), devices);
}

function manifests(folder: "done" | "rejected" | "work"): readonly string[] {
  const path = join(input, folder);
  return existsSync(path) ? readdirSync(path).filter((name) => /\.(csv|tsv)$/.test(name)) : [];
}

async function result(folder: "done" | "rejected", name: string): Promise<string> {
  const path = join(input, folder, name);
  const giveUp = Date.now() + GIVE_UP_MS;
  while (!existsSync(path)) {
    if (Date.now() > giveUp) throw new Error(`${name} has not come to ${folder}/`);
    await pause(20);
  }
  return readFileSync(`${path}.result.txt`, "utf8");
}

function proof(lot: string, devices = 12): readonly string[] {
  const ids = rowsOf(lot, devices).map(({ id }) => id);
  return proveLot({ home: world.home, lot, ids, exitCode: 0, platform: world.sandbox.state });
}

test("a watcher takes what operators drop, a whole day long", async () => {
  // Ten times as long as w1.csv takes to be written.
  writeSettings({ settle: "4s" });
  const { child, ended } = world.start(["watch"]);
  // Written slowly, over a share.
  const rows = manifestText(rowsOf("w1")).split("\n");
  for (const row of rows.slice(0, -1)) {
    appendFileSync(join(input, "w1.csv"), `${row}\n`);
    await pause(30);
  }
  drop("w2.csv", manifestText([...rowsOf("w2"), ...badRows(rowsOf("w2"))]));
  drop("w3.tsv", "id\nW3-1\n");
  symlinkSync("/etc/passwd", join(input, "w4.csv"));
  drop("w5.csv", "no,such,column\n1,2,3\n");

  expect(await result("done", "w1.csv")).toMatch(/^DONE {2}Lot w1: all 12 devices are done\./);
  expect(proof("w1")).toEqual([]);
  const rejects = join(input, "done", "w2.rejects.csv");
  expect(await result("done", "w2.csv")).toMatch(
    /^PARTIAL .*12 devices.*3 rows[\s\S]*Correct the rows in input\/done\/w2\.rejects\.csv /,
  );
  expect(readFileSync(rejects, "utf8")).toBe(readFileSync(join(world.home, "output", "w2", "rejects.csv"), "utf8"));
  expect(await result("rejected", "w3.tsv")).toMatch(
    /^FAILED [\s\S]*no job in jobs\/ takes a file called w3\.tsv[\s\S]*the right name, or call/,
  );
  expect(await result("rejected", "w4.csv")).toMatch(/^FAILED [\s\S]*symbolic link/);
  expect(await result("rejected", "w5.csv")).toMatch(
    /^FAILED [\s\S]*rejected\/w5\.csv, line 1: there is no column id[\s\S]*Correct that in input\/rejected\/w5\.csv and drop it/,
  );
  const report = JSON.parse(readFileSync(join(input, "done", "w2.csv.result.json"), "utf8"));
  const written = JSON.parse(readFileSync(join(world.home, "output", "w2", "report.json"), "utf8"));
  expect(report).toEqual(written);

  // The operator mends the rows, and drops the file: it completes its lot, whatever its name.
  const [header = "", ...lines] = readFileSync(rejects, "utf8").trimEnd().split("\n");
  const mended = lines.map((line, index) => line.replace(/^[^,]*/, `W2-9000${index}`));
  drop("w2.corrected.csv", [header, ...mended, ""].join("\n"));
  expect(await result("done", "w2.corrected.csv")).toMatch(/^DONE {2}Lot w2: all 15 devices are done\./);

  // The same content again.
  drop("w1.csv", manifestText(rowsOf("w1")));
  const [again = ""] = await untilSome(() => manifests("done").filter((name) => /^w1-/.test(name)));
  expect(await result("done", again)).toMatch(/^DONE .*nothing to do/);
  expect(proof("w1")).toEqual([]);

  const second = await world.run(["watch", "--once"]);
  expect([second.code, second.stderr]).toEqual([11, expect.stringContaining(`process ${child.pid} watches`)]);

  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
  expect(manifests("work")).toEqual([]);
});

async function untilSome(find: () => readonly string[]): Promise<readonly string[]> {
  const giveUp = Date.now() + GIVE_UP_MS;
  for (;;) {
    const found = find();
    if (found.length > 0) return found;
    if (Date.now() > giveUp) throw new Error("nothing was found in time");
    await pause(20);
  }
}

test("killed in the middle of a lot, the next watcher goes on with the claimed file", async () => {
  const devices = 60;
  drop("k1.csv", manifestText(rowsOf("k1", devices)));
  drop("k2.csv", manifestText(rowsOf("k2")));
  const { ended } = world.start(["watch"], { at: { step: "folder-placed", times: 20, signal: "SIGKILL" } });
  expect((await ended).signal).toBe("SIGKILL");
  expect(manifests("work")).toEqual(["k1.csv", "k2.csv"]);
  expect((await world.run(["watch", "--once"])).code).toBe(0);
  expect(manifests("work")).toEqual([]);
  expect([proof("k1", devices), proof("k2")]).toEqual([[], []]);
  expect(await result("done", "k1.csv")).toMatch(/^DONE /);
});

test("a stop lets what is in hand be finished, and the file stays for the next watcher", async () => {
  drop("t1.csv", manifestText(rowsOf("t1")));
  expect((await world.run(["watch"], { at: { step: "written", signal: "SIGTERM" } })).code).toBe(0);
  expect(manifests("work")).toEqual(["t1.csv"]);
  expect(stagesOf(world.home, "t1")).not.toContain("confirmed");
  const once = await world.run(["watch", "--once"], { at: { step: "upload-opened", signal: "SIGTERM" } });
  expect([once.code, manifests("work")]).toEqual([130, ["t1.csv"]]);
  expect((await world.run(["watch", "--once"])).code).toBe(0);
  expect(proof("t1")).toEqual([]);
});

test("a disk that cannot be written to: the file waits in work/ with a word for the operator, and its lot is whole afterwards", async () => {
  drop("d1.csv", manifestText(rowsOf("d1")));
  const inTheWay = join(world.home, "output", "d1");
  writeFileSync(inTheWay, "");
  expect((await world.run(["watch", "--once"])).code).toBe(14);
  rmSync(inTheWay);
  expect(manifests("work")).toEqual(["d1.csv"]);
  expect(readFileSync(join(input, "work", "d1.csv.waiting.txt"), "utf8")).toMatch(/^WAITING .*disk/);
  expect((await world.run(["watch", "--once"])).code).toBe(0);
  expect(await result("done", "d1.csv")).toMatch(/^DONE /);
  expect(readdirSync(join(input, "work"))).toEqual([]);
  expect(proof("d1")).toEqual([]);
});

test("a platform that is away: all is minted, the file waits in work/, and only what is missing is sent later", async () => {
  const url = "https://127.0.0.1:9";
  writeSettings({ platform: { url, tenant: world.sandbox.tenant, user: world.sandbox.credentials.user } });
  drop("o1.csv", manifestText(rowsOf("o1")));
  expect((await world.run(["watch", "--once"])).code).toBe(13);
  expect(manifests("work")).toEqual(["o1.csv"]);
  expect(readFileSync(join(input, "work", "o1.csv.waiting.txt"), "utf8")).toMatch(/^WAITING .*platform/);
  expect(stagesOf(world.home, "o1")).toEqual(new Set(["listed"]));
  writeSettings({});
  expect((await world.run(["watch", "--once"])).code).toBe(0);
  expect(await result("done", "o1.csv")).toMatch(/^DONE /);
  expect(proof("o1")).toEqual([]);
});

test("jobs are asked by name, the first whose pattern matches takes the file, and a broken one stands in the way", async () => {
  writeJob(world.home, "a-first", { manifest: "../input/j*.csv", registration: { type: "acme_First" } });
  drop("j1.csv", "id\nJ1-1\n");
  expect((await world.run(["watch", "--once"])).code).toBe(0);
  expect(JSON.parse(readFileSync(join(input, "done", "j1.csv.result.json"), "utf8")).job).toBe("a-first");
  writeFileSync(join(world.home, "jobs", "ab-broken.yaml"), "manifest: [\n");
  drop("j2.csv", "id\nJ2-1\n");
  drop("other.csv", "id\nO-1\n");
  expect((await world.run(["watch", "--once"])).code).toBe(2);
  expect(await result("done", "j2.csv")).toMatch(/^DONE /);
  expect(await result("rejected", "other.csv")).toMatch(/^FAILED [\s\S]*jobs\/ab-broken\.yaml:/);
  writeFileSync(join(world.home, "jobs", "ab-broken.yaml"), "manifest: ../input/never.csv\n");
});

test("others are told by webhook, signed, and one that never answers holds up nothing", async () => {
  const began = Date.now();
  const got: { readonly body: string; readonly signature: unknown; readonly timestamp: unknown }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => {
      body += piece.toString();
    });
    request.on("end", () => {
      const { "x-lotmint-signature": signature, "x-lotmint-timestamp": timestamp } = request.headers;
      got.push({ body, signature, timestamp });
      // Busy at first, and in the end it does not answer at all.
      if (got.length === 1) response.writeHead(503).end();
      else if (got.length === 2) response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    writeSettings({ webhook: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/lotmint` } });
    const { child, ended } = world.start(["watch"], { env: { LOTMINT_WEBHOOK_SECRET: SECRET } });
    drop("h1.csv", manifestText(rowsOf("h1")));
    await untilSome(() => (got.length >= 2 ? ["told"] : []));
    drop("h2.csv", "no id\n");
    await untilSome(() => (got.length >= 3 ? ["told"] : []));
    drop("h3.csv", manifestText(rowsOf("h3")));
    expect(await result("done", "h3.csv")).toMatch(/^DONE /);
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain(SECRET);
    const told = got.map(({ body }) => JSON.parse(body) as Readonly<Record<string, unknown>>);
    expect(told.map(({ event, lot }) => [event, lot])).toEqual([
      ["done", "h1"],
      ["done", "h1"],
      ["failed", "h2"],
    ]);
    expect(told[0]).toEqual(told[1]);
    expect(told[0]).toMatchObject({ version: 1, file: "h1.csv", exitCode: 0, counts: { confirmed: 12 } });
    for (const { body, signature, timestamp } of got) {
      expect(signature).toBe(`sha256=${createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex")}`);
      // In whole seconds.
      expect(Number(timestamp) * 1000).toBeGreaterThan(began - 1000);
      expect(Number(timestamp) * 1000).toBeLessThanOrEqual(Date.now());
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("a webhook without a secret is told before anything is claimed", async () => {
  writeSettings({ webhook: { url: "https://127.0.0.1:9/" } });
  const { code, stderr } = await world.run(["watch", "--once"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("LOTMINT_WEBHOOK_SECRET")]);
});

test("nobody is asked for a passphrase: without one the lot is refused with the variable's name", async () => {
  drop("p1.csv", manifestText(rowsOf("p1")));
  const { code } = await world.run(["watch", "--once"], { env: { LOTMINT_PASSPHRASE: "" } });
  expect(code).toBe(2);
  expect(await result("rejected", "p1.csv")).toMatch(/^FAILED [\s\S]*LOTMINT_PASSPHRASE/);
});

test("a scheduled job runs by itself for what its pattern matches, and a run that was missed is made up once", async () => {
  const other = await makeWorld();
  try {
    const { home } = other;
    writeFileSync(join(home, "lotmint.yaml"), JSON.stringify({ settle: "200ms" }));
    const exports = join(home, "exports");
    mkdirSync(exports);
    writeJob(home, "nightly", { manifest: "../input/n*.csv", schedule: "30 5 * * *", timezone: "Europe/Berlin" });
    writeJob(home, "mes", { manifest: "../exports/*.csv", schedule: "0 6 * * *" });
    writeFileSync(join(home, "input", "n1.csv"), "id\nN1-1\n");
    writeFileSync(join(exports, "m1.csv"), "id\nM1-1\n");
    const once = (clockMs: number) => other.run(["watch", "--once", "--json"], { clockMs });
    const lots = ({ stdout }: { readonly stdout: string }) =>
      stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as { readonly lot: string }).lot)
        .sort();
    // The drop starts nothing, and a new job is not due for times that have passed.
    expect(lots(await once(0))).toEqual([]);
    expect(lots(await once(3 * DAY_MS))).toEqual(["m1", "n1"]);
    expect([existsSync(join(home, "input", "done", "n1.csv")), existsSync(join(exports, "m1.csv"))]).toEqual([
      true,
      true,
    ]);
    expect(lots(await once(3 * DAY_MS))).toEqual([]);
    // A file that is done is passed over, a new one is not.
    writeFileSync(join(exports, "m2.csv"), "id\nM2-1\n");
    expect(lots(await once(4 * DAY_MS))).toEqual(["m2"]);
  } finally {
    await other.close();
  }
});

test("a revocation list at half of its life is made anew, if the passphrase is at hand", async () => {
  const other = await makeWorld();
  try {
    other.writeSite(undefined);
    const crl = join(other.home, "state", "authorities", "line-1", "crl.pem");
    const lastUpdate = () =>
      execFileSync("openssl", ["crl", "-in", crl, "-noout", "-lastupdate"], { encoding: "utf8" });
    expect((await other.run(["authority", "crl", "line-1"])).code).toBe(0);
    const first = lastUpdate();
    expect((await other.run(["watch", "--once"], { clockMs: 5 * DAY_MS })).code).toBe(0);
    expect(lastUpdate()).toBe(first);
    const blind = await other.run(["watch", "--once"], { clockMs: 20 * DAY_MS, env: { LOTMINT_PASSPHRASE: "" } });
    expect([blind.code, lastUpdate()]).toEqual([0, first]);
    expect((await other.run(["watch", "--once"], { clockMs: 20 * DAY_MS })).code).toBe(0);
    expect(lastUpdate()).not.toBe(first);
  } finally {
    await other.close();
  }
});
