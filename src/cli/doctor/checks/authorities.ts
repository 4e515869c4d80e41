import { TOKEN_FLAG } from "../../../authority/hsm/pkcs11.ts";
import { parsePkcs11Uri } from "../../../authority/hsm/pkcs11-uri.ts";
import { listAuthorities, readAuthority } from "../../../authority/load-authority.ts";
import { verifyChain } from "../../../authority/verify-chain.ts";
import { OnboardingError } from "../../../domain/error.ts";
import type { Ledger } from "../../../ledger/ledger.ts";
import { authorityBudget } from "../../../run/lot/issuer-budget.ts";
import { describeRevocations } from "../../../run/revoke/describe-revocations.ts";
import type { CliContext } from "../../context.ts";
import { asProblem, type DoctorCheck, type DoctorFinding, ok, problem, splitCure, warning } from "../doctor-check.ts";

const DAY_MS = 86_400_000;
/** As runs warn. */
const WARN_DAYS = 90;

/** Whether each authority can be read and its chain holds, how long it will do, and its revocation list. No passphrase is needed. */
export const authoritiesCheck: DoctorCheck = {
  name: "authorities",
  look: async (context) => {
    const entries = listAuthorities(context.home);
    if (entries.length === 0) return [warning("there are no authorities: nothing can be signed", "lotmint init")];
    return context.withLedgerToRead(async (ledger) => {
      const findings: Omit<DoctorFinding, "name">[] = [];
      for (const entry of entries) {
        if (entry.state === "damaged") findings.push({ state: "problem", ...splitCure(entry.problem) });
        else if (entry.state === "requested") findings.push({ state: "warning", ...splitCure(entry.problem) });
        else findings.push(...(await lookAt(entry.name, ledger, context)));
      }
      return findings;
    });
  },
};

async function lookAt(
  name: string,
  ledger: Ledger,
  context: CliContext,
): Promise<readonly Omit<DoctorFinding, "name">[]> {
  const { home, now } = context;
  const { certificate, chain, hsm } = readAuthority(home, name);
  try {
    verifyChain(name, chain, now());
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return [asProblem(error)];
  }
  const end = new Date(certificate.notAfterMs).toISOString().slice(0, 10);
  const daysLeft = (ms: number) => (ms - now()) / DAY_MS;
  const successor = "make its successor, have the platform trust it, and name it in the jobs";
  const findings: Omit<DoctorFinding, "name">[] = hsm === undefined ? [] : [await lookForToken(name, hsm, context)];
  if (daysLeft(certificate.notAfterMs) < WARN_DAYS) findings.push(warning(`${name} ends on ${end}`, successor));
  for (const { job, outlivedFrom } of (await authorityBudget(ledger, home, name)).jobs) {
    if (outlivedFrom === null || daysLeft(Date.parse(outlivedFrom)) >= WARN_DAYS) continue;
    findings.push(
      warning(`from ${outlivedFrom} certificates of job ${job} outlive ${name}, which ends on ${end}`, successor),
    );
  }
  const { standing: status, written } = await describeRevocations(ledger, name, now());
  if (status !== "none" && status !== "current") {
    const age = written === null ? "is not written yet" : `of ${written.thisUpdate.slice(0, 10)} is ${status}`;
    findings.push(problem(`the revocation list of ${name} ${age}`, `lotmint authority crl ${name}`));
  }
  return findings.every(({ state }) => state === "ok")
    ? [...findings, ok(`${name}: its chain is valid; it ends on ${end}`)]
    : findings;
}

/** Whether the token with an authority's key is there and can be logged in to. No PIN is tried. */
async function lookForToken(name: string, hsm: string, context: CliContext): Promise<Omit<DoctorFinding, "name">> {
  try {
    const { label, flags } = await context.lookAtToken(parsePkcs11Uri(hsm));
    const token = `the token ${JSON.stringify(label)} with the key of ${name}`;
    const cure = "have its PIN checked or set anew with the tool of its maker";
    if ((flags & TOKEN_FLAG.USER_PIN_LOCKED) !== 0) return problem(`${token} has locked its PIN`, cure);
    if ((flags & TOKEN_FLAG.USER_PIN_FINAL_TRY) !== 0) return problem(`${token} has one try for its PIN left`, cure);
    if ((flags & TOKEN_FLAG.USER_PIN_COUNT_LOW) !== 0) {
      return warning(`${token} was given a wrong PIN lately`, "check LOTMINT_HSM_PIN before the next run");
    }
    return ok(`${token} is there`);
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return asProblem(error);
  }
}
