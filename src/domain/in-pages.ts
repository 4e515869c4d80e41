/** The same values in pages of so many, the last one perhaps shorter; no page is empty. */
export function* inPages<T>(values: Iterable<T>, perPage: number): Generator<readonly T[]> {
  let page: T[] = [];
  for (const value of values) {
    page.push(value);
    if (page.length < perPage) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
