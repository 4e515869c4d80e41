import type { AdoptedCertificate, IssuedCertificate, RevocationReason, SerialNumber } from "../domain/certificate.ts";
import type { Device } from "../domain/device.ts";
import type { KnownDevice, Plan, PlannedBatch } from "../domain/plan.ts";
import type { RegistrationRow } from "../domain/registration.ts";
import type { DeviceRecord, RejectRecord } from "../domain/report.ts";
import type { RevokedSerial } from "../domain/revocation.ts";
import type { Stage } from "../domain/stage.ts";

/**
 * What lotmint remembers: lots, devices, certificates, batches, parts, uploads, runs, and an
 * append-only chain of events. Every method is one transaction that is durable when its promise is
 * fulfilled; a rejected promise means that nothing of it was recorded. Methods that take a `LotHold`
 * check its fence first and throw `lot-held` when another run has taken the lot over.
 *
 * Faults: `lot-held`, `state-damaged`, `disk-unwritable`, all `OnboardingError`.
 */
export interface Ledger {
  // -- whose it is
  /** Whose ledger this is. A copy of the file (a snapshot, `cp -r`) has the same identity; a restore opens a generation. */
  identity(): Promise<LedgerIdentity>;
  /** Opens the next generation: what the one before marked as its own has to be taken over. */
  openGeneration(): Promise<LedgerIdentity>;

  // -- locks and runs
  /**
   * Takes the lot for one run. A live holder under the same kernel, in whatever container, is never taken over,
   * however long it sleeps; a dead one is at once, and so is one of an earlier boot. A holder under another kernel is
   * taken over when it has not beaten for `LOCK_PATIENCE_MS`. Else throws `lot-held`, naming host and process.
   * A lot whose name differs only by case or Unicode form is taken under the spelling that came first, which the hold
   * tells; throws `usage` as `lotName`.
   */
  acquireLot(lot: string, owner: LockOwner): Promise<LotHold>;
  /** Shows that the run is alive. */
  beat(hold: LotHold): Promise<void>;
  /** Ends the run and frees the lot; a hold that was taken over is left alone. */
  releaseLot(hold: LotHold, exitCode: number): Promise<void>;

  // -- lots and manifests
  lot(name: string): Promise<LotRecord | undefined>;
  /**
   * How the lot is spelled here that goes by this name, whatever its case and Unicode form; undefined for a new one.
   * An exact spelling is that lot's; throws `usage`, naming all, when the name might mean several (of an old ledger).
   */
  lotName(name: string): Promise<string | undefined>;
  lots(): Promise<readonly LotRecord[]>;
  /** Records the lot's issuer and the job it now works from, as JSON. Makes the lot when it is new. */
  recordJob(
    hold: LotHold,
    job: { readonly issuer: string; readonly name: string; readonly json: string },
  ): Promise<void>;
  /** The manifests that the lot has taken in, oldest first. */
  manifests(lot: string): Promise<readonly ManifestRecord[]>;
  /** What is known of each of these ids, whatever its lot: live ids only, and this lot's own of any stage. */
  knownDevices(lot: string, externalIds: readonly string[]): Promise<readonly KnownDevice[]>;
  /** Live devices of a lot, without those that the platform or a check turned down before minting. */
  countLive(lot: string): Promise<number>;
  /** The live ids of a lot, in pages, for finding out which ones a manifest no longer names. */
  deviceIds(lot: string): AsyncIterable<readonly string[]>;
  /**
   * Takes a whole manifest into the lot in one transaction, or nothing of it. An id that another lot
   * took in the meantime becomes a reject. A full manifest replaces the lot's rejected rows; a mended
   * rejects file replaces those whose lines it names (`lotmint:line`). Devices turned down before they
   * were minted count as such rows. While it runs, reads of this ledger go on and see what was before;
   * other commits wait, so `batches` must not await one. What `batches` throws is thrown on, unchanged.
   */
  absorbManifest(hold: LotHold, manifest: NewManifest, batches: AsyncIterable<PlannedBatch>): Promise<AbsorbedManifest>;

