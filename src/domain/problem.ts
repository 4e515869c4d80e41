/** What is wrong with one record, as data: the device is rejected and the lot goes on. */
export interface Problem {
  /** Line of the manifest on which the record starts; the header is line 1. */
  readonly line: number;
  /** The manifest's own name of the column, or "" when the whole row is wrong. */
  readonly field: string;
  /** What is wrong and what would be right, in one sentence without a full stop. */
  readonly message: string;
}
