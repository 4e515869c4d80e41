import { readAuthority } from "../../authority/load-authority.ts";
import { loadCrlIssuer } from "../../authority/write-crl.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { crlStanding } from "./describe-revocations.ts";
import { issueCrl, type WrittenCrl } from "./issue-crl.ts";

/** What became of one issuer's revocation list. */
export type RefreshedCrl =
  | { readonly kind: "written"; readonly issuer: string; readonly crl: WrittenCrl }
  /** It says everything already. */
  | { readonly kind: "current"; readonly issuer: string }
  /** The issuer's key is somewhere else, where its list has to be written. */
  | { readonly kind: "elsewhere"; readonly issuer: string }
  /** Nobody could sign it; the reason says what to do. The revocations stand. */
  | { readonly kind: "skipped"; readonly issuer: string; readonly reason: string }
  | { readonly kind: "fault"; readonly issuer: string; readonly fault: OnboardingError };

/**
 * Writes the revocation lists of these issuers that do not say everything, as far as their passphrases are
 * given. What is recorded as revoked stays so whatever becomes of a list, hence faults are told, not thrown.
 */
export async function refreshCrls(
  tools: Pick<RunTools, "home" | "ledger" | "now" | "issuerPassphrase">,
  issuers: Iterable<string>,
): Promise<readonly RefreshedCrl[]> {
  const refreshed: RefreshedCrl[] = [];
  for (const issuer of new Set(issuers)) refreshed.push(await refreshOne(tools, issuer));
  return refreshed;
}

async function refreshOne(
  tools: Pick<RunTools, "home" | "ledger" | "now" | "issuerPassphrase">,
  issuer: string,
): Promise<RefreshedCrl> {
  const standing = crlStanding(await tools.ledger.revocationList(issuer), tools.now());
  if (standing === "current" || standing === "none") return { kind: "current", issuer };
  const command = `its revocation list is out of date until \`lotmint authority crl ${issuer}\``;
  try {
    if (!readAuthority(tools.home, issuer).hasKey) return { kind: "elsewhere", issuer };
    const passphrase = await tools.issuerPassphrase(issuer);
    const loaded = loadCrlIssuer(tools.home, issuer, passphrase, tools.now());
    return { kind: "written", issuer, crl: await issueCrl(tools, loaded) };
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    if (error.code === "usage") return { kind: "skipped", issuer, reason: `${error.message}; ${command}` };
    return { kind: "fault", issuer, fault: error };
  }
}
