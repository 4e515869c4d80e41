import { existsSync } from "node:fs";
import { listAuthorities } from "../../authority/load-authority.ts";
import { listJobs } from "../../config/list-jobs.ts";
import { readYaml } from "../../config/read-yaml.ts";
import type { CliContext } from "../context.ts";

/** What a home has already, as far as `init` would make it. */
export interface HomeSurvey {
  readonly hasSite: boolean;
  /** Its first job, and the issuer that it names. */
  readonly job?: { readonly name: string; readonly issuer?: string };
  readonly authorities: readonly string[];
  /** The only root whose key is here. */
  readonly root?: string;
}

/** Looks only. Throws `usage` for a lotmint.yaml that cannot be used: nothing is built on it. */
export function surveyHome({ home, site }: Pick<CliContext, "home" | "site">): HomeSurvey {
  const hasSite = existsSync(home.siteFile);
  const defaults = hasSite ? site().defaults : {};
  const [job] = listJobs(home, { defaults });
  const issuer = job === undefined ? undefined : (issuerOf(job.path, job.problem) ?? defaults.issuer);
  const authorities = listAuthorities(home);
  const roots = authorities.filter((one) => one.state === "ready" && one.hasKey && one.chain.length === 1);
  const root = roots.length === 1 ? roots[0]?.name : undefined;
  return {
    hasSite,
    authorities: authorities.map(({ name }) => name),
    ...(job !== undefined && { job: { name: job.name, ...(issuer !== undefined && { issuer }) } }),
    ...(root !== undefined && { root }),
  };
}

function issuerOf(path: string, problem: string | undefined): string | undefined {
  if (problem !== undefined) return undefined;
  const { issuer } = readYaml(path, path).value;
  return typeof issuer === "string" ? issuer : undefined;
}
