import { foldColumnName, showText } from "../domain/blank-text.ts";
import { checkRegistrationValue } from "../domain/cell-rules.ts";
import type { SubjectAttribute } from "../domain/certificate.ts";
import type { Job, Site } from "../domain/job.ts";
import { ALWAYS_SECRET, EXTERNAL_PREFIX, STANDARD_COLUMNS } from "../domain/manifest-columns.ts";
import { REGISTRATION_COLUMNS } from "../domain/registration.ts";
import { checkSubjectValue } from "../domain/subject-rules.ts";
import { parseTemplate } from "../domain/template.ts";
import type { ConfigProblem, KeyPath } from "./config-error.ts";
import { fileProblem } from "./is-file.ts";
import { readCron } from "./read-cron.ts";

/** Columns of the platform's CSV that lotmint must never fill from a manifest, beside its own. */
const FORBIDDEN_PROPERTIES = [...REGISTRATION_COLUMNS, "TENANT", "ENROLLMENT_OTP"].map((name) => name.toUpperCase());
const LOT_PLACEHOLDERS: readonly string[] = ["file", "date"];

/** Everything that a schema cannot say: how a job's settings fit together, and the site, and the disk. */
export function checkJob(job: Job, site: Site): readonly ConfigProblem[] {
  return RULES.flatMap((rule) => rule(job, site));
}

type Rule = (job: Job, site: Site) => readonly ConfigProblem[];

const RULES: readonly Rule[] = [
  lotPatternIsUsable,
  patternGivesOneLotPerFile,
  requiredSubjectIsGiven,
  subjectTemplatesAreUsable,
  registrationTemplatesAreUsable,
  registrationTextFitsTheCsv,
  propertiesAreNotPlatformColumns,
  columnsAreMappedOnce,
  aliasTemplatesAreUsable,
  secretColumnsAreNotUsed,
  submissionHasAPlatform,
  filesAreThere,
  scheduleIsReadable,
];

function problem(path: KeyPath, message: string): readonly ConfigProblem[] {
  return [{ path, message }];
}

function lotPatternIsUsable(job: Job): readonly ConfigProblem[] {
  const parts = parseTemplate(job.lot);
  if ("problem" in parts) return problem(["lot"], parts.problem);
  return parts.flatMap((part) =>
    part.kind === "column" && !LOT_PLACEHOLDERS.includes(part.name)
      ? problem(["lot"], `{${part.name}} is not known; a lot's name may hold {file} and {date}`)
      : [],
  );
}

function patternGivesOneLotPerFile(job: Job): readonly ConfigProblem[] {
  if (job.manifest === undefined || !/[*?]/.test(job.manifest) || /\{\s*file\s*\}/.test(job.lot)) return [];
  return problem(["lot"], "must hold {file}, since the manifest is a pattern and each file is a lot of its own");
}

function requiredSubjectIsGiven(job: Job): readonly ConfigProblem[] {
  return job.profile.requiredSubject.flatMap((required) =>
    required === "CN" || job.subject.some(({ attribute }) => attribute === required)
      ? []
      : problem(
          ["subject"],
          `must hold ${required}, which profile ${job.profile.name} requires, such as ${required}: "{${exampleColumn(required)}}"`,
        ),
  );
}

function exampleColumn(attribute: SubjectAttribute): string {
  return attribute === "serialNumber" ? "serial_number" : attribute.toLowerCase();
}

function subjectTemplatesAreUsable(job: Job): readonly ConfigProblem[] {
  return job.subject.flatMap(({ attribute, template }) => {
    const path = ["subject", attribute];
    const parts = parseTemplate(template);
    if ("problem" in parts) return problem(path, parts.problem);
    if (parts.some(({ kind }) => kind === "column")) return [];
    const wrong = checkSubjectValue(attribute, template);
    return wrong === undefined ? [] : problem(path, wrong);
  });
}

function registrationTemplatesAreUsable(job: Job): readonly ConfigProblem[] {
  const { mode, name, path } = job.registration;
  const templates = { name, ...(path !== undefined && { path }) };
  return Object.entries(templates).flatMap(([key, template]) => {
    const parts = parseTemplate(template);
    if ("problem" in parts) return problem(["registration", key], parts.problem);
    if (mode !== "bulk") return [];
    return parts.flatMap((part) => {
      const wrong = part.kind === "text" ? checkRegistrationValue(part.text) : undefined;
      return wrong === undefined ? [] : problem(["registration", key], wrong);
    });
  });
}

function registrationTextFitsTheCsv(job: Job): readonly ConfigProblem[] {
  const { mode, type, idType, properties } = job.registration;
  const texts: readonly (readonly [KeyPath, string | undefined])[] = [
    [["registration", "type"], type],
    [["registration", "idType"], idType],
    ...properties.map((name, index) => [["registration", "properties", index], name] as const),
  ];
  return texts.flatMap(([path, text]) => {
    if (text === undefined) return [];
    if (/[{}]/.test(text)) return problem(path, "takes no {column}; a manifest column of that name does what is meant");
    const wrong = mode === "bulk" ? checkRegistrationValue(text) : undefined;
    return wrong === undefined ? [] : problem(path, wrong);
  });
}

