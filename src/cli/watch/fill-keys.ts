import { availableParallelism } from "node:os";
import { OnboardingError } from "../../domain/error.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { WatchCalls } from "../../watch/watch-options.ts";
import type { CliContext } from "../context.ts";
import { fillHomePool } from "../keys/fill-home-pool.ts";
import type { SharedLedger } from "./share-ledger.ts";

/** Fills the key pool for the watcher, until the signal; nothing where the site wants none. Nobody is asked for a passphrase. */
export function fillKeysBeside(context: CliContext, ledgers: SharedLedger): Pick<WatchCalls, "fillKeys"> {
  const { home, log, secrets } = context;
  const wanted = context.site().keyPool;
  if (wanted === undefined) return {};
  let told = false;
  const fillKeys = async (signal: AbortSignal): Promise<void> => {
    const passphrase = secrets.poolPassphrase();
    if (passphrase === undefined) {
      if (!told) {
        log.warn("the key pool is not filled: set LOTMINT_POOL_PASSPHRASE or LOTMINT_POOL_PASSPHRASE_FILE");
      }
      told = true;
      return;
    }
    const options = {
      home,
      wanted,
      signal,
      threads: availableParallelism(),
      useLedger: ledgers.use,
      passphrase: async () => passphrase,
      onForeign: (reason: string) => log.warn({ pool: home.keyPool }, `the key pool is begun anew: ${reason}`),
    };
    try {
      for (const { algorithm, available, added } of await fillHomePool(options)) {
        if (added > 0)
          log.info(
            { algorithm, added, available },
            `${added} ${nounFor(added, "key")} of ${algorithm} ${nounFor(added, "was", "were")} made beforehand`,
          );
      }
    } catch (error) {
      // `lotmint keys fill` is at it.
      if (!(error instanceof OnboardingError) || error.code !== "lot-held") throw error;
    }
  };
  return { fillKeys };
}
