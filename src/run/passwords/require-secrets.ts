import { readSealRecipient } from "../../authority/foreign/seal-recipient.ts";
import { type KeyAccess, proveIssuerKey, requireUsableIssuer } from "../../authority/load-authority.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import { loadTruststore } from "../lot/load-truststore.ts";
import type { RunTools } from "../lot/run-tools.ts";

/**
 * Makes sure that all is at hand with which a run of this job mints: the issuer's key opens, the lot's password, the
 * certificate that seals passwords, the truststore and the platform's login are there. It writes nothing. Throws
 * `usage` for what is missing, `issuer-unusable` for a passphrase that does not fit; of an issuer
 * that is unusable anyway, that is told rather than that its passphrase is missing.
 */
export async function requireSecrets(tools: RunTools, job: Job): Promise<void> {
  const { home, now } = tools;
  const access = await accessOf(tools, job.issuer);
  // Its dates are judged once it is known that this machine's clock is right.
  proveIssuerKey(home, job.issuer, access, tools.authorityKeys);
  if (job.passwords === "per-lot") tools.lotPassword();
  else if (job.secrets.sealTo !== undefined) readSealRecipient(job.secrets.sealTo, now());
  if (job.truststore !== undefined) loadTruststore(home, job.truststore, now());
  if (job.registration.mode === "none" || !job.submit.enabled) return;
  await (await tools.openPlatform()).close();
}

async function accessOf({ home, now, site, issuerAccess }: RunTools, issuer: string): Promise<KeyAccess> {
  try {
    return await issuerAccess(issuer);
  } catch (error) {
    // An issuer that no passphrase makes usable is told first; a stop at the prompt is none of this.
    if (error instanceof OnboardingError && error.code === "usage") {
      requireUsableIssuer(home, issuer, now(), site.maxChain);
    }
    throw error;
  }
}
