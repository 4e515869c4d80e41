import { existsSync, opendirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PRIVATE_FILE, PRIVATE_FOLDER } from "../../disk/durable.ts";
import { deviceFolder, idOfName, safeName, sealedNumber, segmentBatch } from "../../disk/layout.ts";
import { inPages } from "../../domain/in-pages.ts";
import { checkAccess, type Guarded } from "./check-access.ts";
import { type Check, openDevices, throwIfStopped } from "./check-scope.ts";

const IDS_A_PAGE = 1000;

/** Tells who may read passwords.csv, its lines that are none, and passwords of devices that the lot does not have. */
export async function checkPasswordList(check: Check): Promise<void> {
  const { passwords, tell, layout } = check;
  const files = namesOf(layout.secrets).map((name) => join(layout.secrets, name));
  checkAccess([[layout.secrets, PRIVATE_FOLDER], ...files.map((path): Guarded => [path, PRIVATE_FILE])], check);
  for (const { name, message } of passwords?.damaged ?? []) {
    tell({ externalId: "", what: `${name}, sealed passwords, does not open: ${message}` });
  }
  for (const { line, externalId, message } of passwords?.problems ?? []) {
    tell({ externalId, what: `line ${line} of passwords.csv: ${message}` });
  }
  if (check.drawn !== undefined) return;
  for await (const externalId of withoutDevice(passwords?.ids() ?? [], check)) {
    tell({ externalId, what: "passwords.csv lists it, but the lot has no such device" });
  }
}

/** The files with passwords in a lot's folder for them, sealed or not. */
function namesOf(folder: string): readonly string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name === "passwords.csv" || (sealedNumber(name) ?? segmentBatch(name)) !== undefined);
}

/** Tells of what stands in devices/ and belongs to no certificate of the lot. */
export async function checkStrays(check: Check): Promise<void> {
  const { layout, tell } = check;
  if (!existsSync(layout.devices)) return;
  const strange = (name: string) => tell(stray("", `${layout.devices}/${name}`));
  for await (const externalId of withoutDevice(idsOfFolders(layout.devices, strange), check)) {
    tell(stray(externalId, deviceFolder(layout, externalId)));
  }
}

/** The ids whose folders are in devices/; a name that is no id's goes to `strange`. */
function* idsOfFolders(devices: string, strange: (name: string) => void): Generator<string> {
  const folder = opendirSync(devices);
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      const externalId = idOfName(entry.name);
      if (safeName(externalId) === entry.name) yield externalId;
      else strange(entry.name);
    }
  } finally {
    folder.closeSync();
  }
}

function stray(externalId: string, found: string) {
  return { externalId, what: "in devices/, but of no certificate of the lot", found };
}

/** Of these ids, those that have no certificate in the lot, nor get one by a run beside us. */
async function* withoutDevice(externalIds: Iterable<string>, check: Check): AsyncGenerator<string> {
  for (const page of inPages(externalIds, IDS_A_PAGE)) {
    throwIfStopped(check.signal);
    const strange = await strangeIn(page, check);
    if (strange.length === 0) continue;
    const open = await openDevices(check);
    // What was in the making has perhaps been made by now.
    const still = new Set(await strangeIn(strange, check));
    yield* strange.filter((externalId) => still.has(externalId) && !open.has(externalId));
  }
}

async function strangeIn(page: readonly string[], { ledger, lot }: Check): Promise<readonly string[]> {
  const known = await ledger.knownDevices(lot, page);
  const own = new Set(
    known
      .filter(({ stage, minted, ...of }) => of.lot === lot && (minted || (stage !== "planned" && stage !== "rejected")))
      .map(({ externalId }) => externalId),
  );
  return page.filter((externalId) => !own.has(externalId));
}
