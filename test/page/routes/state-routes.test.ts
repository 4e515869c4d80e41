import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pageUploads } from "../../../src/disk/layout.ts";
import { OnboardingError } from "../../../src/domain/error.ts";
import { errorOutcome } from "../../../src/watch/error-outcome.ts";
import * as world from "../../ledger/ledger-world.ts";
import { BROWSER, makePage, type PageWorld } from "../page-world.ts";

const get = ({ server }: PageWorld, url: string) => server.inject({ url, headers: { host: BROWSER.host } });

test("all is well while the watcher looks, the ledger can be read and the disk be written", async () => {
  const page = await makePage();
  const answer = await get(page, "/healthz");
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: "ok", problems: [] }]);
});

test("a watcher that does not look any more is told, and again well once it does", async () => {
  const page = await makePage();
  page.pass(3 * 60_000 + 1000);
  const stalled = await get(page, "/healthz");
  expect([stalled.statusCode, stalled.json().problems]).toEqual([
    503,
    [expect.stringMatching(/^the watcher has not looked for 18\d s$/)],
  ]);
  page.tools.record.beat();
  page.pass(2000);
  expect((await get(page, "/healthz")).statusCode).toBe(200);
});

test("a ledger that cannot be read is told with its reason", async () => {
  const damaged = new OnboardingError("the ledger is damaged; restore a backup", { code: "state-damaged" });
  const page = await makePage({}, { useLedger: () => Promise.reject(damaged) });
  const { statusCode, body } = await get(page, "/healthz");
  expect([statusCode, body]).toEqual([
    503,
    expect.stringContaining("the ledger cannot be read: the ledger is damaged; restore a backup"),
  ]);
});

test("a disk that cannot be written and a drop folder that is gone are told", async () => {
  const page = await makePage();
  // A file where the folder belongs: root may write anywhere.
  writeFileSync(pageUploads(page.home), "");
  rmSync(page.home.input, { recursive: true });
  const { statusCode, body } = await get(page, "/healthz");
  expect(statusCode).toBe(503);
  expect(body).toMatch(/state cannot be written: /);
  expect(body).toMatch(/input cannot be listed: /);
  chmodSync(page.home.state, 0o700);
});

test("the metrics count devices by stage, lots by state, runs, the platform's answers and their times", async () => {
  const page = await makePage();
  await world.mintLot(page.ledger, await world.plannedLot(page.ledger, "L1", ["a", "b"]));
  await page.ledger.releaseLot(await world.plannedLot(page.ledger, "L2", ["c"]), 3);
  page.tools.record.replied({ method: "POST", status: 201, seconds: 0.3 });
  page.tools.record.replied({ method: "GET", status: 404, seconds: 0.02 });
  page.tools.record.replied({ method: "GET", status: null, seconds: 10 });
  const error = { exitCode: 13, problem: "away", concerns: undefined, lot: "L2", job: "job", nowMs: 0 };
  page.tools.record.ended({ name: "L2.csv", outcome: errorOutcome(error) });
  const working = { lot: "L1", job: "job", reason: null, sinceMs: 0, rates: [], taktSeconds: null };
  const progress = { room: "minting", done: 1, total: 2, ratePerSecond: 12.5, secondsLeft: 1 };
  page.watch.works_ = [{ ...working, file: "L1.csv", state: "running", progress }];
  const { body, headers } = await get(page, "/metrics");
  expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    'lotmint_build_info{version="1.2.3"} 1',
    'lotmint_devices{stage="minted"} 2',
    'lotmint_devices{stage="planned"} 1',
    'lotmint_lots{state="running"} 1',
    'lotmint_lots{state="partial"} 1',
    'lotmint_platform_replies_total{method="POST",status="201"} 1',
    'lotmint_platform_replies_total{method="GET",status="404"} 1',
    'lotmint_platform_replies_total{method="GET",status="none"} 1',
    'lotmint_platform_request_duration_seconds_count{method="GET"} 2',
    'lotmint_runs_total{exit_code="13"} 1',
    'lotmint_devices_per_second{room="minting"} 12.5',
    "lotmint_runs_in_hand 1",
  ]) {
    expect(body.split("\n")).toContain(line);
  }
});

test("the metrics keep Prometheus' conventions: a help to each, base units, _total for counters alone", async () => {
  const page = await makePage();
  const { body } = await get(page, "/metrics");
  const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
  expect(types.length).toBeGreaterThan(12);
  for (const { name, type } of types) {
    expect(body).toMatch(new RegExp(`^# HELP ${name} \\S.+$`, "m"));
    expect(name).toMatch(/^lotmint_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    expect(name).not.toMatch(/_(days|hours|minutes|milliseconds|ms|kilobytes|megabytes|percent)(_|$)/);
  }
});

const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;
test.skipIf(!hasPromtool)("promtool finds nothing wrong with the metrics", async () => {
  const { body } = await get(await makePage(), "/metrics");
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: body, encoding: "utf8" });
  expect([status, stdout + stderr]).toEqual([0, ""]);
});
