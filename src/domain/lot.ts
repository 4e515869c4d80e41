/** A lot is known by its name. The longest name, in characters, that leaves room for the names built on it. */
export const MAX_LOT_NAME = 100;

/**
 * The form under which two names are one lot's: names that differ only by case or Unicode form, which many file
 * systems do not tell apart. Upper case first, so that letters with several lower-case forms count as one.
 */
export function foldLotName(name: string): string {
  return name.normalize("NFD").toUpperCase().toLowerCase().normalize("NFC");
}
