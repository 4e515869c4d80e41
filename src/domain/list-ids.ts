/** The first of a list of ids or names for a message, and how many there are beside: `a, b and 15 more`. */
export function listIds(ids: readonly string[], most = 10, separator = ", "): string {
  const more = ids.length - most;
  return ids.slice(0, most).join(separator) + (more > 0 ? ` and ${more} more` : "");
}
