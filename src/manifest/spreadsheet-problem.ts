/** `8.94901E+18`, `8,94901E+18`, `1E+12`: what a spreadsheet or a script makes of a long number. `12E45` may be an id. */
const E_NOTATION = /^[+-]?\d+(?:[.,]\d+E[+-]?|E[+-])\d+$/i;
/** A column that was too narrow for its number. */
const TOO_NARROW = /^#{2,}$/;
/** Errors of formulas, in the languages of the spreadsheets: `#REF!`, `#NAME?`, `#BEZUG!`, `#N/A`, `#NV`, `Err:502`. */
const FORMULA_ERROR = /^(?:#[¡¿]?[\p{L}/0_]+[!?]|#(?:n\/a|nv|n\/d|nd|getting_data)|(?:err|fehler|erreur):\d{3})$/iu;
const NOTHING: ReadonlySet<string> = new Set(["null", "(null)", "nan", "-nan", "<na>", "n/a", "none", "undefined"]);

/**
 * Why a cell cannot be an id or a number that names a device, in a sentence: it is what a spreadsheet or a script
 * left in its place. Undefined when nothing speaks against it. How long the cell is does not matter.
 */
export function spreadsheetProblem(cell: string): string | undefined {
  if (E_NOTATION.test(cell)) {
    return `the value ${cell} is a number in E-notation, and its last digits are lost; give the column the format Text and enter it again`;
  }
  if (TOO_NARROW.test(cell)) {
    return `the value ${cell.slice(0, 8)} stands where the column was too narrow for its number; widen the column and save again`;
  }
  if (FORMULA_ERROR.test(cell)) return `the value ${cell.slice(0, 20)} is a spreadsheet's error; correct its formula`;
  if (NOTHING.has(cell.toLowerCase())) return `the value ${cell} stands for a missing value; enter the value`;
  return undefined;
}
