import type { Device } from "./device.ts";
import type { Problem } from "./problem.ts";
import type { RemainingWork } from "./remaining-work.ts";
import type { Stage } from "./stage.ts";

/** What the ledger knows of an id that a manifest names. */
export interface KnownDevice {
  readonly externalId: string;
  readonly lot: string;
  readonly stage: Stage;
  /** Whether it holds a certificate: of a rejected device the stage does not tell. */
  readonly minted: boolean;
  /** Digests of what the device was last planned with; see `plan/digests.ts`. */
  readonly subjectDigest: string;
  readonly registrationDigest: string;
}

/** What shall happen to one good row. A row may bring two: `needs-remint`, and `register` if that changed as well. */
export type Decision =
  /** New; or known to the lot but not minted, and then it takes these values and is planned (again). */
  | {
      readonly kind: "mint";
      readonly device: Device;
      readonly subjectDigest: string;
      readonly registrationDigest: string;
    }
  /** Minted before; its row on the platform has changed, or the platform rejected it. */
  | { readonly kind: "register"; readonly device: Device; readonly registrationDigest: string }
  /** Minted before under another subject: the certificate stays until it is reminted. */
  | { readonly kind: "needs-remint"; readonly device: Device; readonly subjectDigest: string }
  | { readonly kind: "keep"; readonly externalId: string; readonly line: number };

/** A rejected row, with its cells, so that it can be handed back for correction. */
export interface RejectedRow {
  readonly problem: Problem;
  /** "" when the row has none. */
  readonly externalId: string;
  readonly cells: Readonly<Record<string, string>>;
}

/** The decisions on a run of consecutive rows. */
export interface PlannedBatch {
  readonly decisions: readonly Decision[];
  readonly rejected: readonly RejectedRow[];
}

/** The same, with what the decisions do to the lot's devices. */
export interface DecidedBatch extends PlannedBatch {
  /** Devices that the lot takes in anew: they are planned, where there was none or a rejected row. */
  readonly taken: number;
  /** Minted devices that are registered again, by the stage that they leave. */
  readonly registered: Readonly<Partial<Record<Stage, number>>>;
}

/** What a whole manifest comes to. */
export interface Plan {
  readonly lot: string;
  readonly rows: number;
  readonly mint: number;
  readonly register: number;
  readonly keep: number;
  readonly rejected: number;
  /** Ids whose subject changed. */
  readonly needsRemint: readonly string[];
  /** Ids of the lot that the manifest no longer names. */
  readonly gone: readonly string[];
}

/** The plan that is shown before a run: what the manifest comes to, and what is left of the lot itself. */
export interface LotForecast extends Plan {
  /** Devices of the lot, by the stage at which they stand now. */
  readonly counts: Readonly<Record<Stage, number>>;
  /** What a run would do, from the lot's devices and the manifest's together. */
  readonly run: RemainingWork;
}
