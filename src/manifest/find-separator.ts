import { foldColumnName } from "../domain/blank-text.ts";
import type { ManifestForm } from "../domain/manifest-form.ts";

/** In the order in which they are preferred when nothing else decides. */
const SEPARATORS: readonly Separator[] = [",", ";", "\t"];
export type Separator = ManifestForm["separator"];

/**
 * The separator of a CSV file, from its header line: the one that makes a column of `idHeader`, and of
 * several the one that makes most columns. Separators in quotes do not count.
 */
export function findSeparator(headerLine: string, idHeader: string): Separator {
  let best: { readonly separator: Separator; readonly hasId: boolean; readonly columns: number } | undefined;
  for (const separator of SEPARATORS) {
    const names = splitHeader(headerLine, separator);
    const hasId = names.some((name) => foldColumnName(name) === foldColumnName(idHeader));
    const columns = names.length;
    const isBetter = best === undefined || (hasId === best.hasId ? columns > best.columns : hasId);
    if (isBetter) best = { separator, hasId, columns };
  }
  return best?.separator ?? ",";
}

/**
 * What a line `sep=;`, as Excel writes and reads it, names as the separator; also in quotes and with separators after
 * it, as other programs save it. Undefined for any other line; "unknown" for a separator that is not read.
 */
export function namedSeparator(line: string): Separator | "unknown" | undefined {
  const named = /^"?sep=(.)"?([,;\t]*)\s*$/isu.exec(line)?.[1];
  if (named === undefined) return undefined;
  return SEPARATORS.find((separator) => separator === named) ?? "unknown";
}

/** Good enough to choose a separator; the header itself is read by the CSV parser. */
function splitHeader(line: string, separator: Separator): readonly string[] {
  const names: string[] = [];
  let name = "";
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      names.push(name);
      name = "";
    } else name += character;
  }
  return [...names, name];
}
