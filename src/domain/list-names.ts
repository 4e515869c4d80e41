/** The first names of a list and how many more there are: `A, B, C and 15 more`. */
export function listNames(names: readonly string[], most: number, separator = ", "): string {
  // "and 1 more" would take as much room as the name.
  if (names.length <= most + 1) return names.join(separator);
  const more = names.length - most;
  return `${names.slice(0, most).join(separator)} and ${String(more).replace(/\B(?=(\d{3})+(?!\d))/g, " ")} more`;
}