  // -- minting, in the order of docs/issuance.md
  /** The next devices to mint, in manifest order, at most `limit`. */
  plannedDevices(lot: string, limit: number): Promise<readonly PlannedDevice[]>;
  /**
   * Commits the reservations of one batch (planned -> reserved): from here on each serial number is
   * used or abandoned. Throws `state-damaged` if one is taken. Returns the batch's number, unique in the ledger.
   */
  reserveBatch(hold: LotHold, batch: NewBatch): Promise<number>;
  /**
   * Commits a batch as minted (reserved -> minted): the one point of decision. `certificates` holds one
   * for every serial number of the batch that is still reserved. Of a batch that replaces certificates, the
   * old ones are revoked in the same transaction.
   */
  commitMinted(hold: LotHold, batch: number, certificates: readonly MintedDevice[]): Promise<void>;
  /** Records that every folder of a minted batch stands in its final place. */
  commitPlaced(hold: LotHold, batch: number): Promise<void>;
  /** Abandons a batch's serial numbers; its devices are planned again, or keep the certificates that they have. */
  voidBatch(hold: LotHold, batch: number): Promise<void>;
  /** The lot's batches that are reserved or minted but not placed: what a killed run left. */
  openBatches(lot: string): Promise<readonly OpenBatch[]>;
  /** The lot's batches that were committed as minted, placed or not: only their passwords count. */
  mintedBatches(lot: string): Promise<ReadonlySet<number>>;
  /** The lot's batches that were reserved with a password segment and are not open any more, oldest first. */
  passwordBatches(lot: string): Promise<readonly PasswordBatch[]>;
  /** Devices whose present, unrevoked certificate is of this batch, and which have no key of their own: each has a password. */
  passwordDevices(batch: number): Promise<readonly string[]>;
  /** Records that the passwords of these minted batches stand in the lot's list, or in a sealed one, durably. */
  commitListed(hold: LotHold, batches: readonly number[]): Promise<void>;

  // -- certificates outside lots, such as authorities'
  /** Commits a reservation before an authority's certificate is signed. Throws `state-damaged` if the number is taken. */
  reserveSerial(reservation: {
    readonly serialNumber: SerialNumber;
    readonly issuer: string;
    readonly subject: string;
  }): Promise<void>;
  /** Records the certificate that was signed under a reserved serial number; the same may be said again. */
  recordCertificate(certificate: IssuedCertificate): Promise<void>;
  /** Abandons a reserved serial number that was not signed, or of which that is not known. */
  abandonSerial(serialNumber: SerialNumber): Promise<void>;
  /** Serial numbers outside batches that are reserved still: under way, or left by a killed command. */
  openSerials(): Promise<readonly OpenSerial[]>;
  /**
   * Takes in, all or none, certificates that another tool signed under an authority. One that is known
   * already keeps what is known, except that it may have been revoked since. Says how many were new.
   */
  adoptCertificates(issuer: string, certificates: readonly AdoptedCertificate[]): Promise<number>;
  /** How many certificates an authority has issued, revoked and abandoned, those signed by other tools included. */
  countCertificates(issuer: string): Promise<CertificateCounts>;
  certificate(serialNumber: SerialNumber): Promise<CertificateRecord | undefined>;
  /** All certificates for these public keys (SHA-256 of their SubjectPublicKeyInfo, hex), whatever has become of them. */
  publicKeyHolders(publicKeySha256s: readonly string[]): Promise<readonly KeyHolder[]>;
  /** Records an event about something that has no table of its own. `detail` must hold no secret. */
  recordEvent(event: {
    readonly kind: string;
    readonly subject: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }): Promise<void>;

  // -- registration
  /** Devices that are minted and placed but not in a part, in manifest order, at most `limit`. */
  unlistedDevices(lot: string, limit: number): Promise<readonly UnlistedDevice[]>;
  /** Commits a part that is on disk (minted -> listed). `externalIds` in the order of its rows. */
  commitPart(hold: LotHold, part: NewPart, externalIds: readonly string[]): Promise<void>;
  /** The lot's parts, by number. */
  parts(lot: string): Promise<readonly PartRecord[]>;
  /** The devices whose latest row is in this part, in the order of its rows. */
  partDevices(lot: string, part: number): Promise<readonly PartDevice[]>;

