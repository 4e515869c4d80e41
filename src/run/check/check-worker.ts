import { parentPort, workerData } from "node:worker_threads";
import type { Difference } from "../../verify/difference.ts";
import { type DeviceToVerify, verifyDevices } from "../../verify/verify-device.ts";

/** A worker thread of `check-pool.ts`: opens the devices that it is sent. */

/** The chain is the same for all, and goes to the thread once. */
export type DeviceToOpen = Omit<DeviceToVerify, "chain">;

export type CheckAnswer =
  | { readonly kind: "verified"; readonly differences: readonly (readonly Difference[])[] }
  | { readonly kind: "failed"; readonly message: string; readonly stack: string };

function answer(devices: readonly DeviceToOpen[], chain: readonly Buffer[]): CheckAnswer {
  try {
    return { kind: "verified", differences: verifyDevices(devices.map((device) => ({ ...device, chain }))) };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return { kind: "failed", message: error.message, stack: error.stack ?? "" };
  }
}

// It acts when it is imported: it is a thread's entry.
if (parentPort !== null) {
  const port = parentPort;
  const chain = (workerData as readonly Uint8Array[]).map((octets) => Buffer.from(octets));
  port.on("message", (devices: readonly DeviceToOpen[]) => port.postMessage(answer(devices, chain)));
}
