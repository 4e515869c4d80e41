import { existsSync, opendirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PRIVATE_FILE, PRIVATE_FOLDER } from "../../disk/durable.ts";
import { deviceFolder, idOfName, safeName, sealedNumber, segmentBatch } from "../../disk/layout.ts";
import { checkAccess, type Guarded } from "./check-access.ts";
import { type Check, openDevices } from "./check-scope.ts";

/** Tells who may read passwords.csv, its lines that are none, and passwords of devices that the lot does not have. */
export async function checkPasswordList(known: ReadonlySet<string>, check: Check): Promise<void> {
  const { passwords, tell, layout } = check;
  const files = namesOf(layout.secrets).map((name) => join(layout.secrets, name));
  checkAccess([[layout.secrets, PRIVATE_FOLDER], ...files.map((path): Guarded => [path, PRIVATE_FILE])], check);
  for (const { name, message } of passwords?.damaged ?? []) {
    tell({ externalId: "", what: `${name}, sealed passwords, does not open: ${message}` });
  }
  for (const { line, externalId, message } of passwords?.problems ?? []) {
    tell({ externalId, what: `line ${line} of passwords.csv: ${message}` });
  }
  // The passwords of a sample's devices are all that was kept of the list.
  if (check.drawn !== undefined) return;
  const strays = [...(passwords?.passwords.keys() ?? [])].filter((externalId) => !known.has(externalId));
  for (const externalId of await withoutDevice(strays, check)) {
    tell({ externalId, what: "passwords.csv lists it, but the lot has no such device" });
  }
}

/** The files with passwords in a lot's folder for them, sealed or not. */
function namesOf(folder: string): readonly string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name === "passwords.csv" || (sealedNumber(name) ?? segmentBatch(name)) !== undefined);
}

/** Tells of what stands in devices/ and belongs to no certificate of the lot. */
export async function checkStrays(known: ReadonlySet<string>, check: Check): Promise<void> {
  const { layout, tell } = check;
  if (!existsSync(layout.devices)) return;
  const strays: string[] = [];
  const folder = opendirSync(layout.devices);
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      const externalId = idOfName(entry.name);
      if (safeName(externalId) !== entry.name) tell(stray("", `${layout.devices}/${entry.name}`));
      else if (!known.has(externalId)) strays.push(externalId);
    }
  } finally {
    folder.closeSync();
  }
  for (const externalId of await withoutDevice(strays, check))
    tell(stray(externalId, deviceFolder(layout, externalId)));
}

function stray(externalId: string, found: string) {
  return { externalId, what: "in devices/, but of no certificate of the lot", found };
}

/** Of these ids, those that still have no certificate in the lot, now that a run beside us has gone on. */
async function withoutDevice(externalIds: readonly string[], check: Check): Promise<readonly string[]> {
  const { ledger, lot } = check;
  if (externalIds.length === 0) return [];
  const open = await openDevices(check);
  const left: string[] = [];
  for (let start = 0; start < externalIds.length; start += 500) {
    const page = externalIds.slice(start, start + 500);
    const known = await ledger.knownDevices(lot, page);
    const minted = new Set(
      known
        .filter((device) => device.lot === lot && device.stage !== "planned" && device.stage !== "rejected")
        .map(({ externalId }) => externalId),
    );
    left.push(...page.filter((externalId) => !minted.has(externalId) && !open.has(externalId)));
  }
  return left;
}
