/**
 * The first of a list of ids or names for a message, and how many there are beside: `a, b and 15 more`. Where only some
 * of them are at hand, at least the first `most`, `all` says how many there are.
 */
export function listIds(ids: readonly string[], most = 10, separator = ", ", all = ids.length): string {
  const more = all - most;
  return ids.slice(0, most).join(separator) + (more > 0 ? ` and ${more} more` : "");
}