  // -- submission
  /** Records whether the platform already had these ids before their first attempt. */
  recordCollisions(
    hold: LotHold,
    answers: readonly { readonly externalId: string; readonly present: boolean }[],
  ): Promise<void>;
  /** Commits the intent to send these devices' rows (listed -> submitted), before they are sent. */
  openUpload(
    hold: LotHold,
    upload: { readonly part: number; readonly externalIds: readonly string[] },
  ): Promise<number>;
  /**
   * Commits what became of an attempt. Devices named in neither list go back to listed; one whose row
   * changed meanwhile, and which is no longer submitted, keeps its stage.
   */
  closeUpload(hold: LotHold, upload: number, outcome: UploadOutcome): Promise<void>;
  /** Attempts without a recorded answer: what a killed run left, or an answer that never came whole. */
  openUploads(lot: string): Promise<readonly OpenUpload[]>;
  /**
   * Devices turned down outside an upload (a collision, a foreign folder): stage rejected, with the
   * reason. Before minting that frees the id, and abandons a reserved serial number. May be said again.
   */
  rejectDevices(hold: LotHold, rejects: readonly DeviceReject[]): Promise<void>;
  /** Rejected devices that are in a part are listed again, so that the next submission sends them. Says how many. */
  relistRejected(hold: LotHold): Promise<number>;

  // -- revoking
  /**
   * What is known of these ids, in whatever lot: of the device that lives under the id, else of the last one
   * that was revoked. Ids without either are left out.
   */
  certifiedDevices(externalIds: readonly string[]): Promise<readonly CertifiedDevice[]>;
  /** The lot's devices that have a certificate which is not revoked, in manifest order, with who issued it. */
  revocableDevices(lot: string): AsyncIterable<readonly { readonly externalId: string; readonly issuer: string }[]>;
  /**
   * Revokes the certificates of these devices of the lot; their ids are free for another lot then. Those
   * without one, and those revoked already, stay as they are. Says how many were revoked.
   */
  revokeDevices(
    hold: LotHold,
    revocation: { readonly reason: RevocationReason; readonly externalIds: readonly string[] },
  ): Promise<number>;
  /** Revokes a certificate outside lots, such as an authority's; false when it is none that is valid. */
  revokeCertificate(revocation: {
    readonly serialNumber: SerialNumber;
    readonly reason: RevocationReason;
  }): Promise<boolean>;

  /** Whether this very certificate is revoked, also one that another tool signed. */
  isRevoked(certificate: { readonly serialNumber: SerialNumber; readonly sha256: string }): Promise<boolean>;

  // -- replacing certificates
  /** What the next certificates of these devices of a lot are made from, for those that have one. In manifest order. */
  remintDevices(lot: string, externalIds: readonly string[]): Promise<readonly RemintDevice[]>;
  /**
   * Commits the reservations of a batch that replaces the devices' certificates; until it is committed as
   * minted, the devices stay as they are. Throws `usage` for a revoked device whose id another lot has.
   */
  reserveRemint(hold: LotHold, batch: NewRemint): Promise<number>;
  /** Replacing batches that are committed as minted, but whose revocations are not known to be published. */
  openRemints(lot: string): Promise<readonly OpenRemint[]>;
  /** The batch's revocations are published; may be said again. */
  closeRemint(hold: LotHold, batch: number): Promise<void>;
  /** How many certificates of the lot took another one's place. */
  countReworks(lot: string): Promise<number>;
  /** Live devices of the lot whose row asks for another subject than their certificate has, in manifest order. */
  subjectChanges(lot: string): Promise<readonly string[]>;

