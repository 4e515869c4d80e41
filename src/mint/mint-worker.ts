import { parentPort, workerData } from "node:worker_threads";
import { OnboardingError, type OnboardingErrorCode } from "../domain/error.ts";
import type { MintedDevice } from "../ledger/minting.ts";
import { type MintBatch, type MintSetup, openMintBatch } from "./mint-batch.ts";

/** A worker thread of `mint-pool.ts`: mints the batches that it is sent, one after the other. */

/** What a worker answers for each batch; plain records, never a key or a password. */
export type MintAnswer =
  | { readonly kind: "minted"; readonly devices: readonly MintedDevice[] }
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly code: OnboardingErrorCode | null;
      readonly stack: string;
    };

function answer(mint: () => readonly MintedDevice[]): MintAnswer {
  try {
    return { kind: "minted", devices: mint() };
  } catch (error) {
    return {
      kind: "failed",
      message: error instanceof Error ? error.message : String(error),
      code: error instanceof OnboardingError ? error.code : null,
      stack: error instanceof Error ? (error.stack ?? "") : "",
    };
  }
}

// The one module that acts when it is imported: it is a thread's entry.
if (parentPort !== null) {
  const port = parentPort;
  const mint = openMintBatch(workerData as MintSetup);
  port.on("message", (batch: MintBatch) => port.postMessage(answer(() => mint(batch))));
}
