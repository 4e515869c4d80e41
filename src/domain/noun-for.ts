/**
 * The word that stands after a count that a person reads: `one` after 1, else `many`, which is `one` with an s unless told;
 * with its verb where there is one ("row is", "rows are").
 */
export function nounFor(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}
