import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { deviceFolder, type LotLayout, sealedNumber, segmentBatch } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { readPasswordFiles } from "../../mint/scan-passwords.ts";
import { openDevice } from "../lot/open-device.ts";

const PAGE = 500;
/** Keystores that are opened for each file: enough to tell two homes with the same ids apart. */
const SAMPLE = 2;

/**
 * Refuses (`usage`) a folder without a mark that holds passwords which do not fit this ledger: of ids that the lot
 * does not have, or that do not open the lot's keystores. Folders from before there were marks are taken so.
 */
export async function requireFitting(
  ledger: Pick<Ledger, "mintedBatches" | "knownDevices">,
  lot: string,
  layout: LotLayout,
): Promise<void> {
  const names = existsSync(layout.secrets) ? readdirSync(layout.secrets) : [];
  const clear = names.filter((name) => name === "passwords.csv" || segmentBatch(name) !== undefined);
  const sealed = names.filter((name) => sealedNumber(name) !== undefined);
  if (clear.length + sealed.length === 0) return;
  const refuse = (why: string): OnboardingError =>
    new OnboardingError(
      `${layout.secrets} holds passwords, and nothing says whose they are: ${why}; move them away, or give this home another folder (secrets.folder), and run again; nothing was done`,
      { code: "usage" },
    );
  if ((await ledger.mintedBatches(lot)).size === 0) throw refuse(`this home has minted no device of lot ${lot}`);
  const lists = await Promise.all(clear.map((name) => readPasswordFiles([join(layout.secrets, name)])));
  const ids = [...new Set(lists.flatMap((list) => [...list.keys()]))];
  for (let start = 0; start < ids.length; start += PAGE) {
    const page = ids.slice(start, start + PAGE);
    const known = await ledger.knownDevices(lot, page);
    const own = new Set(known.filter((device) => device.lot === lot).map(({ externalId }) => externalId));
    const strange = page.find((id) => !own.has(id));
    if (strange !== undefined) throw refuse(`lot ${lot} has no device ${strange}`);
  }
  for (const list of lists) {
    const minted = [...list.keys()].filter((id) => existsSync(deviceFolder(layout, id))).slice(0, SAMPLE);
    for (const id of minted) {
      // What a killed remint left is of the old certificate or of the new one.
      const passwords = new Set(lists.flatMap((each) => each.get(id) ?? []));
      if (![...passwords].some((password) => opens(layout, id, password))) {
        throw refuse(`the password of ${id} does not open its keystore here`);
      }
    }
  }
}

function opens(layout: LotLayout, externalId: string, password: string): boolean {
  return openDevice(deviceFolder(layout, externalId), layout.folder, password).kind !== "closed";
}
