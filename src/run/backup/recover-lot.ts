import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readableAuthorities } from "../../authority/load-authority.ts";
import { moveInto, syncFolder } from "../../disk/durable.ts";
import {
  batchFolder,
  deviceFolder,
  type Home,
  idOfName,
  type LotLayout,
  lotLayout,
  partFile,
  safeName,
} from "../../disk/layout.ts";
import type { IssuedCertificate, Subject } from "../../domain/certificate.ts";
import type { Device } from "../../domain/device.ts";
import type { KnownDevice, PlannedBatch } from "../../domain/plan.ts";
import type { Stage } from "../../domain/stage.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotLease } from "../../ledger/locks.ts";
import type { MintedDevice, OpenBatch } from "../../ledger/minting.ts";
import { subjectDigest } from "../../plan/digests.ts";
import { isIssuedBy } from "../../x509/is-signed-by.ts";
import { readName } from "../../x509/name-der.ts";
import { readPemCertificates } from "../../x509/pem.ts";
import { readCertificate } from "../../x509/read-certificate.ts";
import { adoptLastReceipt } from "./adopt-last-receipt.ts";

/** What a lot's folder held that the ledger did not know. */
export interface RecoveredLot {
  /** Devices whose certificates the ledger knows from now on. */
  readonly devices: readonly string[];
  /** Devices that were given a new certificate after the backup: it is recorded, and they have to be reminted. */
  readonly reminted: readonly string[];
  /** Folders that are of no authority of this home, or cannot be read; they are left alone. */
  readonly foreign: readonly string[];
  /** Serial numbers of certificates in devices/ that have no device in the ledger, whenever they were taken in. */
  readonly alone: readonly string[];
  /** The authorities that signed what was taken in. */
  readonly issuers: readonly string[];
}

/** A certificate in devices/ that the ledger does not know. */
interface Found {
  readonly minted: MintedDevice;
  readonly issuer: string;
  readonly subject: Subject;
}

const PAGE = 250;
const UNCONFIRMED: ReadonlySet<Stage> = new Set(["minted", "listed", "submitted"]);
/** A device whose row the ledger does not have is held back until its manifest is run. */
const WAITS = "taken in from output/ after a restore; run its manifest again to register it";

/**
 * After a restore: makes the ledger know every certificate that stands in a lot's folder and that one of this
 * home's authorities has signed. Batches that were under way when the backup was made, and whose devices are
 * all there, count as minted. Repeating it changes nothing.
 */
export async function recoverLot(
  ledger: Ledger,
  lease: LotLease,
  home: Home,
  secretsFolder?: string,
): Promise<RecoveredLot> {
  const layout = lotLayout(home, lease.lot, secretsFolder);
  for (const batch of await ledger.openBatches(lease.lot)) await finishBatch(ledger, lease, layout, batch);
  setPartsAside(layout, (await ledger.parts(lease.lot)).length);
  const issuers = readableAuthorities(home).map(({ name, certificateDer }) => ({ name, der: certificateDer }));
  const taken = {
    devices: [] as string[],
    reminted: [] as string[],
    foreign: [] as string[],
    alone: [] as string[],
    issuers: new Set<string>(),
  };
  const names = existsSync(layout.devices) ? readdirSync(layout.devices) : [];
  for (let start = 0; start < names.length; start += PAGE) {
    const found: Found[] = [];
    for (const name of names.slice(start, start + PAGE)) {
      const minted = readMinted(join(layout.devices, name), idOfName(name));
      const record = minted && (await ledger.certificate(minted.serialNumber));
      if (record !== undefined && record.lot !== null) continue;
      const one = minted && withIssuer(minted, join(layout.devices, name), issuers);
      if (record !== undefined) {
        if (one !== undefined) taken.alone.push(record.serialNumber);
        continue;
      }
      if (one === undefined) taken.foreign.push(join(layout.devices, name));
      else {
        found.push(one);
        taken.issuers.add(one.issuer);
      }
    }
    await takeIn(ledger, lease, found, taken);
  }
  await claimUnconfirmed(ledger, lease);
  await adoptLastReceipt(ledger, lease, home, layout);
  return { ...taken, issuers: [...taken.issuers] };
}

/** What was sent after the backup is on the platform and ours, though the ledger does not know that it was sent. */
async function claimUnconfirmed(ledger: Ledger, lease: LotLease): Promise<void> {
  for await (const page of ledger.mintedDevices(lease.lot)) {
    const open = page.filter(({ stage }) => UNCONFIRMED.has(stage));
    await claim(
      ledger,
      lease,
      open.map(({ externalId }) => externalId),
    );
  }
}

async function claim(ledger: Ledger, lease: LotLease, externalIds: readonly string[]): Promise<void> {
  await ledger.recordCollisions(
    lease,
    externalIds.map((externalId) => ({ externalId, present: false })),
  );
}

/** A reserved batch all of whose devices have their folders was committed after the backup was made. */
async function finishBatch(ledger: Ledger, lease: LotLease, layout: LotLayout, batch: OpenBatch): Promise<void> {
  // One whose devices were all rejected is given up as any other.
  if (batch.state !== "reserved" || batch.devices.length === 0) return;
  const minted: MintedDevice[] = [];
  for (const { externalId, serialNumber } of batch.devices) {
    const places = [deviceFolder(layout, externalId), join(batchFolder(layout, batch.number), safeName(externalId))];
    const one = places
      .map((place) => readMinted(place, externalId))
      .find((read) => read?.serialNumber === serialNumber);
    if (one === undefined) return;
    minted.push(one);
  }
  await ledger.commitMinted(lease, batch.number, minted);
}

