import type { Stage } from "../../../domain/stage.ts";
import type { CertificateModel, DownloadName, ErrorModel, PageState } from "../../model.ts";

/** All that the page says in one language. A text that a language lacks is an error of the compiler. */
export interface Texts {
  readonly title: string;
  readonly toContent: string;
  readonly allLots: string;
  readonly signIn: string;
  readonly signOut: string;
  readonly lookOnly: string;

  readonly states: Readonly<Record<PageState, string>>;
  readonly stopping: string;
  readonly stages: Readonly<Record<Stage, string>>;
  readonly downloads: Readonly<Record<DownloadName, string>>;
  readonly certificateStates: Readonly<Record<CertificateModel["state"], string>>;
  /** By the names that the program gives to the steps of a run. */
  readonly rooms: Readonly<Record<string, string>>;

  readonly lots: string;
  readonly lotsByState: string;
  readonly everyState: string;
  readonly noLots: string;
  readonly noLotsFound: string;
  readonly findLot: string;
  readonly findDevice: string;
  readonly search: string;
  readonly showAll: string;
  readonly pages: string;
  readonly newer: string;
  readonly older: string;
  pageOf(page: string, pages: string): string;

  readonly newLot: string;
  /** The name of the file input. */
  readonly manifest: string;
  readonly dropHint: string;
  readonly preview: string;
  readonly dropHere: string;
  readonly oneFile: string;
  readonly uploading: string;
  readonly reading: string;
  readonly uploadFailed: string;
  readonly cancel: string;

  previewOf(file: string): string;
  readonly nothingStarted: string;
  readonly start: string;
  readonly discard: string;
  readonly started: string;
  readonly cannotStart: string;
  readonly rows: string;
  readonly toMint: string;
  readonly known: string;
  readonly lot: string;
  readonly job: string;
  readonly issuer: string;
  readonly file: string;
  readonly lastChange: string;

  readonly devices: string;
  readonly finished: string;
  readonly rejected: string;
  readonly stop: string;
  readonly resume: string;
  readonly sendAgain: string;
  readonly asked: string;

  readonly progress: string;
  ofTotal(done: string, total: string): string;
  left(time: string): string;
  readonly aFewSeconds: string;
  rate(perSecond: string): string;
  readonly rateTitle: string;
  readonly takt: string;
  taktOf(seconds: string): string;
  readonly fasterThanTakt: string;
  readonly slowerThanTakt: string;
  readonly now: string;
  readonly slowest: string;
  readonly fastest: string;
  readonly needed: string;
  readonly noRates: string;

  readonly stagesTitle: string;
  readonly noDevices: string;
  readonly rejectsTitle: string;
  readonly rejectedRows: string;
  readonly reason: string;
  readonly line: string;
  readonly id: string;
  readonly column: string;
  readonly cell: string;
  readonly wholeRow: string;
  more(count: string): string;
  readonly moreInFile: string;
  readonly downloadsTitle: string;
  readonly notes: string;

  readonly authorities: string;
  readonly noAuthorities: string;
  issued(count: string): string;
  daysLeft(days: string): string;
  readonly expired: string;
  ends(day: string): string;
  outlivedFrom(day: string): string;
  issuedEachDay(name: string): string;
  perDay(count: string, day: string): string;

  readonly schedules: string;
  readonly nextRun: string;
  readonly never: string;

  readonly devicePage: string;
  noDevice(query: string): string;
  readonly certificates: string;
  readonly serialNumber: string;
  readonly fingerprint: string;
  readonly valid: string;
  readonly state: string;
  readonly stage: string;
  readonly history: string;
  readonly noCertificates: string;

  readonly connectionLost: string;
  readonly connectionBack: string;
  readonly reload: string;
  readonly failedAct: string;
  /** Several lots changed at once. */
  readonly severalChanged: string;

  readonly errors: Readonly<Record<ErrorModel["kind"], { readonly title: string; readonly advice: string }>>;
  readonly token: string;
  readonly tokenHint: string;
  readonly wrongToken: string;
  tooManyTries(seconds: string): string;
}
