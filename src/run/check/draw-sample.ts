import type { DrawnDevices, LotToCheck } from "./check-scope.ts";

/**
 * Draws the sample that was asked for, without reading the other devices: each has the same chance, and none is drawn
 * twice. undefined where all are to be checked, since none was asked for or the lot has no more than that.
 */
export async function drawSample({
  ledger,
  lot,
  sample,
  random,
}: Pick<LotToCheck, "ledger" | "lot" | "sample" | "random">): Promise<DrawnDevices | undefined> {
  if (sample === undefined) return undefined;
  const population = await ledger.countMinted(lot);
  if (sample >= population) return undefined;
  const records = await ledger.mintedAt(lot, drawPlaces(sample, population, random));
  return { records, ids: new Set(records.map(({ externalId }) => externalId)), population };
}

/** So many of the numbers from 0 up to, not including, `population` (Floyd's algorithm: one draw for each). */
function drawPlaces(count: number, population: number, random: () => number): readonly number[] {
  const places = new Set<number>();
  for (let last = population - count; last < population; last++) {
    const place = Math.floor(random() * (last + 1));
    places.add(places.has(place) ? last : place);
  }
  return [...places];
}
