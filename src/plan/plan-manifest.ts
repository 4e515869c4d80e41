import type { Device } from "../domain/device.ts";
import type { DecidedBatch, KnownDevice, RejectedRow } from "../domain/plan.ts";
import { planBatch } from "./plan-batch.ts";

export interface PlanManifestInput {
  readonly lot: string;
  /** The manifest's rows, read and checked, in file order. */
  readonly rows: AsyncIterable<{ readonly devices: readonly Device[]; readonly rejected: readonly RejectedRow[] }>;
  /** What is known of these ids, whatever their lot. */
  readonly known: (externalIds: readonly string[]) => Promise<readonly KnownDevice[]>;
  /** Devices that the lot has already. */
  readonly liveCount: number;
  /** How many it may have. */
  readonly quantity?: number | undefined;
  /** True for a rejects file that came back. */
  readonly corrected: boolean;
}

/** Decides on a whole manifest, batch by batch as its rows come. Does nothing but ask. */
export async function* planManifest(input: PlanManifestInput): AsyncGenerator<DecidedBatch> {
  const { lot, quantity, corrected } = input;
  let left = quantity === undefined ? undefined : Math.max(0, quantity - input.liveCount);
  for await (const { devices, rejected } of input.rows) {
    const known = devices.length === 0 ? [] : await input.known(devices.map(({ externalId }) => externalId));
    const planned = planBatch({ lot, devices, rejected, known, quantityLeft: left, quantity, corrected });
    if (left !== undefined) left -= planned.taken;
    yield planned;
  }
}
