import { listIds } from "./list-ids.ts";

const MOST_KNOWN = 10;

/** The word that was probably meant, for "did you mean"; undefined when none is near. Case does not count. */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)) && distance < (best?.distance ?? Infinity)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word;
}

/**
 * What follows "there is no lot X; ": the name that was probably meant, else those there are, else that there is
 * none. The last of `known` count as the newest.
 */
export function suggestName(name: string, known: readonly string[]): string {
  if (known.length === 0) return "there is none yet";
  const near = nearestWord(name, known);
  if (near !== undefined) return `did you mean ${near}?`;
  return `there ${known.length === 1 ? "is" : "are"} ${listIds(known.toReversed(), MOST_KNOWN)}`;
}

/** Insertions, deletions, replacements and swaps of neighbours; words that are long for a key are not worth the time. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8) return Infinity;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? Infinity;
}
