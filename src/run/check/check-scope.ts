import type { KeyObject } from "node:crypto";
import type { Home, LotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { MintedRecord } from "../../ledger/reading.ts";
import type { Platform } from "../../platform/platform.ts";
import type { Difference } from "../../verify/difference.ts";
import type { LotPasswords } from "../passwords/load-passwords.ts";

export interface LotToCheck {
  readonly ledger: Ledger;
  readonly home: Home;
  readonly lot: string;
  /** DER of the issuing chain, issuer first, trust anchor last. */
  readonly chain: readonly Buffer[];
  /** Opens only so many devices, chosen by `random` with the same chance each, and reads nothing of the others. */
  readonly sample?: number;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
  /** Ask the platform too; retries are its own matter. */
  readonly platform?: { readonly platform: Platform; readonly tenant: string };
  /** The one password of a lot that has one. */
  readonly lotPassword?: string;
  /** Opens the lot's sealed passwords. */
  readonly secretsKey?: KeyObject;
  readonly now: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (checked: number) => void;
}

/** Devices drawn from a lot, for a check that reads no others. */
export interface DrawnDevices {
  readonly records: readonly MintedRecord[];
  /** Their ids. */
  readonly ids: ReadonlySet<string>;
  /** Devices that they were drawn from. */
  readonly population: number;
}

/** What one check keeps in mind: never its devices, their ids, or their passwords. */
export interface Check extends LotToCheck {
  readonly layout: LotLayout;
  /** The job as the lot's last run had it. */
  readonly job: Job;
  /** undefined: all devices are opened. */
  readonly drawn: DrawnDevices | undefined;
  readonly tell: (...differences: readonly Difference[]) => void;
  /** What could not be checked, and why. */
  readonly notes: Set<string>;
  /** undefined: the lot has none for each device. */
  passwords: LotPasswords | undefined;
}

/** Devices of batches that a run has not finished; they are not judged. */
export async function openDevices({ ledger, lot }: Check): Promise<ReadonlySet<string>> {
  const batches = await ledger.openBatches(lot);
  return new Set(batches.flatMap(({ devices }) => devices.map(({ externalId }) => externalId)));
}

/** Throws `stopped` once the check has been asked to stop. */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new OnboardingError("the check was stopped", { code: "stopped" });
}
