import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type SignerSource, threadSource } from "../authority/signer.ts";
import { OnboardingError } from "../domain/error.ts";
import type { MintedDevice } from "../ledger/minting.ts";
import type { MintBatch, MintSetup } from "./mint-batch.ts";
import type { DeviceToMint } from "./mint-device.ts";
import type { MintAnswer } from "./mint-worker.ts";

/** Worker threads that mint batches, for one lot. */
export interface MintPool {
  /**
   * Mints one batch: its files and its password segment are written, none is synced. Rejects with the
   * worker's own error, `disk-unwritable` among them; then the batch is void, and the pool goes on
   * unless the worker itself died.
   */
  mint(batch: MintBatch): Promise<readonly MintedDevice[]>;
  /** How many batches are minted side by side. */
  readonly threads: number;
  /** Ends the threads; what they had in hand is rejected. */
  close(): Promise<void>;
}

export interface MintPoolOptions {
  /** Threads that work at the same time; one per core unless told. More are started where threads wait for a token. */
  readonly workers?: number;
  readonly setup: Omit<MintSetup, "signer"> & { readonly signer: SignerSource };
}

interface Order {
  readonly batch: MintBatch;
  readonly resolve: (minted: readonly MintedDevice[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One in work and one behind it, so that a worker never waits for the main thread. */
const BATCHES_PER_WORKER = 2;

interface Crew {
  readonly worker: Worker;
  readonly orders: Order[];
}

/**
 * Starts a thread when a batch comes and every other has one, so that a single batch costs a single start. The setup
 * goes to each as a structured clone, the issuer's key as a key object. With a key in a token, its sessions are opened
 * first: throws `issuer-unusable`. There are more threads than cores then: one waits in each session while others work.
 */
export function openMintPool(options: MintPoolOptions): MintPool {
  const waiting: Order[] = [];
  let broken: Error | undefined;
  const { signer } = options.setup;
  const workers = options.workers ?? availableParallelism();
  // Twice the cores beside the sessions: one that is free must never wait for a thread.
  const most = signer.kind === "token" ? 2 * workers + signer.key.sessions : workers;
  const setup = cloneable({ ...options.setup, signer: threadSource(signer) });
  const crews: Crew[] = [];

  const startCrew = (): Crew => {
    const worker = new Worker(new URL("./mint-worker.ts", import.meta.url), {
      workerData: setup,
      // Nothing in the environment concerns a worker.
      env: {},
      // What a batch leaves behind is small: a young generation of 48 MB would only delay its collection.
      resourceLimits: { maxYoungGenerationSizeMb: 12 },
    });
    const crew: Crew = { worker, orders: [] };
    const { threadId } = worker;
    crews.push(crew);
    worker.on("message", (answer: MintAnswer) => {
      const order = crew.orders.shift();
      if (answer.kind === "minted") order?.resolve(answer.devices);
      else order?.reject(errorOf(answer));
      hand();
    });
    worker.on("error", (cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      breakDown(new Error(`a minting thread died: ${reason}`, { cause }));
    });
    worker.on("exit", (code) => {
      if (signer.kind === "token") signer.key.threadEnded(threadId);
      breakDown(new Error(`a minting thread ended with code ${code}`));
    });
    return crew;
  };

  /** The thread with the fewest batches; a new one while all have some and there may be more. */
  function leastBusy(): Crew {
    let idlest: Crew | undefined;
    for (const crew of crews) {
      if (idlest === undefined || crew.orders.length < idlest.orders.length) idlest = crew;
    }
    if (idlest !== undefined && (idlest.orders.length === 0 || crews.length >= most)) return idlest;
    return startCrew();
  }

  /** Gives waiting batches to the least busy threads. */
  function hand(): void {
    while (waiting.length > 0) {
      const crew = leastBusy();
      if (crew.orders.length >= BATCHES_PER_WORKER) return;
      const order = waiting.shift();
      if (order === undefined) return;
      crew.orders.push(order);
      crew.worker.postMessage({ ...order.batch, devices: order.batch.devices.map(bareDevice) });
    }
  }

  function breakDown(error: Error): void {
    broken ??= error;
    for (const order of [...waiting.splice(0), ...crews.flatMap(({ orders }) => orders.splice(0))]) {
      order.reject(broken);
    }
  }

  return {
    threads: most,
    mint: (batch) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(broken);
        waiting.push({ batch, resolve, reject });
        hand();
      }),
    close: async () => {
      breakDown(new Error("the minting threads have been closed"));
      await Promise.all(crews.map(({ worker }) => worker.terminate()));
    },
  };
}

/** Octets in memory of their own: the clone of a view takes all the memory along that it looks into. */
function cloneable(setup: MintSetup): MintSetup {
  const { truststore } = setup.files;
  const files = { ...setup.files, chain: setup.files.chain.map(ownOctets) };
  if (truststore === undefined) return { ...setup, files };
  const trusted = { ...truststore, certificates: truststore.certificates.map(ownOctets) };
  return { ...setup, files: { ...files, truststore: trusted } };
}

/** What a worker needs of a device, whatever else came with it. */
function bareDevice({ externalId, serialNumber, subject, aliases, spki }: DeviceToMint): DeviceToMint {
  return { externalId, serialNumber, subject, aliases, spki: spki === null ? null : ownOctets(spki) };
}

function ownOctets(octets: Uint8Array): Uint8Array {
  return Uint8Array.from(octets);
}

function errorOf(answer: MintAnswer & { readonly kind: "failed" }): Error {
  const { message, code, stack } = answer;
  // A rebuilt error shows where the thread threw it.
  const cause = new Error(stack);
  return code === null ? new Error(message, { cause }) : new OnboardingError(message, { code, cause });
}