function propertiesAreNotPlatformColumns(job: Job): readonly ConfigProblem[] {
  return job.registration.properties.flatMap((name, index) =>
    FORBIDDEN_PROPERTIES.includes(name.toUpperCase()) || name.toLowerCase().startsWith(EXTERNAL_PREFIX)
      ? problem(
          ["registration", "properties", index],
          `${name} is a column that the platform gives a meaning of its own`,
        )
      : [],
  );
}

function columnsAreMappedOnce(job: Job): readonly ConfigProblem[] {
  const seen = new Map<string, string>();
  return Object.entries(job.columns).flatMap(([column, header]) => {
    const folded = foldColumnName(header);
    const first = seen.get(folded);
    seen.set(folded, first ?? column);
    return first === undefined
      ? []
      : problem(["columns", column], `takes ${JSON.stringify(header)}, which ${first} takes already`);
  });
}

function aliasTemplatesAreUsable({ keystores }: Job): readonly ConfigProblem[] {
  return aliasTemplates(keystores).flatMap(({ path, template }) => {
    const parts = parseTemplate(template);
    return "problem" in parts ? problem(path, parts.problem) : [];
  });
}

function aliasTemplates({ pkcs12, jks }: Job["keystores"]) {
  return Object.entries({ pkcs12, jks }).flatMap(([format, options]) =>
    options === undefined ? [] : [{ path: ["keystores", format, "alias"], template: options.alias }],
  );
}

/** What goes to a certificate, a keystore or the platform is no secret any more. */
function secretColumnsAreNotUsed(job: Job): readonly ConfigProblem[] {
  const users = usersOfColumns(job);
  const always = ALWAYS_SECRET.flatMap((column) => {
    const user = users.get(foldColumnName(column));
    // As a property it is refused already.
    return user === undefined || user === "registration.properties"
      ? []
      : problem(user.split("."), `takes column ${column}, which is secret in every manifest`);
  });
  const named = (job.secretColumns ?? []).flatMap((column, index) => {
    const folded = foldColumnName(column);
    const user = folded.startsWith(EXTERNAL_PREFIX) ? "lotmint itself, as an external id" : users.get(folded);
    const message = `${showText(column)} is used by ${user}; a secret column cannot be used`;
    return user === undefined ? [] : problem(["secretColumns", index], message);
  });
  return [...always, ...named];
}

/** The columns that a job takes cells from, as they are compared, and the first key that does. */
function usersOfColumns(job: Job): ReadonlyMap<string, string> {
  const { subject, registration, keystores, columns } = job;
  const { name, path = "", properties } = registration;
  const templates = [
    ...subject.map(({ attribute, template }) => [`subject.${attribute}`, template] as const),
    ["registration.name", name] as const,
    ["registration.path", path] as const,
    ...aliasTemplates(keystores).map(({ path, template }) => [path.join("."), template] as const),
  ];
  const named = templates.flatMap(([user, template]) => {
    const parts = parseTemplate(template);
    return "problem" in parts
      ? []
      : parts.flatMap((part) => (part.kind === "column" ? [[part.name, user] as const] : []));
  });
  const standard = STANDARD_COLUMNS.filter((column) => columns[column] === undefined);
  const used = [
    ...named,
    ...properties.map((property) => [property, "registration.properties"] as const),
    ...Object.entries(columns).map(([column, header]) => [header, `columns.${column}`] as const),
    ...standard.map((column) => [column, `lotmint itself, as ${column}`] as const),
  ];
  const users = new Map<string, string>();
  for (const [column, user] of used) {
    // A template may name lotmint's column, and the manifest call it otherwise.
    for (const each of [column, columns[foldColumnName(column)]]) {
      // {lot} is the lot, whatever columns there are.
      if (each === undefined || foldColumnName(each) === "lot" || users.has(foldColumnName(each))) continue;
      users.set(foldColumnName(each), user);
    }
  }
  return users;
}

function submissionHasAPlatform(job: Job, site: Site): readonly ConfigProblem[] {
  if (!job.submit.enabled || site.platform !== undefined) return [];
  return problem(["submit", "enabled"], "needs a platform, and lotmint.yaml names none");
}

function filesAreThere(job: Job): readonly ConfigProblem[] {
  const files: readonly (readonly [KeyPath, string | undefined])[] = [
    [["secrets", "sealTo"], job.secrets.sealTo],
    ...(job.truststore?.certificates ?? []).map(
      (path, index) => [["truststore", "certificates", index], path === "platform" ? undefined : path] as const,
    ),
  ];
  return files.flatMap(([path, file]) =>
    file === undefined
      ? []
      : [fileProblem(file)].flatMap((message) => (message === undefined ? [] : problem(path, message))),
  );
}

function scheduleIsReadable(job: Job): readonly ConfigProblem[] {
  if (job.schedule === undefined) return [];
  const cron = readCron(job.schedule.cron);
  const wrongTime = "problem" in cron ? problem(["schedule"], cron.problem) : [];
  const { timezone } = job.schedule;
  const wrongZone =
    timezone === undefined || isTimezone(timezone)
      ? []
      : problem(["timezone"], `${JSON.stringify(timezone)} is not a time zone; expected one such as Europe/Berlin`);
  return [...wrongTime, ...wrongZone];
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
