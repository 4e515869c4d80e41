import { availableParallelism } from "node:os";
import type { Logger } from "pino";
import type { TokenSlot } from "../authority/hsm/find-slot.ts";
import type { Pkcs11Uri } from "../authority/hsm/pkcs11-uri.ts";
import type { Token } from "../authority/hsm/token.ts";
import type { KeyAccess } from "../authority/load-authority.ts";
import { operatorName } from "../config/operator.ts";
import { readSite, type SiteFile } from "../config/read-site.ts";
import type { CredentialSecrets } from "../config/secrets.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Ledger, LedgerFile } from "../ledger/ledger.ts";
import type { Governor } from "../platform/governor.ts";
import type { Platform, PlatformReply } from "../platform/platform.ts";
import type { Program, RunTools } from "../run/lot/run-tools.ts";
import { findPassphrase } from "./find-passphrase.ts";
import { type KeyAccessOptions, makeUsedTokens, openKeyAccess } from "./key-access.ts";
import { limitArenas } from "./limit-arenas.ts";
import { limitYoungGeneration } from "./limit-young-generation.ts";
import { type CliProcess, type LookContext, type LookOptions, makeLookContext, useAndClose } from "./look-context.ts";
import { platformLogin } from "./platform-login.ts";
import { showProgress } from "./progress.ts";

/** What every command has at hand that does more than looking. */
export interface CliContext extends LookContext {
  readonly log: Logger;
  readonly program: Program;
  /** From now on the first Ctrl-C is answered in the log; asked for by commands that have batches in hand. */
  readonly tellStop: () => void;
  /** lotmint.yaml, read once. */
  readonly site: () => SiteFile;
  /** Opens the ledger for the length of `use`, making it where there is none. */
  readonly withLedger: <T>(use: (ledger: LedgerFile) => Promise<T>) => Promise<T>;
  /** The passphrase of an authority's key: from the environment, a file, or a question on the terminal. */
  readonly passphrase: (
    authority: string,
    options: { readonly file?: string; readonly confirm?: boolean },
  ) => Promise<string>;
  /**
   * What opens the key of an authority that is there: its passphrase, or the token that it is in. Errors of a token are
   * `issuer-unusable`; without a passphrase or PIN it is `usage`.
   */
  readonly keyAccess: (authority: string, options?: KeyAccessOptions) => Promise<KeyAccess>;
  /** The token that a PKCS#11 URI names, logged in. Errors as of `keyAccess`. */
  readonly openToken: (uri: Pkcs11Uri) => Promise<Token>;
  /** The same without logging in; no PIN is needed. */
  readonly lookAtToken: (uri: Pkcs11Uri) => Promise<TokenSlot>;
  /** Closes the tokens that were opened; the context does no more then. */
  readonly closeTokens: () => void;
  /**
   * The site's platform with the credentials from the environment; without any, the user's password is asked for once
   * on a terminal, unless `ask` is false. Throws `usage` without a platform or a login.
   */
  readonly openPlatform: (options?: {
    readonly ask?: boolean;
    /** Hears of every answer, for counting. */
    readonly onReply?: (reply: PlatformReply) => void;
  }) => Promise<Platform>;
}

/** Refuses a home that is not fit for `use` (see `requireHome`); touches nothing else. */
export function makeContext(
  around: CliProcess,
  options: LookOptions & { readonly log: Logger; readonly version: string },
): CliContext {
  const look = makeLookContext(around, options);
  const { home, statusLine } = look;
  let site: SiteFile | undefined;
  let typedLogin: Promise<CredentialSecrets> | undefined;
  /** By address: every lot and check of this process that has to do with a platform asks it at one common pace. */
  const governors = new Map<string, Governor>();
  const readSiteOnce = () => {
    site ??= readSite(home);
    return site;
  };
  const tokens = makeUsedTokens(around, home, readSiteOnce, statusLine);
  return {
    ...look,
    log: options.log,
    program: { version: options.version, operator: () => operatorName() },
    tellStop: stopTeller(around.signal, options.log),
    site: readSiteOnce,
    withLedger: async (use) => {
      const { openHomeLedger } = await import("./open-home-ledger.ts");
      return useAndClose(await openHomeLedger(home, around.now), use);
    },
    passphrase: (authority, { file, confirm = false }) => {
      statusLine.clear();
      return findPassphrase(around, home, authority, { file, confirm });
    },
    keyAccess: (authority, options = {}) => openKeyAccess(around, home, tokens, authority, options),
    openToken: (uri) => tokens.open(uri, true),
    lookAtToken: (uri) => tokens.look(uri),
    closeTokens: () => tokens.close(),
    openPlatform: async ({ ask = true, onReply } = {}) => {
      const { platform } = readSiteOnce();
      if (platform === undefined) {
        throw new OnboardingError(`${home.siteFile} names no platform; add "platform: { url: https://… , user: … }"`, {
          code: "usage",
        });
      }
      const { openPlatform } = await import("../platform/http/http-platform.ts");
      const { makeGovernor } = await import("../platform/governor.ts");
      const governor = governors.get(platform.url) ?? makeGovernor();
      governors.set(platform.url, governor);
      const options = { governor, ...(onReply && { onReply }) };
      // What is typed is kept, and asked for once; a file is read anew each time, since a service outlives a password.
      if (!ask || around.secrets.hasPlatformLogin()) {
        return openPlatform(platform, await platformLogin(around, platform, false), options);
      }
      typedLogin ??= platformLogin(around, platform, true);
      return openPlatform(platform, await typedLogin, options);
    },
  };
}

/** Says once, at the first signal, that the batches in hand are finished first. */
function stopTeller(signal: AbortSignal, log: Logger): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const tell = () => log.info("stopping: finishing the batches in hand; press Ctrl-C again to stop at once");
    signal.addEventListener("abort", tell, { once: true });
  };
}

/** The tools of a run, over an open ledger. */
export async function makeRunTools(
  context: CliContext,
  ledger: Ledger,
  passphraseFile: string | undefined,
): Promise<RunTools> {
  const { currentLockOwner } = await import("../ledger/lock-owner.ts");
  const { keysOfRun } = await import("../authority/authority-key.ts");
  const accesses = new Map<string, Promise<KeyAccess>>();
  context.tellStop();
  limitYoungGeneration();
  limitArenas();
  return {
    home: context.home,
    site: context.site(),
    ledger,
    log: context.log,
    now: context.now,
    owner: currentLockOwner(),
    signal: context.signal,
    onProgress: showProgress(context.statusLine, context.log, context.now),
    issuerAccess: (name) => {
      // Asked once, however often it signs: certificates first, a revocation list later.
      const asked = accesses.get(name) ?? context.keyAccess(name, { file: passphraseFile });
      accesses.set(name, asked);
      return asked;
    },
    givenAccess: async (name) =>
      (await accesses.get(name)?.catch(() => undefined)) ??
      context.keyAccess(name, { file: passphraseFile, ask: false }),
    program: context.program,
    authorityKeys: keysOfRun(),
    lotPassword: () => context.secrets.lotPassword(),
    poolPassphrase: () => context.secrets.poolPassphrase(),
    openPlatform: context.openPlatform,
    workers: availableParallelism(),
  };
}
