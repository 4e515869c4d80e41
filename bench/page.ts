import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { chromium } from "playwright-core";
import { homeLayout } from "../src/disk/layout.ts";
import { currentLockOwner } from "../src/ledger/lock-owner.ts";
import { openLedger } from "../src/ledger/sqlite/open-ledger.ts";
import type { PageTools } from "../src/page/page-tools.ts";
import { servePage } from "../src/page/serve-page.ts";
import { keepWatchRecord } from "../src/page/watch-record.ts";
import type { WatchControl, WatchedWork } from "../src/watch/watch-control.ts";
import { madeUpDecisions } from "./ledger/made-up-rows.ts";

/**
 * `npm run bench:page`: the operator's page over a real ledger of 5,000 lots in Debian's Chromium: how long the first paint takes,
 * and what an update of one lot costs the browser and the server. `node bench/page.ts [--lots N] [--devices N] [--updates N]`.
 */
const { values } = parseArgs({
  options: {
    lots: { type: "string", default: "5000" },
    devices: { type: "string", default: "20" },
    updates: { type: "string", default: "40" },
  },
});
const [lots, devices, updates] = [values.lots, values.devices, values.updates].map(Number) as [number, number, number];
const FIRST_PAINT_MS = 1000;

const root = mkdtempSync(join(tmpdir(), "lotmint-bench-page-"));
const home = homeLayout(root);
for (const folder of [home.state, home.input, home.output, home.jobs]) mkdirSync(folder);
const ledger = await openLedger(home.ledger, { now: Date.now });
let works: readonly WatchedWork[] = [];
const listeners = new Set<(changed: ReadonlySet<string>) => void>();
const nothing = async () => undefined;
const control: WatchControl = {
  works: () => works,
  stopped: async () => [],
  subscribe: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  stop: nothing,
  resume: nothing,
  sendAgain: nothing,
  drop: async (_, name) => ({ name }),
  schedules: () => [],
};

try {
  await fillLedger();
  const [now, monotonic] = [Date.now, () => performance.now()];
  const tools: PageTools = {
    home,
    log: pino({ level: "silent" }),
    version: "0.0.0",
    now,
    monotonic,
    control,
    record: keepWatchRecord({ now, monotonic }),
    useLedger: (act) => act(ledger),
    hasPlatform: true,
    forecast: () => Promise.reject(new Error("nothing is handed in here")),
  };
  const page = await servePage({ address: { host: "127.0.0.1", port: 0, loopback: true } }, tools);
  try {
    await measure(page.url);
  } finally {
    await page.close();
  }
} finally {
  await ledger.close();
  rmSync(root, { recursive: true, force: true });
}

function lotName(number: number): string {
  return `L-${String(number).padStart(5, "0")}`;
}

async function fillLedger(): Promise<void> {
  const manifest = { kind: "full", sha256: "0".repeat(64), name: "m.csv", header: ["id"] } as const;
  for (let number = 0; number < lots; number++) {
    const lease = await ledger.acquireLot(lotName(number), currentLockOwner());
    await ledger.recordJob(lease, { issuer: "line", name: "job", json: "{}" });
    const rows = { prefix: lotName(number), type: "sensor" };
    await ledger.absorbManifest(lease, { ...manifest, replacesLines: () => [] }, madeUpDecisions(rows, 0, devices));
    await ledger.releaseLot(lease, number % 7 === 0 ? 3 : 0);
  }
}

async function measure(url: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--disable-gpu"] });
  try {
    const page = await browser.newPage({ locale: "en-GB", viewport: { width: 1920, height: 1080 } });
    const paints: number[] = [];
    for (let time = 0; time < 5; time++) {
      await page.goto(url);
      const painted = `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`;
      let paint = 0;
      // Asked from outside: the page's own policy lets no text become script.
      while (paint === 0) paint = await page.evaluate<number>(painted);
      paints.push(paint);
    }
    const elements = await page.evaluate<number>("document.querySelectorAll('*').length");
    const [cold = 0] = paints;
    const warm = Math.min(...paints);
    const over = cold <= FIRST_PAINT_MS ? "within" : "OVER";
    console.log(`${lots} lots of ${devices} devices, Node ${process.version}, ${elements} elements on the page`);
    console.log(`first paint: ${cold.toFixed(0)} ms; ${over} ${FIRST_PAINT_MS}`);
    console.log(`first paint again: ${warm.toFixed(0)} ms`);

    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const busyMs = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      const task = metrics.find(({ name }) => name === "TaskDuration");
      return (task?.value ?? Number.NaN) * 1000;
    };
    const lot = lotName(lots - 1);
    await update(lot, 0);
    await page.locator(`[data-lot="${lot}"][data-state="running"]`).waitFor();
    const [browserBefore, serverBefore] = [await busyMs(), process.cpuUsage()];
    for (let done = 1; done <= updates; done++) {
      await update(lot, done);
      await page.locator(`[data-lot="${lot}"] [aria-valuenow="${Math.round((done / updates) * 100)}"]`).waitFor();
    }
    const { user, system } = process.cpuUsage(serverBefore);
    console.log(`an update in the browser: ${(((await busyMs()) - browserBefore) / updates).toFixed(1)} ms`);
    console.log(`an update in the server: ${((user + system) / 1000 / updates).toFixed(1)} ms of CPU time`);
  } finally {
    await browser.close();
  }
}

async function update(lot: string, done: number): Promise<void> {
  const progress = { room: "minting", done, total: updates, ratePerSecond: 9, secondsLeft: updates - done };
  const rest = { job: "job", reason: null, sinceMs: Date.now(), rates: [], taktSeconds: 12 };
  works = [{ ...rest, file: `${lot}.csv`, lot, state: "running", progress }];
  for (const listener of listeners) listener(new Set([lot]));
}
