import { loadIssuer, readAuthority } from "../../authority/load-authority.ts";
import { signVerificationCode } from "../../authority/sign-verification-code.ts";
import { digests } from "../../authority/stored-authority.ts";
import { askTenant } from "../../platform/ask-tenant.ts";
import type { Platform } from "../../platform/platform.ts";
import { type ProvenPossession, provePossession } from "../../platform/prove-possession.ts";
import { DEFAULT_RETRY } from "../../platform/retry.ts";
import { retrying } from "../../platform/retrying.ts";
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
  const platform = retrying(await context.openPlatform(), { ...DEFAULT_RETRY, signal: context.signal });
  try {
    const tenant = await askTenant(platform);
    const proof = await proveToTenant(platform, tenant, args, context);
    context.printJson({ tenant, ...proof });
    context.print(`${args.name}: ${PROVEN[proof.kind]} tenant ${tenant}`);
    return 0;
  } finally {
    await platform.close();
  }
}

/** The passphrase or PIN is asked for only when there is something to sign. */
export function proveToTenant(
  platform: Platform,
  tenant: string,
  { name, passphraseFile }: ProveArguments,
  context: CliContext,
): Promise<ProvenPossession> {
  const { home, now } = context;
  const sign = async (code: string) => {
    const access = await context.keyAccess(name, { file: passphraseFile });
    return signVerificationCode(loadIssuer(home, name, access, now(), context.site().maxChain).signer, code);
  };
  const { sha1 } = digests(readAuthority(home, name).certificateDer);
  return provePossession(platform, tenant, { name, sha1, sign }, now);
}
