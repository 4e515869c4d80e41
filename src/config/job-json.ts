import { canonicalJson } from "../domain/canonical-json.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Job } from "../domain/job.ts";

/** Of the shape of a resolved job in state/lots/ and the ledger. */
const VERSION = 1;

/** The settings that decide what is issued, and so may not change under an unfinished lot. */
const ISSUANCE = [
  "issuer",
  "profile",
  "key",
  "validity",
  "outliveIssuer",
  "subject",
  "keystores",
  "truststore",
  "passwords",
  "secrets",
] as const satisfies readonly (keyof Job)[];

/** The settings by which a manifest's rows are read and planned. */
const ROWS = [
  "profile",
  "subject",
  "columns",
  "registration",
  "quantity",
  "secretColumns",
  "keystores",
] as const satisfies readonly (keyof Job)[];

/** A resolved job as text; equal jobs give equal text. */
export function jobToJson(job: Job): string {
  return `${canonicalJson({ version: VERSION, job })}\n`;
}

/** Reads what `jobToJson` wrote. Throws `state-damaged` for anything else, `usage` for another version's. */
export function jobFromJson(text: string): Job {
  const copy = parse(text);
  if (copy.version !== VERSION) {
    throw new OnboardingError(
      `the lot's copy of its job has version ${String(copy.version)}, this lotmint reads version ${VERSION}; use the lotmint that wrote it`,
      { code: "usage" },
    );
  }
  if (!isJob(copy.job)) throw damaged(undefined);
  return copy.job;
}

/** The same, undefined where that throws: a copy that is damaged hinders the run of its own lot, not who looks at many. */
export function readableJob(text: string): Job | undefined {
  try {
    return jobFromJson(text);
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return undefined;
  }
}

/** The names of the issuance settings in which two jobs differ, as the job file names them. */
export function issuanceChanges(before: Job, after: Job): readonly string[] {
  return ISSUANCE.filter((name) => differs(before, after, name));
}

/** True when the same manifest would be read or planned otherwise under the second job. */
export function readsRowsOtherwise(before: Job, after: Job): boolean {
  return ROWS.some((name) => differs(before, after, name));
}

function differs(before: Job, after: Job, name: keyof Job): boolean {
  return canonicalJson({ value: before[name] }) !== canonicalJson({ value: after[name] });
}

function parse(text: string): { readonly version?: unknown; readonly job?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw damaged(error);
  }
  throw damaged(undefined);
}

/** Enough to tell a job from something else: the version already says that lotmint wrote it. */
function isJob(value: unknown): value is Job {
  if (typeof value !== "object" || value === null) return false;
  const required: readonly (keyof Job)[] = [
    "name",
    "lot",
    "issuer",
    "profile",
    "key",
    "validity",
    "keystores",
    "registration",
    "submit",
  ];
  return required.every((key) => key in value);
}

function damaged(cause: unknown): OnboardingError {
  return new OnboardingError("the lot's copy of its job cannot be read; restore it from a backup", {
    code: "state-damaged",
    cause,
  });
}
