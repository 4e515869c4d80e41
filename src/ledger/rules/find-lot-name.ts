import { OnboardingError } from "../../domain/error.ts";
import { foldLotName } from "../../domain/lot.ts";
import type { Statements } from "./statements.ts";

/**
 * A lot's spelling: the exact one first, else the one that differs only by case or Unicode form. All names are
 * looked through, which happens for new lots and other spellings alone. Throws `usage` for a name that might mean
 * several lots.
 */
export async function findLotName(on: Statements, name: string): Promise<string | undefined> {
  if ((await on.lotNumber(name)) !== undefined) return name;
  const folded = foldLotName(name);
  const alike = (await on.lotNames()).filter((other) => foldLotName(other) === folded);
  if (alike.length < 2) return alike[0];
  const names = alike.map((other) => JSON.stringify(other)).join(" and ");
  throw new OnboardingError(
    `lot ${JSON.stringify(name)} might be ${names}, which differ only by case or Unicode form; give the name exactly as one of them`,
    { code: "usage" },
  );
}
