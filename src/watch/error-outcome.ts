import { STAGES, type Stage } from "../domain/stage.ts";
import { buildReport } from "../report/build-report.ts";
import type { LotOutcome } from "./lot-outcome.ts";

export interface FaultOfFile {
  readonly exitCode: number;
  readonly fault: string;
  readonly cure?: string;
  readonly concerns?: "manifest" | "name" | undefined;
  /** As far as they are known. */
  readonly lot?: string | null;
  readonly job?: string | null;
  readonly nowMs: number;
}

/** The outcome of a file that never became a lot: a report with every key and no figures. */
export function errorOutcome({ exitCode, fault, cure, concerns, lot, job, nowMs }: FaultOfFile): LotOutcome {
  const counts = Object.fromEntries(STAGES.map((stage) => [stage, 0])) as Record<Stage, number>;
  const report = buildReport({
    lot: lot ?? "",
    job: job ?? "",
    manifestSha256: "",
    issuer: "",
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    exitCode,
    counts,
    rows: 0,
    rejects: {},
    stages: {},
    minted: 0,
    mintingMs: 0,
    certificates: { issued: 0, revoked: 0, abandoned: 0 },
    notes: [],
    ledgerHead: "",
  });
  return { exitCode, report, fault, ...(cure !== undefined && { cure }), ...(concerns !== undefined && { concerns }) };
}
