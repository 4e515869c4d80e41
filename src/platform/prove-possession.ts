import { OnboardingError } from "../domain/error.ts";
import type { Platform, TrustedCertificate } from "./platform.ts";
import { replyError } from "./reply-error.ts";
import { CHANGE_TRUST, requireTrustRole } from "./require-trust-role.ts";

export interface PossessionToProve {
  /** The authority's, for messages. */
  readonly name: string;
  /** Lower-case hex SHA-1 of its certificate. */
  readonly sha1: string;
  /** Signs the code's text with the certificate's key; asked for only when there is something to prove. Base64. */
  readonly sign: (code: string) => Promise<string>;
}

export interface ProvenPossession {
  /** already: it was proven before, and nothing was signed. */
  readonly kind: "proven" | "already";
  readonly certificate: TrustedCertificate;
}

/**
 * Proves to the platform that we have the key of a trusted certificate: signs its verification code, a
 * new one where that has run out. Doing it again changes nothing. Takes a `retrying` platform. Throws `platform-refused` or
 * `platform-unreachable`, and what `sign` throws.
 */
export async function provePossession(
  platform: Platform,
  tenant: string,
  authority: PossessionToProve,
  now: () => number,
): Promise<ProvenPossession> {
  const { name, sha1 } = authority;
  await requireTrustRole(platform);
  const found = await readBack(platform, tenant, authority);
  if (found.proofOfPossessionValid) return { kind: "already", certificate: found };

  const submit = async (from: TrustedCertificate) => {
    const signedCode = await authority.sign(codeOf(from, authority));
    return platform.provePossession(tenant, sha1, signedCode);
  };
  const isFresh = isUsable(found, now());
  let reply = await submit(isFresh ? found : await renew(platform, tenant, sha1));
  // By the platform's clock the code may have expired.
  if (isFresh && reply.kind === "refused" && /expire/i.test(reply.message)) {
    reply = await submit(await renew(platform, tenant, sha1));
  }
  if (reply.kind === "answer" && reply.value.proofOfPossessionValid)
    return { kind: "proven", certificate: reply.value };
  // A refusal may be the answer to the second sending of what the first one had proven.
  const after = await readBack(platform, tenant, authority);
  if (after.proofOfPossessionValid) return { kind: "proven", certificate: after };
  if (reply.kind !== "answer")
    throw replyError(reply, { ...CHANGE_TRUST, doing: `take the proof of possession of ${name}` });
  throw refused(
    `tenant ${tenant} took the signed code of ${name} and does not show its possession as proven; try again`,
  );
}

async function readBack(
  platform: Platform,
  tenant: string,
  { name, sha1 }: PossessionToProve,
): Promise<TrustedCertificate> {
  const reply = await platform.trustedCertificate(tenant, sha1);
  if (reply.kind !== "answer") throw replyError(reply, CHANGE_TRUST);
  if (reply.value !== undefined) return reply.value;
  throw refused(
    `tenant ${tenant} does not have the certificate of ${name}: run \`lotmint authority upload ${name} --prove\``,
  );
}

async function renew(platform: Platform, tenant: string, sha1: string): Promise<TrustedCertificate> {
  const reply = await platform.renewVerificationCode(tenant, sha1);
  if (reply.kind !== "answer") throw replyError(reply, CHANGE_TRUST);
  return reply.value;
}

/** Without an end, the code is taken to be usable: the platform decides. */
function isUsable({ verificationCode, codeUsableUntil }: TrustedCertificate, nowMs: number): boolean {
  return verificationCode !== undefined && !(Date.parse(codeUsableUntil ?? "") <= nowMs);
}

function codeOf({ verificationCode }: TrustedCertificate, { name }: PossessionToProve): string {
  if (verificationCode !== undefined) return verificationCode;
  throw refused(`the platform gives no verification code for ${name}; have its administrators look into that`);
}

function refused(message: string): OnboardingError {
  return new OnboardingError(message, { code: "platform-refused" });
}
