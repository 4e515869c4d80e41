import type { DatabaseSync } from "node:sqlite";
import { OnboardingError } from "../domain/error.ts";
import { foldLotName } from "../domain/lot.ts";
import { prepare } from "./statement.ts";

/**
 * Makes the look-up of a lot's spelling: the exact one first, else the one that differs only by case or Unicode
 * form. All names are looked through, which happens for new lots and other spellings alone. Throws `usage` for a
 * name that might mean several lots.
 */
export function lotNameFinder(database: DatabaseSync): (name: string) => string | undefined {
  const exact = prepare<{ name: string }>(database, "SELECT name FROM lots WHERE name = ?");
  const all = prepare<{ name: string }>(database, "SELECT name FROM lots ORDER BY id");
  return (name) => {
    if (exact.get(name) !== undefined) return name;
    const folded = foldLotName(name);
    const alike = all.all().flatMap((row) => (foldLotName(row.name) === folded ? [row.name] : []));
    if (alike.length < 2) return alike[0];
    const names = alike.map((other) => JSON.stringify(other)).join(" and ");
    throw new OnboardingError(
      `lot ${JSON.stringify(name)} might be ${names}, which differ only by case or Unicode form; give the name exactly as one of them`,
      { code: "usage" },
    );
  };
}
