import { listAuthorities } from "../../../authority/load-authority.ts";
import { listJobs } from "../../../config/list-jobs.ts";
import { readJob } from "../../../config/read-job.ts";
import { OnboardingError } from "../../../domain/error.ts";
import { loadTruststore } from "../../../run/lot/load-truststore.ts";
import { nextDue } from "../../../schedule/next-due.ts";
import type { CliContext } from "../../context.ts";
import { asProblem, type DoctorCheck, type DoctorFinding, ok, problem, warning } from "../doctor-check.ts";

/** Whether each job can be used, and when it is due next. */
export const jobsCheck: DoctorCheck = {
  name: "jobs",
  look: (context) => {
    const jobs = listJobs(context.home, context.site());
    if (jobs.length === 0) return [ok("there are none; lots are run with: lotmint run MANIFEST --issuer NAME")];
    return jobs.flatMap(({ name, path }) => lookAt(name, path, context));
  },
};

function lookAt(name: string, path: string, { home, site, now }: CliContext): readonly Omit<DoctorFinding, "name">[] {
  try {
    const job = readJob(path, home, site(), now());
    if (job.truststore !== undefined) loadTruststore(home, job.truststore, now());
    const known = listAuthorities(home).map((authority) => authority.name);
    if (!known.includes(job.issuer)) {
      return [
        problem(
          `job ${name} names the issuer ${job.issuer}, and there is no such authority`,
          "lotmint init, or correct the job's issuer",
        ),
      ];
    }
    if (job.schedule === undefined) return [ok(`job ${name} can be used`)];
    const due = nextDue(job.schedule, now());
    if (due === undefined)
      return [warning(`job ${name} has a schedule that is never due`, "correct the job's schedule")];
    return [ok(`job ${name} is due next at ${new Date(due).toISOString()}; lotmint watch runs it`)];
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return [{ ...asProblem(error), message: `job ${name}: ${asProblem(error).message}` }];
  }
}
