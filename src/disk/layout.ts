import { createHash } from "node:crypto";
import { join } from "node:path";
import { foldLotName } from "../domain/lot.ts";

/** Names that Windows keeps for devices, whatever the ending, and whatever spaces stand before it. */
const RESERVED_ON_WINDOWS = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)/i;

/**
 * A folder or file name for an id: the id itself where that is safe on Linux and Windows, else
 * percent-encoded. Never a path, never empty; different names for ids that differ by more than case.
 */
export function safeName(id: string): string {
  const encoded = id.replace(/[\u0000-\u001f\u007f<>:"/\\|?*%]/g, percent);
  const ended = encoded.replace(/[. ]$/, percent);
  if (ended === "") return "%";
  return isDeviceName(ended) ? percent(ended.charAt(0)) + ended.slice(1) : ended;
}

/** True for names that lead to a device on Windows, in whatever folder: CON, NUL.txt. */
export function isDeviceName(name: string): boolean {
  return RESERVED_ON_WINDOWS.test(name);
}

/** The id that `safeName` made a name of; any other name gives some id, whose own name is another. */
export function idOfName(name: string): string {
  return name.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** The folders and files of one home, by name. Nothing here touches the disk. */
export interface Home {
  readonly root: string;
  readonly siteFile: string;
  readonly jobs: string;
  readonly input: string;
  readonly output: string;
  readonly state: string;
  readonly ledger: string;
  readonly authorities: string;
  /** The certificates that `truststore fetch` has pinned, PEM. */
  readonly pinnedCertificates: string;
  /** Keys that were made beforehand, sealed. */
  readonly keyPool: string;
  /** What runs have completed, signed, by number. */
  readonly receipts: string;
  /** Lock files for work that only one process may do at a time; the kernel releases a lock with its process. */
  readonly locks: string;
  /** Where a restore is made, and what the one restore into this home holds: not in state/, which has to be empty for it. */
  readonly restoring: { readonly folder: string; readonly lock: string; readonly state: string };
}

export function homeLayout(root: string): Home {
  const state = join(root, "state");
  const restoring = join(root, ".restoring");
  return {
    root,
    siteFile: join(root, "lotmint.yaml"),
    jobs: join(root, "jobs"),
    input: join(root, "input"),
    output: join(root, "output"),
    state,
    ledger: join(state, "ledger.sqlite"),
    authorities: join(state, "authorities"),
    pinnedCertificates: join(state, "truststore", "platform.pem"),
    keyPool: join(state, "key-pool"),
    receipts: join(state, "receipts"),
    locks: join(state, "locks"),
    restoring: { folder: restoring, lock: join(restoring, "lock"), state: join(restoring, "state") },
  };
}

/** state/key-pool/pool.json: whose the pool is, and what its passphrase is checked by. */
export function poolHeader(folder: string): string {
  return join(folder, "pool.json");
}

/** state/key-pool/<algorithm>/ */
export function poolFolder(folder: string, algorithm: string): string {
  return join(folder, algorithm);
}

/** state/key-pool/<algorithm>/<segment>: sealed keys, in slots of one size. */
export function poolSegment(folder: string, algorithm: string, segment: string): string {
  return join(poolFolder(folder, algorithm), segment);
}

/** Held by the one process that fills the pool; not in its folder, which is destroyed when another pool begins. */
export function poolLock(home: Home): string {
  return join(home.locks, "key-pool");
}

/** state/sandbox/: what the stand-in platform goes on with when it is started again. */
export interface SandboxLayout {
  readonly folder: string;
  readonly record: string;
  /** Of its user, as LOTMINT_PLATFORM_PASSWORD_FILE takes it. */
  readonly password: string;
  /** For `platform.caFile`. */
  readonly ca: string;
  /** Held by the one sandbox of the home. */
  readonly lock: string;
}

export function sandboxLayout(home: Home): SandboxLayout {
  const folder = join(home.state, "sandbox");
  return {
    folder,
    record: join(folder, "sandbox.json"),
    password: join(folder, "password"),
    ca: join(folder, "ca.pem"),
    lock: join(home.locks, "sandbox"),
  };
}

/** state/authorities/<name>/ */
export interface AuthorityLayout {
  readonly folder: string;
  readonly certificate: string;
  readonly chain: string;
  readonly key: string;
  readonly crlPem: string;
  readonly crlDer: string;
  /** The entries of a list while it is being written. */
  readonly crlEntries: string;
  readonly description: string;
  readonly request: string;
  /** Copies of what it signed for other organisations, by serial number. */
  readonly issued: string;
}

export function authorityLayout(home: Home, name: string): AuthorityLayout {
  const folder = join(home.authorities, name);
  return {
    folder,
    certificate: join(folder, "certificate.pem"),
    chain: join(folder, "chain.pem"),
    key: join(folder, "key.pem"),
    crlPem: join(folder, "crl.pem"),
    crlDer: join(folder, "crl.der"),
    crlEntries: join(folder, "crl.entries.new"),
    description: join(folder, "authority.yaml"),
    request: join(folder, "request.pem"),
    issued: join(folder, "issued"),
  };
}

/** A receipt and its detached signature. */
export interface ReceiptFiles {
  readonly json: string;
  readonly signature: string;
}

/** state/receipts/NNNNNN-<lot>.json and .p7s */
export function receiptFiles(folder: string, number: number, lot: string): ReceiptFiles {
  const name = safeName(lot);
  const fits = Buffer.byteLength(name) <= LONGEST_NAME_PART;
  const part = fits ? name : createHash("sha256").update(name).digest("hex");
  const stem = join(folder, `${String(number).padStart(6, "0")}-${part}`);
  return { json: `${stem}.json`, signature: `${stem}.p7s` };
}

/** Longer names would leave no room for what SQLite, or a file written aside, appends to them. */
const LONGEST_NAME_PART = 200;

/** The file that the run of a lot holds; one for all spellings that differ by case or Unicode form alone. */
export function lotLockFile(locks: string, lot: string): string {
  const name = safeName(foldLotName(lot));
  const fits = Buffer.byteLength(name) <= LONGEST_NAME_PART;
  return join(locks, `lot-${fits ? name : createHash("sha256").update(name).digest("hex")}`);
}

/** output/<lot>/ and state/lots/<lot>/ */
export interface LotLayout {
  readonly folder: string;
  readonly devices: string;
  /** Batches that are being made; empty when no run is under way. */
  readonly work: string;
  /** Folders of replaced certificates, until they are destroyed. */
  readonly replaced: string;
  readonly secrets: string;
  readonly secretsWork: string;
  readonly passwords: string;
  readonly registration: string;
  readonly rejects: string;
  readonly devicesCsv: string;
  readonly reportJson: string;
  readonly reportHtml: string;
  /** Copies of the lot's last receipt. */
  readonly receipt: ReceiptFiles;
  /** Copies of manifests and of the resolved job. */
  readonly state: string;
  readonly jobCopy: string;
}

/** `secretsFolder` is where passwords go when they travel apart; the lot gets a folder of its own in it. */
export function lotLayout(home: Home, lot: string, secretsFolder?: string): LotLayout {
  const name = safeName(lot);
  const folder = join(home.output, name);
  const secrets = secretsFolder === undefined ? join(folder, "secrets") : join(secretsFolder, name);
  const state = join(home.state, "lots", name);
  return {
    folder,
    devices: join(folder, "devices"),
    work: join(folder, ".work"),
    replaced: join(folder, ".work", "old"),
    secrets,
    secretsWork: join(secrets, ".work"),
    passwords: join(secrets, "passwords.csv"),
    registration: join(folder, "registration"),
    rejects: join(folder, "rejects.csv"),
    devicesCsv: join(folder, "devices.csv"),
    reportJson: join(folder, "report.json"),
    reportHtml: join(folder, "report.html"),
    receipt: { json: join(folder, "receipt.json"), signature: join(folder, "receipt.p7s") },
    state,
    jobCopy: join(state, "job.json"),
  };
}

/** output/<lot>/truststore.p12, and so on: one for the whole lot. */
export function lotTruststore(lot: LotLayout, name: string): string {
  return join(lot.folder, name);
}

/** output/<lot>/.work/<batch>/ */
export function batchFolder(lot: LotLayout, batch: number): string {
  return join(lot.work, String(batch).padStart(6, "0"));
}

/** output/<lot>/.work/old/<id>-<serial>/ */
export function replacedFolder(lot: LotLayout, externalId: string, serialNumber: string): string {
  return join(lot.replaced, `${safeName(externalId)}-${serialNumber}`);
}

/** The file that holds one batch's passwords, by its name: while it is made, and once it counts. */
export function passwordSegment(lot: LotLayout, name: string): { readonly making: string; readonly placed: string } {
  return { making: join(lot.secretsWork, name), placed: join(lot.secrets, name) };
}

/** `part` tells it from the segments of every other ledger, and of every copy of this one (`segmentPart`). */
export function segmentName(batch: number, part: string): string {
  return `segment-${String(batch).padStart(6, "0")}-${part}.csv`;
}

/** What a segment is named by besides its batch: the ledger's id, shortened, and a random part (hex). */
export function segmentPart(ledger: string, random: string): string {
  return `${ledger.slice(0, 8)}-${random}`;
}

/** The batch whose passwords a file of the secrets folder holds, whosever it is; undefined for any other file. */
export function segmentBatch(name: string): number | undefined {
  const number = /^segment-(\d{6,})(-[0-9a-f]{8}-[0-9a-f]+)?\.csv$/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** False for a segment of a version before names told ledgers apart: another home may have one of the same name. */
export function isNamedApart(segment: string): boolean {
  return segment.split("-").length > 2;
}

/** True for a segment that this ledger, or a copy of it, has made. */
export function isSegmentOf(ledger: string, name: string): boolean {
  return segmentBatch(name) !== undefined && name.split("-")[2] === ledger.slice(0, 8);
}

/** Says whose a folder in output/ or in a folder for passwords is. */
export function ownerMark(folder: string): string {
  return join(folder, ".lotmint-owner.json");
}

/** Passwords that are sealed, as runs have left them: number 1 first. */
export function sealedPasswords(lot: LotLayout, number: number): string {
  return join(lot.secrets, `passwords-${String(number).padStart(4, "0")}.csv.cms`);
}

/** The number of a file with sealed passwords; undefined for any other file of the secrets folder. */
export function sealedNumber(name: string): number | undefined {
  const number = /^passwords-(\d{4,})\.csv\.cms$/.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
}

export function deviceFolder(lot: LotLayout, externalId: string): string {
  return join(lot.devices, safeName(externalId));
}

export function partFile(lot: LotLayout, part: number): string {
  return join(lot.registration, `part-${String(part).padStart(4, "0")}.csv`);
}

/** The lot's own copy of a manifest that it took in, by the digest of its content. */
export function manifestCopy(lot: LotLayout, sha256: string): string {
  return join(lot.state, `manifest-${sha256.slice(0, 16)}.csv`);
}

/** input/ as the drop folder, with what `watch` keeps in state/. */
export interface DropLayout {
  readonly input: string;
  /** Files that a lot has been begun with, or waits for. */
  readonly work: string;
  readonly done: string;
  readonly rejected: string;
  /** What is remembered of each file in work/. */
  readonly claims: string;
  /** When each scheduled job has run. */
  readonly schedule: string;
  /** Held by the one watcher of this home. */
  readonly watchLock: string;
}

export function dropLayout(home: Home): DropLayout {
  const { input, state } = home;
  return {
    input,
    work: join(input, "work"),
    done: join(input, "done"),
    rejected: join(input, "rejected"),
    claims: join(state, "claims"),
    schedule: join(state, "schedule.json"),
    watchLock: join(state, "watch.lock"),
  };
}

/** state/webhook/: events that the webhook's receiver has not taken yet, and those that are set aside. */
export interface SpoolLayout {
  readonly folder: string;
  readonly aside: string;
}

export function spoolLayout(home: Home): SpoolLayout {
  const folder = join(home.state, "webhook");
  return { folder, aside: join(folder, "aside") };
}

/** state/webhook/<number>-<id>.json: in the order of their numbers. */
export function spoolFile(number: number, id: string): string {
  return `${String(number).padStart(12, "0")}-${id}.json`;
}

/** state/page/: manifests that were handed to the page and are not started yet; whatever a killed watcher left there goes. */
export function pageUploads(home: Home): string {
  return join(home.state, "page");
}

/** The record of a file in work/; by digest, since any name that a file may have has to fit. */
export function claimFile(drop: DropLayout, workName: string): string {
  return join(drop.claims, `${createHash("sha256").update(workName).digest("hex").slice(0, 32)}.json`);
}

/** What lies beside a file in done/ or rejected/, and says how its lot stands. */
export function resultFiles(path: string): { readonly text: string; readonly json: string } {
  return { text: `${path}.result.txt`, json: `${path}.result.json` };
}

/** What lies beside a file in work/ that waits for something, and says for what. */
export function waitingFile(path: string): string {
  return `${path}.waiting.txt`;
}
