import type { Registration } from "../domain/job.ts";
import { SHOW_TENANT } from "./ask-tenant.ts";
import type { CurrentUser, Platform, TrustedCertificate, Unanswered } from "./platform.ts";
import { type Asked, replyMessage } from "./reply-error.ts";
import { READ_OWN_ROLE, REGISTER_ROLE, SEE_IDENTITY_ROLES, SEE_USERS_ROLES, TRUST_ROLES } from "./roles.ts";

/** The issuer whose certificates the platform shall accept. */
export interface PreflightIssuer {
  readonly name: string;
  /** Lower-case hex SHA-1 of its chain, from itself up to its anchor. */
  readonly chainSha1: readonly string[];
  /** SHA-1 -> name, for those of the chain that are authorities of this home: advice goes to the right one. */
  readonly names: Readonly<Record<string, string>>;
}

export interface PreflightOptions {
  readonly mode: Registration["mode"];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The tenant that lotmint.yaml names. */
  readonly tenant?: string | undefined;
}

/**
 * - ready: submission may go ahead in `tenant`; `warnings` are sentences for the report
 * - refused: it would fail, so that nothing should be minted; the message says what to do
 * - unreachable: nothing is known; minting may go ahead
 *
 * `platformTimeMs` is the platform's clock when it answered, in milliseconds since 1970, where the outcome
 * hangs on the time.
 */
export type PreflightOutcome =
  | {
      readonly kind: "ready";
      readonly tenant: string;
      readonly warnings: readonly string[];
      readonly platformTimeMs?: number;
    }
  | { readonly kind: "refused" | "unreachable"; readonly message: string; readonly platformTimeMs?: number };

/** Finds out whether the platform will take the lot: host, login, roles, and trust in the issuer's chain. Changes nothing. */
export async function preflight(
  platform: Platform,
  issuer: PreflightIssuer,
  options: PreflightOptions,
): Promise<PreflightOutcome> {
  const tenantReply = await platform.currentTenant();
  if (tenantReply.kind !== "answer") return turnedDown(tenantReply, SHOW_TENANT);
  const tenant = tenantReply.value.id;
  if (options.tenant !== undefined && options.tenant !== tenant) {
    return refused(`the login belongs to tenant ${tenant}, but platform.tenant is ${options.tenant}: mend one of them`);
  }
  const ready = { kind: "ready", tenant } as const;
  const clock = tenantReply.date === undefined ? {} : { platformTimeMs: tenantReply.date };
  if (options.mode === "none") return { ...ready, ...clock, warnings: [] };

  const userReply = await platform.currentUser();
  if (userReply.kind !== "answer") return turnedDown(userReply, { doing: "show its own user", role: READ_OWN_ROLE });
  const roles = judgeRoles(userReply.value, options.mode);
  if (typeof roles === "string") return refused(roles);

  const trustReply = await platform.trustedCertificates(tenant);
  if (trustReply.kind !== "answer") {
    if (trustReply.kind !== "refused" || trustReply.status !== 403) {
      return turnedDown(trustReply, { doing: "show its trusted certificates", role: TRUST_ROLES.join(" or ") });
    }
    const blind = `user ${userReply.value.userName} may not read the trusted certificates, so that the trust in ${issuer.name} is not checked`;
    return { ...ready, ...clock, warnings: [...roles, blind] };
  }
  const trust = judgeTrust(trustReply.value, issuer, tenant, options);
  // With a clock that is wrong, what it says of validity is wrong as well.
  if (typeof trust === "string") return { ...refused(trust), ...clock };
  return { ...ready, ...clock, warnings: [...roles, ...trust] };
}

/** The reason for a refusal, or the warnings. */
function judgeRoles({ userName, roles }: CurrentUser, mode: Registration["mode"]): string | readonly string[] {
  if (mode !== "bulk") return [];
  if (!roles.includes(REGISTER_ROLE)) {
    return `user ${userName} may not register devices: give it the role ${REGISTER_ROLE}`;
  }
  const sees = (any: readonly string[]) => any.some((role) => roles.includes(role));
  const missing = [SEE_IDENTITY_ROLES, SEE_USERS_ROLES].filter((any) => !sees(any)).map((any) => any[0]);
  if (missing.length === 0) return [];
  return [
    `user ${userName} lacks ${missing.join(" and ")}: ids and uploads without an answer may not be looked up on the platform`,
  ];
}

/** The reason for a refusal, or the warnings. */
function judgeTrust(
  list: readonly TrustedCertificate[],
  issuer: PreflightIssuer,
  tenant: string,
  { mode, now }: PreflightOptions,
): string | readonly string[] {
  const known = list.filter(({ fingerprint }) => issuer.chainSha1.includes(fingerprint));
  const upload = `run \`lotmint authority upload ${issuer.name}\``;
  if (known.length === 0) {
    return `tenant ${tenant} trusts no certificate in the chain of ${issuer.name}: ${upload}`;
  }
  const unexpired = known.filter(({ notAfter }) => notAfter === undefined || !(Date.parse(notAfter) <= now()));
  if (unexpired.length === 0) {
    return `the certificate of ${issuer.name}'s chain that tenant ${tenant} trusts has expired: renew it and ${upload}`;
  }
  const usable = unexpired.filter(({ status }) => status === "ENABLED");
  const nameOf = (certificate: TrustedCertificate | undefined) => issuer.names[certificate?.fingerprint ?? ""];
  if (usable.length === 0) {
    const disabled = unexpired.map(nameOf).find((name) => name !== undefined) ?? issuer.name;
    return `the certificate of ${issuer.name}'s chain in tenant ${tenant} is disabled: enable it there, or run \`lotmint authority upload ${disabled}\``;
  }
  // Of several that are trusted, advice names one whose key may be here.
  const best = usable.find((certificate) => nameOf(certificate) !== undefined) ?? usable[0];
  const registersItself = usable.some(({ autoRegistrationEnabled }) => autoRegistrationEnabled);
  if (mode === "auto" && !registersItself) {
    return `auto registration is off for ${issuer.name} in tenant ${tenant}: run \`lotmint authority upload ${nameOf(best) ?? issuer.name} --auto-registration\``;
  }
  const warnings: string[] = [];
  // With the device's own certificate the chain is one longer than the issuer's.
  if (issuer.chainSha1.length + 1 > 2 && !usable.some(({ proofOfPossessionValid }) => proofOfPossessionValid)) {
    const name = nameOf(best);
    const advice =
      name === undefined
        ? `prove it for ${best?.name || best?.fingerprint}, where that one's key is`
        : `run \`lotmint authority prove ${name}\``;
    warnings.push(`the chain has ${issuer.chainSha1.length + 1} certificates and no proof of possession: ${advice}`);
  }
  if (mode === "bulk" && registersItself) {
    warnings.push(
      `auto registration is on for ${issuer.name} in tenant ${tenant}, so that it also lets in devices that no lot registered`,
    );
  }
  return warnings;
}

function turnedDown(reply: Unanswered, asked: Asked): PreflightOutcome {
  return { kind: reply.kind === "refused" ? "refused" : "unreachable", message: replyMessage(reply, asked) };
}

function refused(message: string): PreflightOutcome {
  return { kind: "refused", message };
}
