import { DEFAULT_ID_TYPE } from "../../domain/registration.ts";
import type { MintedRecord } from "../../ledger/reading.ts";
import { askTenant } from "../../platform/ask-tenant.ts";
import type { Platform, Reply } from "../../platform/platform.ts";
import type { PlatformView } from "./diagnose-device.ts";

/** The option that makes the platform look into its own revocation list; off unless somebody sets it. */
export const REVOCATION_OPTION = { category: "configuration", key: "crl.offline.check.enabled" } as const;

/** What the platform's lists say, the same for all devices of a lot. */
export type LotView = Pick<PlatformView, "tenant" | "trusted" | "revoked" | "checksRevocation">;

/**
 * Reads the platform's lists; what the user may not read is undefined. Throws `platform-refused` and
 * `platform-unreachable` when not even the tenant is shown.
 */
export async function viewPlatform(platform: Platform): Promise<LotView> {
  const tenant = await askTenant(platform);
  const { category, key } = REVOCATION_OPTION;
  const option = await platform.tenantOption(category, key);
  return {
    tenant,
    trusted: answered(await platform.trustedCertificates(tenant)),
    revoked: answered(await platform.revokedSerials()),
    checksRevocation: option.kind === "answer" ? option.value === "true" : undefined,
  };
}

/** The lists, and whether the platform has this device. */
export async function viewDevice(
  platform: Platform,
  view: LotView,
  { externalId, registration }: Pick<MintedRecord, "externalId" | "registration">,
): Promise<PlatformView> {
  const idType = registration.idType ?? DEFAULT_ID_TYPE;
  return {
    ...view,
    idType,
    hasUser: answered(await platform.hasDeviceUser(view.tenant, externalId)),
    hasExternalId: answered(await platform.hasExternalId(idType, externalId)),
  };
}

function answered<T>(reply: Reply<T>): T | undefined {
  return reply.kind === "answer" ? reply.value : undefined;
}
