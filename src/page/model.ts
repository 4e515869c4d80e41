import type { Stage } from "../domain/stage.ts";
import type { ScheduledRun, WatchedWork, WorkProgress } from "../watch/watch-control.ts";

/** What the page shows, as plain values. Nothing secret is ever in it; every string is text, not HTML. */
export const PAGE_STATES = ["waiting", "running", "stopped", "done", "partial", "failed"] as const;

/**
 * - waiting: its file lies in input/work and waits for its turn, or is tried again later
 * - running: a run has it in hand
 * - stopped: an operator has stopped it; it goes on when it is resumed
 * - done: the last run did all that was asked
 * - partial: done, and some devices are rejected
 * - failed: the last run ended with an error
 */
export type PageState = (typeof PAGE_STATES)[number];

/** How far the step has come that a run is at: what the watcher says of it. */
export type ProgressModel = WorkProgress;

/** One sample of the rate of a run. */
export type RateSample = WatchedWork["rates"][number];

/** A lot in the list. */
export interface LotCard {
  /** The lot's name, or `file:NAME` while the lot of a dropped file is not known. */
  readonly key: string;
  /** The lot's name; the file's while the lot is not known. */
  readonly lot: string;
  /** False while only a file is known: there is no page of its own yet. */
  readonly hasPage: boolean;
  readonly state: PageState;
  /** True from the moment that it is asked to stop until its batches in hand are finished. */
  readonly stopping: boolean;
  readonly job: string | null;
  /** The file that the watcher has in hand for it. */
  readonly file: string | null;
  readonly issuer: string | null;
  /** Of the last ended run. */
  readonly exitCode: number | null;
  /** Why it waits or has failed, as one sentence without a full stop; null where there is nothing to say. */
  readonly problem: string | null;
  readonly devices: number;
  /** Devices for which everything that the job asks for is done. */
  readonly finished: number;
  /** Bad rows and rejected devices together. */
  readonly rejects: number;
  readonly progress: ProgressModel | null;
  readonly taktSeconds: number | null;
  /** Of its last change, milliseconds since 1970; the newest stands first. */
  readonly atMs: number;
  readonly may: { readonly stop: boolean; readonly resume: boolean; readonly sendAgain: boolean };
}

export interface AuthorityModel {
  readonly name: string;
  readonly issued: number;
  readonly notAfterMs: number | null;
  /** Whole days left until `notAfterMs`; negative once it has passed. */
  readonly daysLeft: number | null;
  /** First day (YYYY-MM-DD) on which the certificates of some job would outlive the authority. */
  readonly outlivedFrom: string | null;
  /** Certificates signed each day (UTC), for the last 30 days on which it signed, the oldest first. */
  readonly history: readonly { readonly day: string; readonly issued: number }[];
  /** Why its certificate cannot be read or used. */
  readonly problem: string | null;
}

/** What all pages show besides their own matter. */
export interface FrameModel {
  /** False for a visitor who may look only: no form is shown. */
  readonly mayAct: boolean;
  /** True where there is a session to sign out of. */
  readonly signedIn: boolean;
}

export interface HomeModel extends FrameModel {
  /** Of this page of the list, at most `PAGE_SIZE`. */
  readonly cards: readonly LotCard[];
  /** Of all lots that match `search`, by state. */
  readonly counts: Readonly<Record<PageState, number>>;
  /** Lots that match `filter` and `search`. */
  readonly total: number;
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  readonly filter: PageState | null;
  /** Part of a lot's name, or "". */
  readonly search: string;
  readonly authorities: readonly AuthorityModel[];
  readonly schedules: readonly ScheduledRun[];
  /** The one preview that is open; null: none. */
  readonly preview: PreviewModel | null;
}

/** Cards on one page of the list. */
export const PAGE_SIZE = 50;

export interface RejectModel {
  readonly line: number;
  readonly externalId: string;
  /** The manifest's name of the column; null where the whole row is wrong or the reason does not say. */
  readonly column: string | null;
  /** The cell's content; null where there is none or its column is secret. */
  readonly cell: string | null;
  readonly reason: string;
  /** What to do about it, as one sentence; null where the reason says it. */
  readonly cure: string | null;
}

