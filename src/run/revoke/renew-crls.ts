import { readAuthority } from "../../authority/load-authority.ts";
import { loadCrlIssuer } from "../../authority/write-crl.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { crlStatus } from "./describe-revocations.ts";
import { issueCrl, type WrittenCrl } from "./issue-crl.ts";

/** What became of one issuer's revocation list. */
export type RenewedCrl =
  | { readonly kind: "written"; readonly issuer: string; readonly crl: WrittenCrl }
  /** Nothing has to be added to it, and it need not be renewed yet. */
  | { readonly kind: "current"; readonly issuer: string }
  /** The issuer's key is somewhere else, where its list has to be written. */
  | { readonly kind: "elsewhere"; readonly issuer: string }
  /** Nobody could sign it; the reason says what to do. The revocations stand. */
  | { readonly kind: "skipped"; readonly issuer: string; readonly reason: string }
  | { readonly kind: "failed"; readonly issuer: string; readonly error: OnboardingError };

/**
 * Writes the revocation lists of these issuers that lack an entry or have reached half of the time to their next
 * update, as far as their passphrases or PINs are given: nobody who fetches lists finds one that has run out because this
 * machine was off. An issuer that never had a list gets one only when there is something to list. What is recorded as
 * revoked stays so whatever becomes of a list, hence errors are returned, not thrown.
 */
export async function renewCrls(
  tools: Pick<RunTools, "home" | "ledger" | "now" | "issuerAccess">,
  issuers: Iterable<string>,
): Promise<readonly RenewedCrl[]> {
  const renewed: RenewedCrl[] = [];
  for (const issuer of new Set(issuers)) {
    const list = await tools.ledger.revocationList(issuer);
    const status = crlStatus(list, tools.now());
    const isDue = status !== "current" && status !== "none";
    renewed.push(isDue ? await renewOne(tools, issuer) : { kind: "current", issuer });
  }
  return renewed;
}

async function renewOne(
  tools: Pick<RunTools, "home" | "ledger" | "now" | "issuerAccess">,
  issuer: string,
): Promise<RenewedCrl> {
  const command = `its revocation list is out of date until \`lotmint authority crl ${issuer}\``;
  try {
    if (!readAuthority(tools.home, issuer).hasKey) return { kind: "elsewhere", issuer };
    const access = await tools.issuerAccess(issuer);
    const loaded = loadCrlIssuer(tools.home, issuer, access, tools.now());
    return { kind: "written", issuer, crl: await issueCrl(tools, loaded) };
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    if (error.code === "usage") return { kind: "skipped", issuer, reason: `${error.message}; ${command}` };
    return { kind: "failed", issuer, error: error };
  }
}
