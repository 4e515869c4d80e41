import { SHOW_TENANT } from "./ask-tenant.ts";
import type { Platform, TrustedCertificate } from "./platform.ts";
import { type Asked, replyMessage } from "./reply-error.ts";
import { CHANGE_TRUST } from "./require-trust-role.ts";

/**
 * How a tenant sees the certificates of a chain:
 * - known: it was asked; `trusted` holds what it has of each, in the order of the chain, undefined where nothing
 * - away: it could not be asked, or refused to say; the message tells why
 */
export type ShownTrust =
  | { readonly kind: "known"; readonly tenant: string; readonly trusted: readonly (TrustedCertificate | undefined)[] }
  | { readonly kind: "away"; readonly message: string };

/** Asks for each certificate of a chain, given by its SHA-1. Changes nothing and never throws for what the platform does. */
export async function showTrust(platform: Platform, chainSha1: readonly string[]): Promise<ShownTrust> {
  const tenant = await platform.currentTenant();
  if (tenant.kind !== "answer") return away(tenant, SHOW_TENANT);
  const trusted: (TrustedCertificate | undefined)[] = [];
  for (const sha1 of chainSha1) {
    const reply = await platform.trustedCertificate(tenant.value.id, sha1);
    if (reply.kind !== "answer") return away(reply, { ...CHANGE_TRUST, doing: "show trusted certificates" });
    trusted.push(reply.value);
  }
  return { kind: "known", tenant: tenant.value.id, trusted };
}

function away(reply: Parameters<typeof replyMessage>[0], asked: Asked): ShownTrust {
  return { kind: "away", message: replyMessage(reply, asked) };
}
