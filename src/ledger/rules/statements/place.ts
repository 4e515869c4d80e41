/** Where a page ended: manifest line, and row number among rows of the same line. */
export interface Place {
  readonly line: number;
  readonly id: number;
}
