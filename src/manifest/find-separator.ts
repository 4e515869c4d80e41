/** In the order in which they are preferred when nothing else decides. */
const SEPARATORS = [",", ";", "\t"] as const;
export type Separator = (typeof SEPARATORS)[number];

/**
 * The separator of a CSV file, from its header line: the one that makes a column of `idHeader`, and of
 * several the one that makes most columns. Separators in quotes do not count.
 */
export function findSeparator(headerLine: string, idHeader: string): Separator {
  let best: { readonly separator: Separator; readonly hasId: boolean; readonly columns: number } | undefined;
  for (const separator of SEPARATORS) {
    const names = splitHeader(headerLine, separator);
    const hasId = names.some((name) => name.trim().toLowerCase() === idHeader.trim().toLowerCase());
    const columns = names.length;
    const isBetter = best === undefined || (hasId === best.hasId ? columns > best.columns : hasId);
    if (isBetter) best = { separator, hasId, columns };
  }
  return best?.separator ?? ",";
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
