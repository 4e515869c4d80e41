import { foldColumnName as fold, showText } from "../domain/blank-text.ts";
import { checkRegistrationValue } from "../domain/cell-rules.ts";
import type { SubjectAttribute } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Job } from "../domain/job.ts";
import { EXTERNAL_PREFIX } from "../domain/manifest-columns.ts";
import { checkSubjectValue } from "../domain/subject-rules.ts";
import { hasPlaceholder, parseTemplate } from "../domain/template.ts";
import type { ManifestHeader } from "./read-header.ts";

/** One piece of a template, with its place in the manifest found. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "id" }
  | { readonly kind: "cell"; readonly column: string };

export interface CompiledTemplates {
  readonly subject: readonly { readonly attribute: SubjectAttribute; readonly pieces: readonly Piece[] }[];
  readonly name: readonly Piece[];
  readonly path?: readonly Piece[];
  /** Of the keystores' aliases, those that are made from the row. */
  readonly aliases: { readonly pkcs12?: readonly Piece[]; readonly jks?: readonly Piece[] };
  /** The property's name, as the job writes it, and the manifest's column for it. */
  readonly properties: readonly { readonly name: string; readonly column: string }[];
  /** Type of a further external id, and the manifest's column for it. */
  readonly external: readonly { readonly name: string; readonly column: string }[];
}

/**
 * Ties a job's templates and properties to a manifest's columns. `{id}` and `{lot}` are the device's and
 * the lot's whatever columns there are; any other name is lotmint's column of that name, else the
 * manifest's own, whatever its case. Throws one `usage` error that names all columns that are not there.
 */
export function compileTemplates(job: Job, lot: string, header: ManifestHeader): CompiledTemplates {
  const own = new Map(header.names.map((name) => [fold(name), name]));
  const missing: string[] = [];
  const find = (name: string, user: string): string => {
    const column = header.standard.get(fold(name)) ?? own.get(fold(name));
    if (column === undefined) missing.push(`${user} needs column ${showText(name)}`);
    return column ?? name;
  };
  const compile = (template: string, user: string): readonly Piece[] => {
    const parts = parseTemplate(template);
    if ("problem" in parts) throw new OnboardingError(`the job's ${user}: ${parts.problem}`, { code: "usage" });
    return parts.map((part): Piece => {
      if (part.kind === "text") return part;
      if (fold(part.name) === "id") return { kind: "id" };
      if (fold(part.name) === "lot") return { kind: "text", text: lot };
      return { kind: "cell", column: find(part.name, user) };
    });
  };
  const { name, path, properties } = job.registration;
  const { pkcs12, jks } = job.keystores;
  const compiled: CompiledTemplates = {
    subject: job.subject.map(({ attribute, template }) => ({
      attribute,
      pieces: compile(template, `subject.${attribute}`),
    })),
    name: compile(name, "registration.name"),
    ...(path !== undefined && { path: compile(path, "registration.path") }),
    aliases: {
      ...(pkcs12 !== undefined &&
        hasPlaceholder(pkcs12.alias) && { pkcs12: compile(pkcs12.alias, "keystores.pkcs12.alias") }),
      ...(jks !== undefined && hasPlaceholder(jks.alias) && { jks: compile(jks.alias, "keystores.jks.alias") }),
    },
    properties: properties.map((property) => ({ name: property, column: find(property, "registration.properties") })),
    external: [...header.standard].flatMap(([column, own]) =>
      column.startsWith(EXTERNAL_PREFIX) ? [{ name: column.slice(EXTERNAL_PREFIX.length), column: own }] : [],
    ),
  };
  if (missing.length === 0) {
    refuseUnfitText(compiled, job);
    return compiled;
  }
  const columns = header.names.map(showText).join(", ");
  throw new OnboardingError(
    `the manifest lacks what the job asks for: ${missing.join("; ")}. Its columns are ${columns}`,
    {
      code: "usage",
    },
  );
}

/** What no row can correct is reported once, not with every row: the lot's name in a template, a column's name. */
function refuseUnfitText({ subject, name, path = [], external }: CompiledTemplates, job: Job): void {
  const problems = subject.flatMap(({ attribute, pieces }) => {
    const text = fixedText(pieces);
    const wrong = text === undefined ? undefined : checkSubjectValue(attribute, text);
    return wrong === undefined ? [] : [`subject.${attribute} becomes ${JSON.stringify(text)}, which ${wrong}`];
  });
  if (job.registration.mode === "bulk") {
    const texts = [...name, ...path].flatMap((piece) => (piece.kind === "text" ? [piece.text] : []));
    for (const text of [...texts, ...external.map((column) => column.name)]) {
      const wrong = checkRegistrationValue(text);
      if (wrong !== undefined) problems.push(`${JSON.stringify(text)} ${wrong}`);
    }
  }
  if (problems.length > 0)
    throw new OnboardingError(`no device of this lot can be registered: ${problems.join("; ")}`, { code: "usage" });
}

function fixedText(pieces: readonly Piece[]): string | undefined {
  let text = "";
  for (const piece of pieces) {
    if (piece.kind !== "text") return undefined;
    text += piece.text;
  }
  return text;
}
