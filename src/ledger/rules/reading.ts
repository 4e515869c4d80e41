import { STAGES, type Stage } from "../../domain/stage.ts";
import type { Reading } from "../reading.ts";
import type { Engine } from "./engine.ts";
import { pages } from "./pages.ts";
import type { Statements } from "./statements.ts";

/** What reports and checks read. */
export function readingRules({ read }: Engine): Omit<Reading, "countLotCertificates"> {
  return {
    countByStage: (lot) => read(async (on) => (await stagesOf(on, [lot])).get(lot) ?? noDevices()),
    lotIssuers: (lot) => read((on) => on.lotIssuers(lot)),
    rejects: (lot) =>
      pages(
        read,
        (on, after, limit) => on.rejectPage(lot, after, limit),
        ({ reject }) => reject,
      ),
    devices: (lot) =>
      pages(
        read,
        (on, after, limit) => on.devicePage(lot, after, limit),
        ({ device }) => device,
      ),
    countMinted: (lot) => read((on) => on.countMinted(lot)),
    mintedAt: (lot, places) => read((on) => on.mintedAt(lot, places)),
    mintedDevices: (lot) =>
      pages(
        read,
        (on, after, limit) => on.mintedPage(lot, after, limit),
        ({ minted }) => minted,
      ),
    lotHeads: (lots) => read((on) => on.lotHeads(lots)),
    lotFigures: (lots) =>
      read(async (on) => {
        const counts = await stagesOf(on, lots);
        return (await on.lotFigures(lots)).map((lot) => ({ ...lot, counts: counts.get(lot.name) ?? noDevices() }));
      }),
    issuedByDay: (from) => read((on) => on.issuedByDay(Date.parse(from))),
  };
}

/** Devices at each stage, by lot; a lot that is not known is left out. */
async function stagesOf(
  on: Statements,
  lots: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<Stage, number>>>> {
  const counts = new Map<string, Record<Stage, number>>();
  for (const { name, stage, n } of await on.countStages(lots)) {
    const of = counts.get(name) ?? noDevices();
    of[stage] = n;
    counts.set(name, of);
  }
  return counts;
}

function noDevices(): Record<Stage, number> {
  return Object.fromEntries(STAGES.map((stage) => [stage, 0])) as Record<Stage, number>;
}
