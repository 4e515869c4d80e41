import { foldId } from "../../domain/device.ts";
import type { Lots } from "../lots.ts";
import type { Engine } from "./engine.ts";
import { findLotName } from "./find-lot-name.ts";
import { pages } from "./pages.ts";
import { requireLease } from "./require-lease.ts";

/** Lots, the jobs they work from, the manifests they took in, and what planning asks. */
export function lotRules({ read, write }: Engine): Omit<Lots, "absorbManifest"> {
  return {
    lot: (name) => read((on) => on.lotByName(name)),
    lotName: (name) => read((on) => findLotName(on, name)),
    lots: () => read((on) => on.allLots()),
    recordJob: (lease, job) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        await on.setJob(lot, job);
        const detail = { issuer: job.issuer, job: job.name };
        append({ chain: lot, kind: "job-recorded", subject: lease.lot, detail });
      }),
    manifests: (lot) => read((on) => on.manifestsOf(lot)),
    knownDevices: (lot, externalIds) =>
      read(async (on) => {
        const asked = new Set(externalIds);
        const ended = await on.endedDevices(lot, externalIds.map(foldId));
        return [...(await on.liveDevices(externalIds)), ...ended.filter((device) => asked.has(device.externalId))];
      }),
    countLive: (lot) => read((on) => on.countLive(lot)),
    deviceIds: (lot) =>
      pages(
        read,
        (on, after, limit) => on.livePage(lot, after, limit),
        (row) => row.externalId,
      ),
  };
}