  // -- revocation lists
  /** What belongs into an issuer's revocation list, abandoned serial numbers included, by serial number. */
  revokedSerials(issuer: string): AsyncIterable<readonly RevokedSerial[]>;
  revocationList(issuer: string): Promise<RevocationListState>;
  /** Commits the next number of an issuer's revocation lists, before that list is signed; they grow (RFC 5280, 5.2.3). */
  reserveCrl(issuer: string): Promise<number>;
  /** Records the list that was written under a reserved number. */
  recordCrl(list: {
    readonly issuer: string;
    readonly number: number;
    readonly entries: number;
    readonly sha256: string;
    readonly thisUpdateMs: number;
    readonly nextUpdateMs: number;
  }): Promise<void>;
  /** Lots with batches under this issuer that are neither placed nor void. */
  lotsUnderWay(issuer: string): Promise<readonly string[]>;
  /** Serial numbers of an issuer's list that this platform has not taken yet, from `after` on, at most `limit`. */
  unpushedSerials(query: {
    readonly issuer: string;
    readonly platform: string;
    /** A serial number; "" for the start. */
    readonly after: string;
    readonly limit: number;
  }): Promise<readonly RevokedSerial[]>;
  /** How many serial numbers of an issuer's list no platform has taken. */
  countUnpushed(issuer: string): Promise<number>;
  /** Commits the intent to tell a platform of these serial numbers, before they are sent. */
  openPush(push: {
    readonly issuer: string;
    readonly platform: string;
    readonly serialNumbers: readonly SerialNumber[];
  }): Promise<number>;
  /** Commits what became of it. */
  closePush(
    push: number,
    outcome: {
      readonly kind: "answered" | "refused" | "unknown";
      readonly message?: string;
      readonly serialNumbers: readonly SerialNumber[];
    },
  ): Promise<void>;

  // -- reading
  countByStage(lot: string): Promise<Readonly<Record<Stage, number>>>;
  countLotCertificates(lot: string): Promise<CertificateCounts>;
  /** The authorities that have signed certificates of a lot; the last one that signed stands last. */
  lotIssuers(lot: string): Promise<readonly string[]>;
  /** Bad rows and rejected devices together, by line. */
  rejects(lot: string): AsyncIterable<readonly RejectRecord[]>;
  /** Devices with a certificate, in manifest order. */
  devices(lot: string): AsyncIterable<readonly DeviceRecord[]>;
  /** The recorded state of some devices, for `check`; in manifest order. */
  mintedDevices(lot: string): AsyncIterable<readonly MintedRecord[]>;
  /** One uploaded attempt a record, oldest first. */
  uploads(lot: string): Promise<readonly UploadRecord[]>;
  /** Digest of the newest event, and its time; undefined for an empty ledger. */
  head(): Promise<{ readonly digest: string; readonly atMs: number } | undefined>;
  /** Whether the chain has an event with this digest; if not, its end was cut off, or it is an older copy. */
  hasEvent(digest: string): Promise<boolean>;
  /** Writes the ledger as it stands into a new file, 0600, while others go on; gives the digest of its newest event. */
  copyTo(path: string): Promise<string>;
  /** When anything was last reserved or signed, by this machine's clock then; undefined: never. */
  lastSignedAtMs(): Promise<number | undefined>;
  /** Walks the event chain from its start, which costs little; throws `state-damaged` naming the first event that does not fit. */
  verifyLinks(): Promise<void>;
  /**
   * Checks the file, walks the event chain from its start and holds the certificates against it; throws
   * `state-damaged` naming the first event that does not fit.
   */
  verifyEvents(): Promise<{ readonly events: number; readonly head: string }>;
  close(): Promise<void>;
}

/** A holder under another kernel that has not beaten for this long is taken for dead. */
export const LOCK_PATIENCE_MS = 60_000;
/** How often a run beats. */
export const LOCK_BEAT_MS = 10_000;

/** Who holds a lot: enough to tell whether that process still lives. */
export interface LockOwner {
  readonly host: string;
  /** The kernel's boot id: a process of another boot is dead. */
  readonly bootId: string;
  readonly pid: number;
  /** The process's start time as the kernel tells it, so that a reused number is not taken for it. */
  readonly processStart: string;
}

