import { loadIssuer, readAuthority } from "../../authority/load-authority.ts";
import { signVerificationCode } from "../../authority/sign-verification-code.ts";
import { digests } from "../../authority/stored-authority.ts";
import type { Platform } from "../../platform/platform.ts";
import { type ProvenPossession, provePossession } from "../../platform/prove-possession.ts";
import { replyError } from "../../platform/reply-error.ts";
import { DEFAULT_RETRY, retryWhileUncertain } from "../../platform/retry.ts";
import { READ_OWN_ROLE } from "../../platform/roles.ts";
import type { CliContext } from "../context.ts";

export interface ProveArguments {
  readonly name: string;
  readonly passphraseFile?: string | undefined;
}

const PROVEN = {
  proven: "has proven its possession to",
  already: "had proven its possession before to",
} as const;

/** `lotmint authority prove`: shows the platform that we hold the key; a second time changes nothing. */
export async function runProve(args: ProveArguments, context: CliContext): Promise<number> {
  readAuthority(context.home, args.name);
  const platform = await context.openPlatform();
  try {
    const tenant = await askTenant(platform, context);
    const proof = await proveToTenant(platform, tenant, args, context);
    context.printJson({ tenant, ...proof });
    context.print(`${args.name}: ${PROVEN[proof.kind]} tenant ${tenant}`);
    return 0;
  } finally {
    await platform.close();
  }
}

/** The passphrase is asked for only when there is something to sign. */
export function proveToTenant(
  platform: Platform,
  tenant: string,
  { name, passphraseFile }: ProveArguments,
  context: CliContext,
): Promise<ProvenPossession> {
  const { home, now } = context;
  const sign = async (code: string) => {
    const file = passphraseFile === undefined ? {} : { file: passphraseFile };
    const passphrase = await context.passphrase(name, file);
    return signVerificationCode(loadIssuer(home, name, passphrase, now(), context.site().maxChain).signer, code);
  };
  const { sha1 } = digests(readAuthority(home, name).certificateDer);
  const policy = { ...DEFAULT_RETRY, signal: context.signal };
  return provePossession(platform, tenant, { name, sha1, sign }, { policy, now });
}

export async function askTenant(platform: Platform, { signal }: CliContext): Promise<string> {
  const policy = { ...DEFAULT_RETRY, signal };
  const tenant = await retryWhileUncertain(() => platform.currentTenant(signal), policy);
  if (tenant.kind !== "answer") throw replyError(tenant, { doing: "show its tenant", role: READ_OWN_ROLE });
  return tenant.value.id;
}
