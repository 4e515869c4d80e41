import { parentPort, workerData } from "node:worker_threads";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { openForge } from "./forge.ts";
import { type Format, type Material, openBound, openWriting, type Step } from "./formats.ts";

/** A worker thread of the keystore benchmark: repeats one kind of work and tells how much it did. */

export type Kind = "bound" | "lotmint" | "node-forge";

/** Which device: node-forge knows no EC keys. */
export type Key = "ec" | "rsa";

export interface KeystoreOrder {
  readonly kind: Kind;
  readonly format: Format;
  readonly key: Key;
  /** Ends when either is reached. */
  readonly seconds: number;
  readonly count: number;
}

export interface KeystoreAnswer {
  readonly made: number;
  readonly seconds: number;
  /** Of this thread. */
  readonly cpuSeconds: number;
}

export type KeystoreSetup = Readonly<Record<Key, Material>>;

function open({ kind, format, key }: KeystoreOrder, setup: KeystoreSetup): Step {
  if (kind === "bound") return openBound(format, setup[key]);
  return kind === "lotmint" ? openWriting(format, setup[key], openRandomPool()) : openForge(format, setup[key]);
}

function run(step: Step, { seconds, count }: KeystoreOrder): KeystoreAnswer {
  const startedMs = performance.now();
  const before = process.threadCpuUsage();
  let made = 0;
  let elapsed = 0;
  while (made < count && elapsed < seconds) {
    made += step();
    elapsed = (performance.now() - startedMs) / 1000;
  }
  const { user, system } = process.threadCpuUsage(before);
  return { made, seconds: elapsed, cpuSeconds: (user + system) / 1e6 };
}

if (parentPort !== null) {
  const port = parentPort;
  const setup = workerData as KeystoreSetup;
  const steps = new Map<string, Step>();
  port.on("message", (order: KeystoreOrder) => {
    const name = `${order.kind} ${order.format} ${order.key}`;
    const step = steps.get(name) ?? open(order, setup);
    steps.set(name, step);
    port.postMessage(run(step, order));
  });
}
