import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { type Home, homeLayout } from "../../src/disk/layout.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/sqlite/open-ledger.ts";
import { makePageServer } from "../../src/page/make-page-server.ts";
import type { PageSettings, PageTools } from "../../src/page/page-tools.ts";
import { keepWatchRecord } from "../../src/page/watch-record.ts";
import type { Actor, WatchControl, WatchedWork } from "../../src/watch/watch-control.ts";

export const PORT = 8080;
export const OWN = `http://127.0.0.1:${PORT}`;
export const OPERATOR = "operator-token-0123456789";
export const READER = "reader-token-9876543210";

/** A watcher that does nothing and writes down what it is asked. */
export interface FakeWatch extends WatchControl {
  works_: readonly WatchedWork[];
  readonly asked: (readonly [act: string, about: string, by: Actor])[];
  readonly tell: (...lots: readonly string[]) => void;
  /** Thrown by the next act. */
  fault: Error | undefined;
}

function fakeWatch(): FakeWatch {
  const listeners = new Set<(lots: ReadonlySet<string>) => void>();
  const stopped = new Set<string>();
  const act = async (name: string, about: string, by: Actor) => {
    const { fault } = watch;
    watch.fault = undefined;
    if (fault !== undefined) throw fault;
    watch.asked.push([name, about, by]);
  };
  const watch: FakeWatch = {
    works_: [],
    asked: [],
    fault: undefined,
    tell: (...lots) => {
      for (const listener of listeners) listener(new Set(lots));
    },
    works: () => watch.works_,
    stopped: async () => [...stopped],
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: async (lot, by) => {
      await act("stop", lot, by);
      stopped.add(lot);
    },
    resume: async (lot, by) => {
      await act("resume", lot, by);
      stopped.delete(lot);
    },
    sendAgain: (lot, by) => act("send", lot, by),
    drop: async (path, name, by) => {
      await act("drop", name, by);
      rmSync(path);
      return { name };
    },
    schedules: () => [],
  };
  return watch;
}

export interface PageWorld {
  readonly home: Home;
  readonly ledger: Ledger;
  readonly watch: FakeWatch;
  readonly tools: PageTools;
  readonly server: FastifyInstance;
  /** Added to both clocks. */
  pass(ms: number): void;
}

/** The page over a home of its own, before it listens: on 127.0.0.1:8080 as far as the Host header goes. */
export async function makePage(
  settings: Partial<PageSettings> = {},
  more: Partial<PageTools> = {},
): Promise<PageWorld> {
  const root = mkdtempSync(join(tmpdir(), "lotmint-page-"));
  const home = homeLayout(root);
  for (const folder of [home.state, home.input, home.output, home.jobs]) mkdirSync(folder);
  let extraMs = 0;
  const now = () => Date.now() + extraMs;
  const monotonic = () => performance.now() + extraMs;
  const ledger = await openLedger(home.ledger, { now });
  const watch = fakeWatch();
  const tools: PageTools = {
    home,
    log: pino({ level: "silent" }),
    version: "1.2.3",
    now,
    monotonic,
    control: watch,
    record: keepWatchRecord({ now, monotonic }),
    useLedger: (act) => act(ledger),
    forecast: async () => ({
      lot: "L1",
      job: "job",
      issuer: "line-3",
      rows: 2,
      toMint: 2,
      known: 0,
      rejected: 0,
      reasons: {},
      rejects: [],
      problem: null,
      notes: [],
    }),
    ...more,
  };
  const address = { host: "127.0.0.1", port: PORT, loopback: true };
  const { server } = await makePageServer({ address, ...settings }, tools);
  onTestFinished(async () => {
    await server.close();
    await ledger.close();
    rmSync(root, { recursive: true, force: true });
  });
  return {
    home,
    ledger,
    watch,
    tools,
    server,
    pass: (ms) => {
      extraMs += ms;
    },
  };
}

/** Headers of a browser that shows our own page. */
export const BROWSER = {
  host: `127.0.0.1:${PORT}`,
  accept: "text/html",
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "navigate",
} as const;
export const POSTS = { ...BROWSER, origin: OWN } as const;
