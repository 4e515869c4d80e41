import { type Profile, SUBJECT_ATTRIBUTES } from "../domain/certificate.ts";
import { type Job, type Keystores, PER_LOT_ITERATIONS, type Site } from "../domain/job.ts";
import { nearestWord } from "../domain/nearest-word.ts";
import { BUILT_IN_PROFILES } from "../domain/profiles.ts";
import type { ConfigProblem } from "./config-error.ts";
import { parseTimeMs } from "./durations.ts";
import { checkJob } from "./job-rules.ts";
import type { JobInput } from "./job-schema.ts";
import { readValidityRequest } from "./resolve-profile.ts";

const DEFAULT_ALIAS = "devicekeyentry";
const DEFAULT_ITERATIONS = 2048;

/**
 * A job with every default, and all that is wrong with it. What the job says stands before the site's
 * `defaults`; in `registration`, `submit` and `secrets` key by key, else setting by setting. The job is
 * only fit for use when there are no errors.
 */
export function resolveJob(
  name: string,
  input: JobInput,
  site: Site,
  options: { readonly defaults: JobInput; readonly nowMs: number },
): { readonly job: Job; readonly problems: readonly ConfigProblem[] } {
  const merged = mergeDefaults(input, options.defaults);
  const problems: ConfigProblem[] = [];
  if (merged.issuer === undefined) {
    problems.push({ path: ["issuer"], message: "is missing; name the authority that signs, such as issuer: line-3" });
  }
  if (merged.timezone !== undefined && merged.schedule === undefined) {
    problems.push({ path: ["timezone"], message: "has no meaning without a schedule" });
  }
  const profile = findProfile(merged.profile ?? "device", site, problems);
  const { manifest, secrets, registration: asked, submit, quantity, maxRows, secretColumns } = merged;
  const truststore = merged.truststore;
  const job: Job = {
    name,
    lot: merged.lot ?? "{file}",
    ...(manifest !== undefined && { manifest }),
    issuer: merged.issuer ?? "",
    profile,
    key: merged.key ?? "ec-p256",
    validity: readValidityRequest(merged, { path: [], nowMs: options.nowMs, problems }) ?? profile.validity,
    outliveIssuer: merged.outliveIssuer ?? "reject",
    subject: subjectTemplates(merged),
    columns: { ...merged.columns },
    keystores: resolveKeystores(merged),
    ...(truststore !== undefined && {
      truststore: {
        formats: truststore.formats ?? ["pkcs12"],
        certificates: truststore.certificates ?? ["platform"],
        per: truststore.per ?? "device",
      },
    }),
    passwords: merged.passwords ?? "per-device",
    secrets: {
      ...(secrets?.folder !== undefined && { folder: secrets.folder }),
      ...(secrets?.sealTo !== undefined && { sealTo: secrets.sealTo }),
    },
    registration: {
      mode: asked?.mode ?? "bulk",
      type: asked?.type ?? "c8y_Device",
      name: asked?.name ?? "{id}",
      ...(asked?.path !== undefined && { path: asked.path }),
      ...(asked?.idType !== undefined && { idType: asked.idType }),
      ...(asked?.shell !== undefined && { shell: asked.shell }),
      agent: asked?.agent ?? true,
      properties: asked?.properties ?? [],
    },
    submit: {
      enabled: submit?.enabled ?? site.platform !== undefined,
      rowsPerUpload: submit?.rowsPerUpload ?? 500,
      concurrency: submit?.concurrency ?? 4,
      collisions: submit?.collisions ?? "platform",
    },
    ...(merged.receipt === false && { receipt: false }),
    ...(merged.takt !== undefined && { taktSeconds: parseTimeMs(merged.takt) / 1000 }),
    ...(secretColumns !== undefined && { secretColumns }),
    ...(quantity !== undefined && { quantity }),
    ...(maxRows !== undefined && { maxRows }),
    ...(merged.schedule !== undefined && {
      schedule: { cron: merged.schedule, ...(merged.timezone !== undefined && { timezone: merged.timezone }) },
    }),
  };
  return { job, problems: [...problems, ...checkJob(job, site)] };
}

function mergeDefaults(input: JobInput, defaults: JobInput): JobInput {
  const asksValidity = input.validity !== undefined || input.notAfter !== undefined;
  const { validity, notAfter, ...others } = defaults;
  return {
    ...(asksValidity ? others : defaults),
    ...input,
    registration: { ...defaults.registration, ...input.registration },
    submit: { ...defaults.submit, ...input.submit },
    secrets: { ...defaults.secrets, ...input.secrets },
  };
}

function findProfile(name: string, site: Site, problems: ConfigProblem[]): Profile {
  const profiles: Readonly<Record<string, Profile>> = { ...site.profiles, ...BUILT_IN_PROFILES };
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(profiles);
  const near = nearestWord(name, known);
  const cure = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
  problems.push({ path: ["profile"], message: `there is no profile ${JSON.stringify(name)}; ${cure}` });
  return BUILT_IN_PROFILES.device;
}

/** In the order of the certificate, so that the order in the file changes nothing. */
function subjectTemplates(input: JobInput): Job["subject"] {
  return SUBJECT_ATTRIBUTES.flatMap((attribute) => {
    const template = attribute === "CN" ? undefined : input.subject?.[attribute];
    return template === undefined ? [] : [{ attribute, template }];
  });
}

function resolveKeystores(input: JobInput): Keystores {
  const { pkcs12, jks, pem } = input.keystores ?? { pkcs12: {} };
  const least = input.passwords === "per-lot" ? PER_LOT_ITERATIONS : 0;
  return {
    ...(pkcs12 !== undefined && {
      pkcs12: {
        alias: pkcs12.alias ?? DEFAULT_ALIAS,
        recipe: pkcs12.recipe ?? "modern",
        iterations: Math.max(pkcs12.iterations ?? DEFAULT_ITERATIONS, least),
      },
    }),
    ...(jks !== undefined && { jks: { alias: jks.alias ?? DEFAULT_ALIAS } }),
    pem: { key: pem?.key ?? "none" },
  };
}
