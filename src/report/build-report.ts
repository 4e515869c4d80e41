import type { LotRate, LotReport } from "../domain/report.ts";

/** All that a report is made of, as the run has it at hand. */
export interface ReportInput
  extends Pick<
    LotReport,
    | "lot"
    | "job"
    | "manifestSha256"
    | "issuer"
    | "exitCode"
    | "counts"
    | "rows"
    | "rejects"
    | "secretColumns"
    | "certificates"
    | "notes"
    | "ledgerHead"
    | "receipt"
  > {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Wall time of each room in this run, in milliseconds, in the order of the walk. */
  readonly stages: Readonly<Record<string, number>>;
  /** Devices that this run minted, and the wall time that this took. */
  readonly minted: number;
  readonly mintingMs: number;
  readonly taktSeconds?: number;
  readonly issuerBudget?: LotReport["issuerBudget"];
  /** Default: none. */
  readonly reworks?: number;
}

/** Puts a lot's report together; notes that say the same are told once. Pure. */
export function buildReport(input: ReportInput): LotReport {
  return {
    version: 1,
    lot: input.lot,
    job: input.job,
    manifestSha256: input.manifestSha256,
    issuer: input.issuer,
    issuerBudget: input.issuerBudget ?? null,
    startedAt: new Date(input.startedAtMs).toISOString(),
    endedAt: new Date(input.endedAtMs).toISOString(),
    exitCode: input.exitCode,
    counts: input.counts,
    rows: input.rows,
    rejects: input.rejects,
    ...(input.secretColumns !== undefined && { secretColumns: input.secretColumns }),
    stages: Object.fromEntries(Object.entries(input.stages).map(([stage, ms]) => [stage, Math.round(ms)])),
    rate: rateOf(input),
    certificates: input.certificates,
    reworks: input.reworks ?? 0,
    notes: [...new Set(input.notes)],
    ledgerHead: input.ledgerHead,
    ...(input.receipt !== undefined && { receipt: input.receipt }),
  };
}

/** A run that minted nothing has no rate, and is neither within takt nor behind it. */
function rateOf({ minted, mintingMs, taktSeconds }: ReportInput): LotRate {
  const measured = minted > 0 && mintingMs > 0;
  const secondsPerDevice = measured ? mintingMs / 1000 / minted : null;
  return {
    minted,
    devicesPerSecond: measured ? round((minted * 1000) / mintingMs) : null,
    secondsPerDevice: secondsPerDevice === null ? null : round(secondsPerDevice),
    taktSeconds: taktSeconds ?? null,
    withinTakt: secondsPerDevice === null || taktSeconds === undefined ? null : secondsPerDevice <= taktSeconds,
  };
}

/** Four significant digits: as much as a wall clock gives. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
