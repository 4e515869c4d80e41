import type { Logger } from "pino";
import type { Home } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { WatchControl } from "../watch/watch-control.ts";
import type { ListenAddress } from "./access/listen-address.ts";
import type { PageTokens } from "./access/token-roles.ts";
import type { PreviewModel } from "./model.ts";
import type { WatchRecord } from "./watch-record.ts";

/** Where and to whom the page is served; checked before. */
export interface PageSettings {
  readonly address: ListenAddress;
  /** PEM. Absent: plain HTTP, for loopback addresses only. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Absent: nobody has to sign in, for loopback addresses only. */
  readonly tokens?: PageTokens;
}

/** How long a client may take, in milliseconds; tests have shorter ones. */
export interface PageLimits {
  /** Until the headers of a request are there. */
  readonly headersMs: number;
  /** For all of a request: 512 MB over a slow line. */
  readonly requestMs: number;
  /** That a connection stays open without a request. */
  readonly idleMs: number;
  /** That nothing comes in the middle of an upload. */
  readonly silentMs: number;
  /** Between two looks at the connections. */
  readonly checkMs: number;
}

export const PAGE_LIMITS: PageLimits = {
  headersMs: 10_000,
  requestMs: 30 * 60_000,
  idleMs: 30_000,
  silentMs: 30_000,
  checkMs: 2_000,
};

/** What a preview is made of, without what the page itself knows of it. */
export type Forecast = Omit<PreviewModel, "id" | "file">;

/** What the page works with. */
export interface PageTools {
  readonly home: Home;
  readonly log: Logger;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that does not jump. */
  readonly monotonic: () => number;
  readonly control: WatchControl;
  /** What the watcher has told since it was started. */
  readonly record: WatchRecord;
  /** The ledger, to look into it. */
  readonly useLedger: <T>(act: (ledger: Ledger) => Promise<T>) => Promise<T>;
  /** False: the site names no platform, so that nothing can be sent. */
  readonly hasPlatform: boolean;
  /** What a run of this file would do, had it been dropped under this name; what keeps it from being started is its `problem`. */
  readonly forecast: (file: { readonly path: string; readonly name: string }) => Promise<Forecast>;
}
