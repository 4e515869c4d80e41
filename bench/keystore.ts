/**
 * What a device's keystore costs in each format, against the bound of its own key derivation, and against
 * openssl, keytool and node-forge writing the same as many side by side. Ratios are of CPU time, which
 * neighbours on the machine change least.
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
import { type Effort, openTools, type Tools } from "./keystore/tools.ts";
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

/** What every repetition came to, by contestant. */
type Efforts = Map<string, Effort[]>;

/** lotmint with what node-forge can do as well. */
const RSA = "lotmint, RSA key";

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
  run(order: KeystoreOrder): Promise<Effort>;
  close(): Promise<void>;
}

function openCrew(workers: number, setup: KeystoreSetup): Crew {
  const script = new URL("./keystore/worker.ts", import.meta.url);
  const threads = Array.from({ length: workers }, () => new Worker(script, { workerData: setup }));
  return {
    run: async (order) => {
      const count = Math.ceil(order.count / workers);
      const answers = await Promise.all(
        threads.map(async (thread) => {
          const answered = once(thread, "message");
          thread.postMessage({ ...order, count });
          const [answer] = (await answered) as [KeystoreAnswer];
          return answer;
        }),
      );
      return {
        made: answers.reduce((sum, { made }) => sum + made, 0),
        rate: answers.reduce((sum, { made, seconds }) => sum + made / seconds, 0),
        cpuSeconds: answers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      };
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

async function measure(format: Format, crew: Crew, tools: Tools, options: Options): Promise<Efforts> {
  const efforts: Efforts = new Map();
  const note = (who: string, effort: Effort | undefined) => {
    if (effort !== undefined) efforts.set(who, [...(efforts.get(who) ?? []), effort]);
  };
  const count = Math.ceil(options.count / options.rounds);
  const unbounded = { seconds: options.seconds, count: Number.POSITIVE_INFINITY };
  const warmUp = Math.min(0.3, options.seconds);
  const withForge = FORGE_FORMATS.includes(format) && !options.without.includes("node-forge");
  for (const key of withForge ? (["ec", "rsa"] as const) : (["ec"] as const)) {
    // The first calls assemble, compile and fill pools.
    for (const kind of ["bound", "lotmint"] as const)
      await crew.run({ kind, format, key, seconds: warmUp, count: 1e9 });
  }
  if (withForge) await crew.run({ kind: "node-forge", format, key: "rsa", seconds: warmUp, count: 1e9 });
  for (let round = 0; round < options.rounds; round++) {
    note("bound", await crew.run({ kind: "bound", format, key: "ec", ...unbounded }));
    note("lotmint", await crew.run({ kind: "lotmint", format, key: "ec", ...unbounded }));
    for (const tool of ["openssl", "keytool"] as const) {
      if (!options.without.includes(tool)) note(tool, await tools.write(tool, format, count));
    }
    if (withForge) {
      note(RSA, await crew.run({ kind: "lotmint", format, key: "rsa", ...unbounded }));
      note("node-forge", await crew.run({ kind: "node-forge", format, key: "rsa", seconds: 3600, count }));
    }
  }
  return efforts;
}

function print(format: Format, efforts: Efforts): boolean {
  /** Over all rounds: the clock of CPU time is too coarse for one. */
  const cost = (who: string) => {
    const all = efforts.get(who) ?? [];
    return all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / all.reduce((sum, { made }) => sum + made, 0);
  };
  const line = (who: string, words: string) => {
    const rate = median((efforts.get(who) ?? []).map((effort) => effort.rate));
    const micros = cost(who) * 1e6;
    const figures = [rate.toFixed(rate < 100 ? 1 : 0).padStart(12), micros.toFixed(micros < 100 ? 1 : 0).padStart(14)];
    console.log(`  ${who.padEnd(18)}${figures.join("")}  ${words}`);
  };
  console.log(`\n${format}\n  ${"".padEnd(18)}${"files/s".padStart(12)}${"CPU us a file".padStart(14)}`);
  line("bound", "");
  line("lotmint", `${(cost("lotmint") / cost("bound")).toFixed(2)} of the bound`);
  if (efforts.has(RSA)) line(RSA, "");
  let reached = true;
  for (const who of ["openssl", "keytool", "node-forge"]) {
    if (!efforts.has(who)) continue;
    const ratio = cost(who) / cost(who === "node-forge" ? RSA : "lotmint");
    const verdict = ratio >= WANTED ? "reached" : `${(WANTED - ratio).toFixed(1)} MISSING`;
    line(who, `${ratio.toFixed(1)} times lotmint's; wanted ${WANTED}: ${verdict}`);
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
  `Node ${process.version}, ${options.workers} side by side, ${options.rounds} rounds in turn; ${options.count} files by each other tool`,
);
let reached = true;
try {
  for (const format of FORMATS.filter((name) => name.toLowerCase().includes(values.only.toLowerCase()))) {
    reached = print(format, await measure(format, crew, tools, options)) && reached;
  }
} finally {
  tools.close();
  await crew.close();
}
console.log(reached ? `\nAll reached ${WANTED}.` : `\nNot all reached ${WANTED}.`);
