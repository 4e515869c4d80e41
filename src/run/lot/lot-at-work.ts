import type { LotLayout } from "../../disk/layout.ts";
import type { Job } from "../../domain/job.ts";
import type { LotLease } from "../../ledger/locks.ts";
import type { Walk } from "./walk.ts";

/** One lot while a walk has its lease: what every step of the walk is given. Made once, right after the lease is taken. */
export interface LotAtWork {
  /** Names the lot, and proves to the ledger that the lot is still this run's own. */
  readonly lease: LotLease;
  /** What the walk does for the lot: for a run the job that was asked for, for a remint the lot's recorded job. */
  readonly job: Job;
  /** The lot's paths, with the folder for passwords that `job` names. */
  readonly layout: LotLayout;
  /** What the walk gathers for the report. */
  readonly walk: Walk;
}
