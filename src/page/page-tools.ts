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
  /** What a run of this file would do, had it been dropped under this name; what keeps it from being started is its `problem`. */
  readonly forecast: (file: { readonly path: string; readonly name: string }) => Promise<Forecast>;
}
