import { readAuthority } from "../../authority/load-authority.ts";
import { loadCrlIssuer } from "../../authority/write-crl.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { issueCrl } from "./issue-crl.ts";
import { type RefreshedCrl, refreshCrls } from "./refresh-crls.ts";

/**
 * Writes the revocation lists of these issuers that do not say everything, and those that are at half of their
 * life: whoever fetches lists shall never find one that has run out because this machine was off. An issuer
 * without any list gets none, unless it has something to list. Faults are told, not thrown.
 */
export async function renewCrls(
  tools: Pick<RunTools, "home" | "ledger" | "now" | "issuerPassphrase">,
  issuers: Iterable<string>,
): Promise<readonly RefreshedCrl[]> {
  const renewed: RefreshedCrl[] = [];
  for (const issuer of new Set(issuers)) {
    const { written } = await tools.ledger.revocationList(issuer);
    const half = written === null ? undefined : (written.thisUpdateMs + written.nextUpdateMs) / 2;
    if (half === undefined || tools.now() < half) renewed.push(...(await refreshCrls(tools, [issuer])));
    else renewed.push(await renewOne(tools, issuer));
  }
  return renewed;
}

async function renewOne(
  tools: Pick<RunTools, "home" | "ledger" | "now" | "issuerPassphrase">,
  issuer: string,
): Promise<RefreshedCrl> {
  try {
    if (!readAuthority(tools.home, issuer).hasKey) return { kind: "elsewhere", issuer };
    const loaded = loadCrlIssuer(tools.home, issuer, await tools.issuerPassphrase(issuer), tools.now());
    return { kind: "written", issuer, crl: await issueCrl(tools, loaded) };
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    if (error.code === "usage") return { kind: "skipped", issuer, reason: error.message };
    return { kind: "fault", issuer, fault: error };
  }
}
