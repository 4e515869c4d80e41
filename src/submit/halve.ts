/** Both halves of a list of at least two, in order, the first never shorter. */
export function halve<T>(rows: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = Math.ceil(rows.length / 2);
  return [rows.slice(0, middle), rows.slice(middle)];
}

/** Why the platform refused a whole upload. */
export interface WholeRefusal {
  readonly status: number;
  readonly message: string;
}

/** The level at which a part of four rows or more has become four quarters. */
const QUARTERS = 2;

/**
 * The one reason for which all quarters of a part were refused, if there is one: then the rows are not
 * to blame, and none may be rejected for it. `level` counts the halvings.
 */
export function refusedAlike(
  level: number,
  rowsAtFirst: number,
  refusals: readonly (WholeRefusal | undefined)[],
): WholeRefusal | undefined {
  const [first] = refusals;
  if (level !== QUARTERS || rowsAtFirst < 4 || refusals.length !== 4 || first === undefined) return undefined;
  return refusals.every((other) => other?.status === first.status && other.message === first.message)
    ? first
    : undefined;
}
