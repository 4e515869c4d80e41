import { Worker } from "node:worker_threads";
import type { FillAnswer, FillOrder, FillWorkerData } from "./fill-worker.ts";
import type { OpenPool } from "./seal-key.ts";

/** Threads of the lowest priority that make keys and seal them. */
export interface FillThreads {
  /** Fewer keys than asked for once it was stopped, none at worst. */
  readonly fill: (order: FillOrder) => Promise<{ readonly sealed: Uint8Array; readonly keys: number }>;
  /** Lets the threads stop after the key that each has in hand. */
  readonly stop: () => void;
  /** Keys made so far. */
  readonly made: () => number;
  readonly close: () => Promise<void>;
}

/** `fill` may be called as often at once as there are threads. */
export function openFillThreads(pool: OpenPool, threads: number): FillThreads {
  const shared = new SharedArrayBuffer(8);
  const numbers = new Int32Array(shared);
  const data: FillWorkerData = { pool, shared };
  const idle = Array.from({ length: threads }, () => {
    return new Worker(new URL("./fill-worker.ts", import.meta.url), {
      workerData: data,
      env: {},
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
  });
  const all = [...idle];
  return {
    fill: async (order) => {
      const worker = idle.pop();
      if (worker === undefined) throw new Error("every thread that fills is at work");
      const answer = await ask(worker, order);
      idle.push(worker);
      if (answer.kind === "failed") throw new Error(answer.message, { cause: new Error(answer.stack) });
      return answer;
    },
    stop: () => {
      Atomics.store(numbers, 0, 1);
    },
    made: () => Atomics.load(numbers, 1),
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}

function ask(worker: Worker, order: FillOrder): Promise<FillAnswer> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: FillAnswer) => {
      settle();
      resolve(answer);
    };
    const onError = (cause: unknown) => {
      settle();
      reject(new Error("a thread that makes keys died", { cause }));
    };
    const onExit = (code: number) => {
      settle();
      reject(new Error(`a thread that makes keys ended with code ${code}`));
    };
    const settle = () => worker.off("message", onMessage).off("error", onError).off("exit", onExit);
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(order);
  });
}
