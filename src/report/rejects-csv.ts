import { stringify } from "csv-stringify/sync";
import { foldColumnName } from "../domain/blank-text.ts";
import { ALWAYS_SECRET, OWN_PREFIX } from "../domain/manifest-columns.ts";
import { type ManifestForm, PLAIN_FORM, type TakenForm } from "../domain/manifest-form.ts";
import type { RejectRecord } from "../domain/report.ts";

/** Columns that lotmint adds, by which a corrected file finds back to its lot. */
const OWN_COLUMNS = ["lotmint:lot", "lotmint:line", "lotmint:reason"] as const;
const EVERYBODY = 0o644;

/** A manifest of the lot, as the ledger has it. */
export interface RejectsSource {
  readonly kind: "full" | "mended";
  readonly header: readonly string[];
  readonly form?: TakenForm;
}

export interface RejectsOptions {
  readonly lot: string;
  /** All manifests of the lot, oldest first. */
  readonly manifests: readonly RejectsSource[];
  /** Columns that the job calls secret; CREDENTIALS is among them in any case. */
  readonly secretColumns?: readonly string[] | undefined;
}

/**
 * rejects.csv, one chunk a page: the manifest's own columns, secret ones left out, then lotmint's. It is written as the
 * newest whole manifest was, with its separator, byte order mark and line ends, so that the program that made the one
 * opens and saves the other. Cells come back as they were read, also such as a spreadsheet would take for a
 * formula; corrected, the file is a manifest again. Header and nothing else when there are no rejects.
 */
export async function* rejectsCsv(
  { lot, manifests, secretColumns = [] }: RejectsOptions,
  pages: AsyncIterable<readonly RejectRecord[]>,
): AsyncGenerator<Buffer> {
  const form = formOf(manifests);
  const columns = openColumns(manifests, secretColumns);
  const write = (rows: readonly (readonly string[])[]) => encode(toCsv(rows, form), form);
  if (form.mark) yield encode("\ufeff", form);
  if (form.separatorLine) yield encode(`sep=${form.separator}${form.lineEnd}`, form);
  yield write([[...columns, ...OWN_COLUMNS]]);
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield write(
      page.map(({ cells, line, reason }) => [
        ...columns.map((column) => (Object.hasOwn(cells, column) ? (cells[column] ?? "") : "")),
        lot,
        String(line),
        reason,
      ]),
    );
  }
}

/** Permission bits for rejects.csv: nobody reads in it what he could not read in each of the manifests. */
export function rejectsMode(manifests: readonly RejectsSource[]): number {
  return manifests.reduce((mode, { form }) => mode & (form?.readers ?? EVERYBODY), EVERYBODY);
}

function formOf(manifests: readonly RejectsSource[]): ManifestForm {
  const newest = manifests.findLast(({ kind }) => kind === "full") ?? manifests.at(-1);
  return newest?.form ?? PLAIN_FORM;
}

/** The columns of all manifests of the lot, in the order in which they first came. */
function openColumns(manifests: readonly RejectsSource[], secretColumns: readonly string[]): string[] {
  const secret = new Set([...ALWAYS_SECRET, ...secretColumns].map(foldColumnName));
  const all = new Set(manifests.flatMap(({ header }) => header));
  return [...all].filter((column) => {
    const folded = foldColumnName(column);
    return !folded.startsWith(OWN_PREFIX) && !secret.has(folded);
  });
}

/** Quotes where RFC 4180 asks for them, and around spaces at either end, which a reader might trim. */
function toCsv(rows: readonly (readonly string[])[], { separator, lineEnd }: ManifestForm): string {
  return stringify(
    rows.map((row) => [...row]),
    { delimiter: separator, quoted_match: /[\r\n]|^\s|\s$/, escape_formulas: false, record_delimiter: lineEnd },
  );
}

function encode(text: string, { encoding }: ManifestForm): Buffer {
  if (encoding === "utf-8") return Buffer.from(text, "utf8");
  const octets = Buffer.from(text, "utf16le");
  return encoding === "utf-16be" ? octets.swap16() : octets;
}