/** A taken lot; every commit of the run shows it. */
export interface LotHold {
  readonly lot: string;
  readonly run: number;
  /** Grows with every taking of the lot. */
  readonly fence: number;
}

export interface LotRecord {
  readonly name: string;
  readonly issuer: string;
  readonly jobName: string;
  readonly jobJson: string;
  readonly createdAtMs: number;
  /** Exit code of the last ended run; null before. */
  readonly lastExitCode: number | null;
  readonly lastRunAtMs: number | null;
  /** Present while a run holds the lot. */
  readonly heldBy: LockOwner | null;
}

export interface NewManifest {
  readonly sha256: string;
  /** The file's name, for people. */
  readonly name: string;
  /** full: the lot's whole manifest; mended: a rejects file that came back. */
  readonly kind: "full" | "mended";
  /** Column order of the file, for rejects.csv. */
  readonly header: readonly string[];
  /** For a mended file: the lines of the lot's rejects that it replaces, known once it has been read. */
  readonly replacesLines?: () => Iterable<number>;
}

export interface ManifestRecord {
  readonly number: number;
  readonly sha256: string;
  readonly name: string;
  readonly kind: "full" | "mended";
  readonly header: readonly string[];
  readonly rows: number;
  readonly absorbedAtMs: number;
}

export interface AbsorbedManifest {
  readonly plan: Plan;
}

/** A device as it goes into minting. */
export interface PlannedDevice extends Pick<Device, "externalId" | "line" | "subject" | "certificateRequest"> {}

export interface LedgerIdentity {
  /** 32 hex digits. */
  readonly ledger: string;
  /** The present generation: its number, and 16 hex digits that no other restore of the same backup has. */
  readonly generation: string;
  /** Those before it. */
  readonly earlier: readonly string[];
}

/** A batch with passwords, as putting the lists together sees it. */
export interface PasswordBatch {
  readonly number: number;
  readonly state: "minted" | "placed" | "void";
  /** File name of its segment. */
  readonly segment: string;
  /** unrecorded: of a ledger from before this was kept. */
  readonly listed: "no" | "yes" | "unrecorded";
}

export interface NewBatch {
  readonly issuer: string;
  /** What its password segment is named by, besides the batch's number (`segmentName`); without it the batch has no passwords. */
  readonly segment?: string;
  readonly devices: readonly { readonly externalId: string; readonly serialNumber: SerialNumber }[];
}

export interface MintedDevice extends IssuedCertificate {
  readonly externalId: string;
  /** File name -> SHA-256 hex, of every file in the device's folder. */
  readonly files: Readonly<Record<string, string>>;
}

export interface OpenBatch {
  readonly number: number;
  readonly state: "reserved" | "minted";
  /** File name of its password segment. */
  readonly segment?: string;
  readonly devices: readonly {
    readonly externalId: string;
    readonly serialNumber: SerialNumber;
    /** The serial number whose place it takes, for a device that had a certificate before. */
    readonly replaces?: SerialNumber;
  }[];
}

/** A device as revoking sees it. */
export interface CertifiedDevice {
  readonly externalId: string;
  readonly lot: string;
  readonly stage: Stage;
  /** Of its certificate; null while it has none. */
  readonly serialNumber: SerialNumber | null;
  readonly issuer: string | null;
  readonly revoked: boolean;
}

/** A device as it goes into its next minting: the subject is the one that its latest row asks for. */
export interface RemintDevice extends PlannedDevice {
  readonly replaces: SerialNumber;
  /** True for a device that keeps its own key, and whose row brought no new request since. */
  readonly lacksNewRequest: boolean;
}

export interface NewRemint extends NewBatch {
  readonly reason: RevocationReason;
  /** Send the devices' rows to the platform again. */
  readonly register: boolean;
  /** Tell the platform of the old serial numbers. */
  readonly push: boolean;
}

export interface OpenRemint {
  readonly batch: number;
  readonly push: boolean;
  readonly devices: readonly {
    readonly externalId: string;
    readonly serialNumber: SerialNumber;
    /** The old certificate's serial number, and who issued it. */
    readonly replaces: SerialNumber;
    readonly issuer: string;
  }[];
}

