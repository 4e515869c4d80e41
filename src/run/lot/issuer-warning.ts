import type { Job } from "../../domain/job.ts";
import type { IssuerBudget } from "../../domain/report.ts";

const DAY_MS = 86_400_000;
/** Time enough to have a successor signed, uploaded and proven. */
const WARN_DAYS = 90;

/** The warning, or undefined while there is time left. Pure. */
export function issuerWarning(
  { notAfter, outlivedFrom: day }: IssuerBudget,
  job: Job,
  nowMs: number,
): string | undefined {
  if (notAfter === null || day === null) return undefined;
  const fromMs = Date.parse(day);
  if (nowMs < fromMs - WARN_DAYS * DAY_MS) return undefined;
  const isCut = !job.validity.asked || job.outliveIssuer === "truncate";
  const hasCome = nowMs >= fromMs + DAY_MS;
  if (hasCome && isCut) return undefined;
  const end = notAfter.slice(0, 10);
  const what = isCut ? "would be cut to the end of" : hasCome ? "outlive" : "would outlive";
  return `${hasCome ? "since" : "from"} ${day} certificates of job ${job.name} ${what} their issuer ${job.issuer}, which ends on ${end}: make its successor in time, and name that in the job`;
}