/** Names of the files that a lot's page offers. */
export const DOWNLOADS = ["rejects.csv", "report.html", "receipt", "receipt.p7s"] as const;
export type DownloadName = (typeof DOWNLOADS)[number];

export interface LotModel extends FrameModel {
  readonly card: LotCard;
  readonly counts: Readonly<Record<Stage, number>>;
  /** The first 200, by line. */
  readonly rejects: readonly RejectModel[];
  readonly rejectsTotal: number;
  /** By general reason. */
  readonly rejectsByReason: Readonly<Record<string, number>>;
  /** The rate over the run in hand, or of the last one while the watcher remembers it; oldest first. */
  readonly rates: readonly RateSample[];
  readonly downloads: readonly DownloadName[];
  /** What the last report says that the reader should know. */
  readonly notes: readonly string[];
}

export interface CertificateModel {
  readonly serialNumber: string;
  readonly sha256: string | null;
  readonly issuer: string;
  readonly notBeforeMs: number | null;
  readonly notAfterMs: number | null;
  readonly state: "reserved" | "valid" | "revoked" | "replaced" | "abandoned";
  readonly reason: string | null;
  readonly atMs: number | null;
}

export interface DeviceEntry {
  readonly externalId: string;
  readonly lot: string;
  readonly line: number | null;
  readonly stage: Stage;
  readonly rejectReason: string | null;
  readonly certificates: readonly CertificateModel[];
  readonly events: readonly { readonly atMs: number; readonly kind: string }[];
}

/** What was found for an id or a serial number. */
export interface DeviceModel extends FrameModel {
  readonly query: string;
  /** Empty: nothing is known by that name. */
  readonly devices: readonly DeviceEntry[];
  /** Why nothing could be looked up; null: it could. */
  readonly problem: string | null;
}

/** A manifest that was handed to the page, as `lotmint plan` sees it; nothing has been started. */
export interface PreviewModel {
  /** Of this preview, for its addresses. */
  readonly id: string;
  /** The name that it was handed in under. */
  readonly file: string;
  readonly lot: string | null;
  readonly job: string | null;
  readonly issuer: string | null;
  readonly rows: number;
  /** Certificates that a run would make. */
  readonly toMint: number;
  /** Rows of devices that the lot has already. */
  readonly known: number;
  readonly rejected: number;
  /** Rejected rows by general reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first 20 rejected rows. */
  readonly rejects: readonly RejectModel[];
  /** Why it cannot be started, with the cure; null: it can. */
  readonly problem: string | null;
  readonly notes: readonly string[];
}

export interface PreviewPageModel extends FrameModel {
  readonly preview: PreviewModel;
}

/** A page that says what went wrong. */
export interface ErrorModel extends FrameModel {
  /** The HTTP status. */
  readonly status: number;
  readonly kind:
    | "bad-request"
    | "sign-in"
    | "wrong-token"
    | "too-many-tries"
    | "forbidden"
    | "not-found"
    | "too-large"
    | "disk-full"
    | "conflict"
    | "busy"
    | "failed";
  /** One sentence; in English, since the program's own messages are. */
  readonly message: string;
}

/** The page that asks for the token. */
export interface SignInModel {
  /** What was wrong with the last try; null: it is the first one. */
  readonly problem: "wrong-token" | "too-many-tries" | null;
  /** Seconds until the next try is looked at. */
  readonly waitSeconds: number | null;
  /** Where to go afterwards: a path of this page. */
  readonly next: string;
}

/** The named event `lots` of the stream at /events. */
export interface LotsEvent {
  /** Cards as HTML, in the stream's language, by `key`. */
  readonly html: Readonly<Record<string, string>>;
  readonly counts: Readonly<Record<PageState, number>>;
  /** Keys of cards that are no more. */
  readonly removed: readonly string[];
  /** At the beginning of a stream: keys of all cards that are no lots of the ledger. A card of that kind with another key is no more. */
  readonly loose?: readonly string[];
}
