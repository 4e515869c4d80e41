import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { BenchAnswer, BenchOrder, BenchSetup } from "./worker.ts";

/** Worker threads that all do the same work at the same time. */
export interface Crew {
  /** Devices per second of all threads together, and how many they made. */
  run(order: BenchOrder): Promise<{ readonly rate: number; readonly devices: number }>;
  close(): Promise<void>;
}

export function openCrew(workers: number, setup: BenchSetup): Crew {
  const threads = Array.from(
    { length: workers },
    () => new Worker(new URL("./worker.ts", import.meta.url), { workerData: setup }),
  );
  return {
    run: async (order) => {
      const answers = await Promise.all(
        threads.map(async (thread) => {
          const answered = once(thread, "message");
          thread.postMessage(order);
          return (await answered)[0] as BenchAnswer;
        }),
      );
      return {
        rate: answers.reduce((sum, { devices, seconds }) => sum + devices / seconds, 0),
        devices: answers.reduce((sum, { devices }) => sum + devices, 0),
      };
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