/** How an issuer's newest revocation list stands against what is revoked. */
export interface RevocationListState {
  /** Entries that a list written now would have, and how many of them are revoked rather than abandoned. */
  readonly due: number;
  readonly revoked: number;
  readonly written: {
    readonly number: number;
    readonly entries: number;
    readonly sha256: string;
    readonly thisUpdateMs: number;
    readonly nextUpdateMs: number;
  } | null;
}

export interface UnlistedDevice {
  readonly externalId: string;
  readonly registration: RegistrationRow;
}

export interface NewPart {
  readonly number: number;
  readonly sha256: string;
  /** Group paths that its rows name. */
  readonly paths: readonly string[];
}

export interface PartRecord extends NewPart {
  readonly rows: number;
  /** Devices of it that are neither confirmed nor rejected nor revoked, nor moved on to a later part. */
  readonly open: number;
  /** True once any attempt of it has been answered. */
  readonly answered: boolean;
}

export interface PartDevice {
  readonly externalId: string;
  readonly stage: Stage;
  /** Index of its row in the part, from 0. */
  readonly row: number;
  readonly idType: string;
  /** Whether the platform had the id before our first attempt; null: not asked yet. */
  readonly presentBefore: boolean | null;
  /** True once any attempt, answered or not, held its row. */
  readonly sentBefore: boolean;
  /** True once it was confirmed, under this row or an earlier one. */
  readonly confirmedBefore: boolean;
}

export interface DeviceReject {
  readonly externalId: string;
  readonly reason: string;
}

export interface UploadOutcome {
  /** answered: 201 and understood; refused: turned down whole; busy: not taken, send again; unknown: no complete answer. */
  readonly kind: "answered" | "refused" | "busy" | "unknown";
  /** HTTP status, when there was one. */
  readonly status?: number;
  /** The platform's words, or the fault's; never credentials. */
  readonly message?: string;
  readonly confirmed: readonly string[];
  readonly rejected: readonly DeviceReject[];
  /** Ids answered as overwritten that we had never sent. */
  readonly overwritten?: readonly string[];
}

export interface OpenUpload {
  readonly upload: number;
  readonly part: number;
  readonly externalIds: readonly string[];
}

export interface UploadRecord {
  readonly upload: number;
  readonly part: number;
  readonly rows: number;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly kind: UploadOutcome["kind"] | null;
  readonly status: number | null;
  readonly message: string | null;
  readonly confirmed: number;
  readonly rejected: number;
  readonly overwritten: readonly string[];
}

export interface OpenSerial {
  readonly serialNumber: SerialNumber;
  readonly issuer: string;
  readonly subject: string;
  readonly reservedAtMs: number;
}

export interface CertificateCounts {
  /** Every certificate that was signed, those revoked since included. */
  readonly issued: number;
  readonly revoked: number;
  readonly abandoned: number;
}

export interface CertificateRecord {
  readonly serialNumber: SerialNumber;
  /** This and the two digests: null until a certificate has been recorded. */
  readonly notAfterMs: number | null;
  readonly sha256: string | null;
  readonly publicKeySha256: string | null;
  readonly issuer: string;
  readonly lot: string | null;
  readonly externalId: string | null;
  readonly state: "reserved" | "issued" | "revoked" | "abandoned";
}

/** A certificate that holds a public key: a device's, or with `lot` null an authority's or another tool's. */
export interface KeyHolder {
  readonly publicKeySha256: string;
  readonly issuer: string;
  readonly lot: string | null;
  readonly externalId: string | null;
  /** In words; null for a device's, whose subject has its id for CN. */
  readonly subject: string | null;
}

export interface MintedRecord extends IssuedCertificate {
  readonly externalId: string;
  readonly line: number;
  readonly stage: Stage;
  readonly subjectDigest: string;
  readonly part: number | null;
  readonly partRow: number | null;
  readonly registration: RegistrationRow;
  readonly files: Readonly<Record<string, string>>;
}
