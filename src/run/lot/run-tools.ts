import type { Logger } from "pino";
import type { AuthorityKeys } from "../../authority/authority-key.ts";
import type { KeyAccess, LoadedIssuer } from "../../authority/load-authority.ts";
import type { Home } from "../../disk/layout.ts";
import type { Site } from "../../domain/job.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LockOwner } from "../../ledger/locks.ts";
import type { Platform } from "../../platform/platform.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "../../platform/retry.ts";
import type { Progress } from "./progress.ts";

/** What a run works with: everything that is not a value of its lot. Made once by the command that starts it. */
export interface RunTools {
  readonly home: Home;
  readonly site: Site;
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly owner: LockOwner;
  /** Aborted when the run shall stop after what it has in hand. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /**
   * What opens an authority's key; throws `usage` when no passphrase or PIN is given, `issuer-unusable` for a token that
   * does not let us in. Asked only when something is signed.
   */
  readonly issuerAccess: (authority: string) => Promise<KeyAccess>;
  /** The same with what is at hand, given or asked for before; throws as `issuerAccess` does: nobody is asked. */
  readonly givenAccess: (authority: string) => Promise<KeyAccess>;
  /** What a receipt says of who wrote it. */
  readonly program: Program;
  /** Opens authorities' keys: a key that was proven before anything is written is not opened twice by the run. */
  readonly authorityKeys: AuthorityKeys;
  /** LOTMINT_LOT_PASSWORD; throws `usage` when none is given. */
  readonly lotPassword: () => string;
  /** LOTMINT_POOL_PASSPHRASE; undefined when none is given. Nobody is asked: without it keys are made. */
  readonly poolPassphrase: () => string | undefined;
  /** Opens the site's platform; throws `usage` when the site names none or gives no credentials. */
  readonly openPlatform: () => Promise<Platform>;
  /** Threads that mint. */
  readonly workers: number;
}

/** How a run asks the platform again: until it is told to stop, saying so in the log. */
export function retryPolicy(tools: Pick<RunTools, "signal" | "log">): RetryPolicy {
  return {
    ...DEFAULT_RETRY,
    signal: tools.signal,
    onPause: ({ tried, pauseMs, reply }) =>
      tools.log.debug({ tried, pauseMs, status: reply.status }, `${reply.message}; trying again`),
  };
}

/** lotmint itself, and who runs it. */
export interface Program {
  readonly version: string;
  /** LOTMINT_OPERATOR, else the user's name. */
  readonly operator: () => string;
}

/** What signs receipts, and signed the lot's certificates. */
export type ReceiptSigner = Pick<
  LoadedIssuer,
  "name" | "subject" | "sha256" | "certificateDer" | "chainDer" | "signer"
>;
