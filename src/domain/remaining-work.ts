import type { Job } from "./job.ts";
import type { Stage } from "./stage.ts";

/** How many devices a run of a lot would take through which step. */
export interface RemainingWork {
  readonly mint: number;
  /** Of `mint`: reserved by a run that was stopped; they get new serial numbers. */
  readonly recover: number;
  /** Rows to put into registration parts. */
  readonly list: number;
  /** Listed devices, those to be listed included, that would be sent. */
  readonly submit: number;
  /** Devices whose upload was not answered for good: the platform is asked, and what it lacks is sent again. */
  readonly sendAgain: number;
}

/** What a run would do with devices that stand at these stages, under this job. All zero: nothing. */
export function remainingWork(counts: Readonly<Record<Stage, number>>, job: RemainingJob): RemainingWork {
  const mint = counts.planned + counts.reserved;
  const bulk = job.registration.mode === "bulk";
  const list = bulk ? mint + counts.minted : 0;
  const sends = bulk && job.submit.enabled;
  return {
    mint,
    recover: counts.reserved,
    list,
    submit: sends ? list + counts.listed : 0,
    sendAgain: sends ? counts.submitted : 0,
  };
}

/** Devices that are as far as their job takes them; where the job is not known, as far as no registration asks more of them. */
export function finishedDevices(counts: Readonly<Record<Stage, number>>, job: RemainingJob | undefined): number {
  const listed = counts.listed + counts.submitted + counts.confirmed;
  if (job === undefined || job.registration.mode !== "bulk") return counts.minted + listed;
  return job.submit.enabled ? counts.confirmed : listed;
}

/** What of a job decides it. */
export interface RemainingJob {
  readonly registration: Pick<Job["registration"], "mode">;
  readonly submit: Pick<Job["submit"], "enabled">;
}

export function isNothing({ mint, list, submit, sendAgain }: RemainingWork): boolean {
  return mint + list + submit + sendAgain === 0;
}
