/** A thread that signs with a key in a token until the time is over, and tells how often. */
import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { openThreadKey, type ThreadKey } from "../../src/authority/hsm/thread-key.ts";

export interface SignWork {
  readonly key: ThreadKey;
  readonly milliseconds: number;
}

const { key, milliseconds } = workerData as SignWork;
const signDigest = openThreadKey(key);
const digest = randomBytes(32);
signDigest("sha256", digest);
const startedMs = performance.now();
let signatures = 0;
while (performance.now() - startedMs < milliseconds) {
  signDigest("sha256", digest);
  signatures += 1;
}
parentPort?.postMessage(signatures / ((performance.now() - startedMs) / 1000));
