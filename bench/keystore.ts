/**
 * What a device's keystore costs in each format, against the bound of its own key derivation, and against
 * openssl, keytool and node-forge writing the same as many side by side.
 * `node bench/keystore.ts [--seconds N] [--rounds N] [--count N] [--workers N] [--only TEXT] [--without TOOL,…]`
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { makeDeviceKey } from "../test/fixtures/make-device-key.ts";
import { makeIssuer } from "../test/fixtures/make-issuer.ts";
import { FORGE_FORMATS } from "./keystore/forge.ts";
import { FORMATS, type Format, type Material } from "./keystore/formats.ts";
import { openTools, type Tools } from "./keystore/tools.ts";
import type { KeystoreAnswer, KeystoreOrder, KeystoreSetup } from "./keystore/worker.ts";
import { median } from "./mint/crew.ts";

const WANTED = 20;

interface Options {
  readonly workers: number;
  /** Of one repetition of bound and lotmint. */
  readonly seconds: number;
  /** Repetitions, all contestants in turn. */
  readonly rounds: number;
  /** Files that each other tool writes, over all rounds. */
  readonly count: number;
  readonly without: readonly string[];
}

/** Files per second of every repetition, by contestant. */
type Rates = Map<string, number[]>;

async function makeMaterial(): Promise<KeystoreSetup> {
  const own = (octets: Uint8Array) => Uint8Array.from(octets);
  const ec = await makeIssuer();
  const rsa = await makeIssuer("rsa-2048");
  const material = (device: Material): Material => ({
    pkcs8: own(device.pkcs8),
    certificate: own(device.certificate),
    chain: device.chain.map(own),
  });
  const [rsaIssuer = Buffer.alloc(0)] = rsa.chain;
  return {
    ec: material({ ...makeDeviceKey(ec), chain: ec.chain }),
    // node-forge reads no certificate with an EC key: the issuer's stands in for the anchor's.
    rsa: material({ ...makeDeviceKey(rsa, "rsa-2048"), chain: [rsaIssuer, rsaIssuer] }),
  };
}

interface Crew {
  run(order: KeystoreOrder): Promise<number>;
  close(): Promise<void>;
}

function openCrew(workers: number, setup: KeystoreSetup): Crew {
  const script = new URL("./keystore/worker.ts", import.meta.url);
  const threads = Array.from({ length: workers }, () => new Worker(script, { workerData: setup }));
  return {
    run: async (order) => {
      const share = Math.ceil(order.count / workers);
      const rates = await Promise.all(
        threads.map(async (thread) => {
          const answered = once(thread, "message");
          thread.postMessage({ ...order, count: share });
          const [{ made, seconds }] = (await answered) as [KeystoreAnswer];
          return made / seconds;
        }),
      );
      return rates.reduce((sum, rate) => sum + rate, 0);
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

async function measure(format: Format, crew: Crew, tools: Tools, options: Options): Promise<Rates> {
  const rates: Rates = new Map();
  const note = (who: string, rate: number | undefined) => {
    if (rate !== undefined) rates.set(who, [...(rates.get(who) ?? []), rate]);
  };
  const share = Math.ceil(options.count / options.rounds);
  const unbounded = { seconds: options.seconds, count: Number.POSITIVE_INFINITY };
  const withForge = FORGE_FORMATS.includes(format) && !options.without.includes("node-forge");
  for (const key of withForge ? (["ec", "rsa"] as const) : (["ec"] as const)) {
    // The first calls assemble, compile and fill pools.
    for (const kind of ["bound", "lotmint"] as const) await crew.run({ kind, format, key, seconds: 0.3, count: 1e9 });
  }
  for (let round = 0; round < options.rounds; round++) {
    note("bound", await crew.run({ kind: "bound", format, key: "ec", ...unbounded }));
    note("lotmint", await crew.run({ kind: "lotmint", format, key: "ec", ...unbounded }));
    for (const tool of ["openssl", "keytool"] as const) {
      if (!options.without.includes(tool)) note(tool, await tools.rate(tool, format, share));
    }
    if (withForge) {
      note("lotmint, RSA key", await crew.run({ kind: "lotmint", format, key: "rsa", ...unbounded }));
      note("node-forge", await crew.run({ kind: "node-forge", format, key: "rsa", seconds: 3600, count: share }));
    }
  }
  return rates;
}

function print(format: Format, rates: Rates, workers: number): boolean {
  const rate = (who: string) => median(rates.get(who) ?? []);
  // Round by round, so that a neighbour who comes and goes hits both sides of a ratio.
  const ratioOf = (who: string, other: string) =>
    median((rates.get(who) ?? []).map((own, round) => own / (rates.get(other)?.[round] ?? Number.NaN)));
  const micros = (perSecond: number) => ((workers * 1e6) / perSecond).toFixed(perSecond > workers * 1e5 ? 1 : 0);
  const line = (who: string, perSecond: number, words: string) =>
    console.log(
      `  ${who.padEnd(20)}${perSecond.toFixed(perSecond < 100 ? 1 : 0).padStart(10)}${micros(perSecond).padStart(11)}  ${words}`,
    );
  console.log(`\n${format}\n  ${"".padEnd(20)}${"files/s".padStart(10)}${"us a file".padStart(11)}`);
  line("bound", rate("bound"), "");
  line("lotmint", rate("lotmint"), `${ratioOf("bound", "lotmint").toFixed(2)} of the bound's cost`);
  if (rates.has("node-forge")) line("lotmint, RSA key", rate("lotmint, RSA key"), "");
  let reached = true;
  for (const who of ["openssl", "keytool", "node-forge"]) {
    if (!rates.has(who)) continue;
    const ratio = ratioOf(who === "node-forge" ? "lotmint, RSA key" : "lotmint", who);
    const verdict = ratio >= WANTED ? "reached" : `${(WANTED - ratio).toFixed(1)} MISSING`;
    line(who, rate(who), `lotmint is ${ratio.toFixed(1)} times as fast; wanted ${WANTED}: ${verdict}`);
    reached &&= ratio >= WANTED;
  }
  return reached;
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "1" },
    rounds: { type: "string", default: "10" },
    count: { type: "string", default: "200" },
    workers: { type: "string", default: String(availableParallelism()) },
    only: { type: "string", default: "" },
    without: { type: "string", default: "" },
  },
});
const options: Options = {
  workers: Number(values.workers),
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  count: Number(values.count),
  without: values.without.split(","),
};
const setup = await makeMaterial();
const crew = openCrew(options.workers, setup);
const tools = openTools(setup.ec, options.workers);
console.log(
  `Node ${process.version}, ${options.workers} side by side, medians of ${options.rounds} rounds in turn; ${options.count} files by each other tool`,
);
let reached = true;
try {
  for (const format of FORMATS.filter((name) => name.toLowerCase().includes(values.only.toLowerCase()))) {
    reached = print(format, await measure(format, crew, tools, options), options.workers) && reached;
  }
} finally {
  tools.close();
  await crew.close();
}
console.log(reached ? `\nAll reached ${WANTED}.` : `\nNot all reached ${WANTED}.`);
