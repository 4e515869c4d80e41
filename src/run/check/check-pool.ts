import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Difference } from "../../verify/difference.ts";
import { verifyDevices } from "../../verify/verify-device.ts";
import type { CheckAnswer, DeviceToOpen } from "./check-worker.ts";

/** Opens devices and compares them with the ledger, on all cores where there are enough of them. */
export interface CheckPool {
  /** What differs, device by device in their order. One call at a time. */
  verify(devices: readonly DeviceToOpen[]): Promise<readonly (readonly Difference[])[]>;
  /** Ends the threads, if any were started. */
  close(): Promise<void>;
}

/** Fewer are opened here sooner than threads would have started. */
const WORTH_THREADS = 64;
/** So many go to a thread at a time: long enough not to wait for the next, short enough to end together. */
const DEVICES_AT_A_TIME = 16;

/** `chain` is the issuing chain, issuer first, DER. No thread starts before the first call that is worth it. */
export function openCheckPool(chain: readonly Buffer[], threads = availableParallelism()): CheckPool {
  let workers: readonly Worker[] = [];
  return {
    verify: async (devices) => {
      if (devices.length < WORTH_THREADS) return verifyDevices(devices.map((device) => ({ ...device, chain })));
      if (workers.length === 0) workers = Array.from({ length: threads }, () => startWorker(chain));
      const verified: (readonly Difference[])[] = [];
      let next = 0;
      const drive = async (worker: Worker): Promise<void> => {
        for (let start = next; start < devices.length; start = next) {
          next += DEVICES_AT_A_TIME;
          const answers = await ask(worker, devices.slice(start, next));
          for (const [index, differences] of answers.entries()) verified[start + index] = differences;
        }
      };
      await Promise.all(workers.map(drive));
      return verified;
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function startWorker(chain: readonly Buffer[]): Worker {
  return new Worker(new URL("./check-worker.ts", import.meta.url), {
    // Octets in memory of their own: the clone of a view takes all the memory along that it looks into.
    workerData: chain.map((octets) => Uint8Array.from(octets)),
    env: {},
  });
}

function ask(worker: Worker, devices: readonly DeviceToOpen[]): Promise<readonly (readonly Difference[])[]> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: CheckAnswer) => {
      settle();
      if (answer.kind === "verified") resolve(answer.differences);
      // The rebuilt error shows where the thread threw it.
      else reject(new Error(answer.message, { cause: new Error(answer.stack) }));
    };
    const onError = (cause: unknown) => {
      settle();
      reject(new Error("a checking thread died", { cause }));
    };
    const onExit = (code: number) => {
      settle();
      reject(new Error(`a checking thread ended with code ${code}`));
    };
    const settle = () => worker.off("message", onMessage).off("error", onError).off("exit", onExit);
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(devices);
  });
}
