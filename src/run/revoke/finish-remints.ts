import type { LotLease } from "../../ledger/locks.ts";
import type { Platform } from "../../platform/platform.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { isPublished, type Published, publishRevocations } from "./publish-revocations.ts";

/**
 * The last steps of every remint of the lot that is not finished, also of one that was killed: the old
 * certificates' revocation lists, and the platform where it was to be told. What cannot be done now, for want
 * of a passphrase or of a platform, stays open for the next run; without `push` the platform is left out for
 * good. Undefined: there was nothing to finish.
 */
export async function finishRemints(tools: RunTools, lease: LotLease, push: boolean): Promise<Published | undefined> {
  const { ledger } = tools;
  const open = await ledger.openRemints(lease.lot);
  if (open.length === 0) return undefined;
  const issuers = [...new Set(open.flatMap(({ devices }) => devices.map(({ issuer }) => issuer)))];
  const pushing = push && tools.site.platform !== undefined && open.some((remint) => remint.push);
  const published = await withPlatform(tools, pushing, (platform) => publishRevocations(tools, issuers, platform));
  for (const remint of open) {
    if (isPublished(published, remint.push && push)) await ledger.closeRemint(lease, remint.batch);
  }
  return published;
}

async function withPlatform<T>(
  tools: RunTools,
  wanted: boolean,
  use: (platform: Platform | undefined) => Promise<T>,
): Promise<T> {
  if (!wanted) return use(undefined);
  const platform = await tools.openPlatform();
  try {
    return await use(platform);
  } finally {
    await platform.close();
  }
}