/** Parts that were cut after the backup may have been sent: they stay, under names that no part will get. */
function setPartsAside(layout: LotLayout, known: number): void {
  let moved = false;
  for (let number = known + 1; existsSync(partFile(layout, number)); number++) {
    moveInto(partFile(layout, number), partFile(layout, number).replace(/part-(\d+)\.csv$/, "before-restore-$1.csv"));
    moved = true;
  }
  if (moved) syncFolder(layout.registration);
}

async function takeIn(
  ledger: Ledger,
  lease: LotLease,
  found: readonly Found[],
  taken: Record<"devices" | "reminted" | "foreign" | "alone", string[]>,
): Promise<void> {
  if (found.length === 0) return;
  const ids = found.map(({ minted }) => minted.externalId);
  const known = new Map((await ledger.knownDevices(lease.lot, ids)).map((device) => [device.externalId, device]));
  const fresh: Found[] = [];
  for (const one of found) {
    const device = known.get(one.minted.externalId);
    if (device !== undefined && device.lot !== lease.lot) taken.foreign.push(one.minted.externalId);
    else if (device?.minted === true || device?.stage === "revoked") await recordAlone(ledger, one, taken);
    else fresh.push(one);
  }
  await planUnknown(
    ledger,
    lease,
    fresh.filter(({ minted }) => !known.has(minted.externalId)),
  );
  for (const issuer of new Set(fresh.map((one) => one.issuer))) {
    const batch = fresh.filter((one) => one.issuer === issuer).map(({ minted }) => minted);
    const number = await ledger.reserveBatch(lease, { issuer, devices: batch });
    await ledger.commitMinted(lease, number, batch);
    await ledger.commitPlaced(lease, number);
  }
  const takenIds = fresh.map(({ minted }) => minted.externalId);
  const waiting = takenIds.filter((externalId) => !isPlanned(known.get(externalId)));
  if (waiting.length > 0) {
    await claim(ledger, lease, waiting);
    await ledger.rejectDevices(
      lease,
      waiting.map((externalId) => ({ externalId, reason: WAITS })),
    );
  }
  taken.devices.push(...takenIds);
}

function isPlanned(device: KnownDevice | undefined): boolean {
  return device?.stage === "planned";
}

/** The newer certificate of a device that has another in the ledger: accounted for, without a place of its own. */
async function recordAlone(
  ledger: Ledger,
  { minted, issuer }: Found,
  taken: Record<"reminted" | "alone", string[]>,
): Promise<void> {
  const { serialNumber, externalId } = minted;
  await ledger.reserveSerial({ serialNumber, issuer, subject: `CN=${externalId}` });
  await ledger.recordCertificate(minted);
  taken.reminted.push(externalId);
  taken.alone.push(serialNumber);
}

/** Devices of a manifest that came after the backup: planned with what their certificates say. */
async function planUnknown(ledger: Ledger, lease: LotLease, found: readonly Found[]): Promise<void> {
  if (found.length === 0) return;
  const decisions = found.map(({ minted: { externalId }, subject }) => {
    const device: Device = {
      externalId,
      line: 0,
      cells: { id: externalId },
      subject,
      registration: { type: "", name: externalId, agent: true, properties: {}, externalIds: {} },
    };
    return { kind: "mint", device, subjectDigest: subjectDigest(subject), registrationDigest: "" } as const;
  });
  const batch: PlannedBatch = { decisions, rejected: [] };
  const sha256 = createHash("sha256")
    .update(found.map(({ minted }) => minted.serialNumber).join())
    .digest("hex");
  await ledger.absorbManifest(
    lease,
    { sha256, name: "taken in after a restore", kind: "mended", header: ["id"] },
    (async function* () {
      yield batch;
    })(),
  );
}

/** What a device's folder says of its certificate; undefined when it says nothing that can be read. */
function readMinted(folder: string, externalId: string): MintedDevice | undefined {
  try {
    const der = leafOf(folder);
    const { serialNumber, notAfterMs, spki } = readCertificate(der);
    const certificate: IssuedCertificate = {
      serialNumber,
      notAfterMs,
      sha256: createHash("sha256").update(der).digest("hex"),
      publicKeySha256: createHash("sha256").update(spki).digest("hex"),
    };
    const digest = (name: string) =>
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex");
    return {
      ...certificate,
      externalId,
      files: Object.fromEntries(readdirSync(folder).map((name) => [name, digest(name)])),
    };
  } catch {
    return undefined;
  }
}

function leafOf(folder: string): Buffer {
  const [der] = readPemCertificates(readFileSync(join(folder, "certificate.pem"), "utf8"));
  if (der === undefined) throw new Error("no certificate");
  return der;
}

/** Only what an authority of this home has signed, for the very id that its folder names, is taken in. */
function withIssuer(
  minted: MintedDevice,
  folder: string,
  issuers: readonly { readonly name: string; readonly der: Buffer }[],
): Found | undefined {
  const der = leafOf(folder);
  const issuer = issuers.find((authority) => isIssuedBy(der, authority.der));
  const subject: Subject = readName(readCertificate(der).subject).flatMap((rdn) =>
    rdn.flatMap(({ attribute, value }) =>
      attribute === undefined ? [] : [{ attribute, value: value.toString("utf8") }],
    ),
  );
  const isItself = subject.some(({ attribute, value }) => attribute === "CN" && value === minted.externalId);
  return issuer === undefined || !isItself ? undefined : { minted, issuer: issuer.name, subject };
}
