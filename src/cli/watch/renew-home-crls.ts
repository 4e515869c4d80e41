import { listAuthorities } from "../../authority/load-authority.ts";
import { renewCrls } from "../../run/revoke/renew-crls.ts";
import type { CliContext } from "../context.ts";
import type { SharedLedger } from "./share-ledger.ts";

/**
 * Makes the revocation lists anew that are at half of their life or do not say everything, for the issuers whose
 * passphrase came with the environment. What keeps it from doing so is told once, and again when it changes.
 */
export function renewHomeCrls(context: CliContext, ledgers: SharedLedger): () => Promise<void> {
  const { home, log, now } = context;
  const told = new Map<string, string>();
  return async () => {
    const issuers = listAuthorities(home)
      .filter(({ state }) => state === "ready")
      .map(({ name }) => name);
    const tools = { home, now, issuerAccess: context.keyAccess };
    for (const outcome of await ledgers.use((ledger) => renewCrls({ ...tools, ledger }, issuers))) {
      const { issuer } = outcome;
      const reason =
        outcome.kind === "skipped" ? outcome.reason : outcome.kind === "failed" ? outcome.error.message : "";
      if (outcome.kind === "written") log.info({ issuer }, `the revocation list of ${issuer} is renewed`);
      if (reason !== "" && told.get(issuer) !== reason)
        log.warn({ issuer, reason }, `the revocation list of ${issuer} is not renewed: ${reason}`);
      told.set(issuer, reason);
    }
  };
}
