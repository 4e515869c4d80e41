import { readAuthority } from "../../authority/load-authority.ts";
import { verifyChain } from "../../authority/verify-chain.ts";
import { EXIT, worstExitCode } from "../../domain/exit-code.ts";
import type { Job } from "../../domain/job.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { RejectedRow } from "../../domain/plan.ts";
import type { Problem } from "../../domain/problem.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { planText } from "../../report/plan-text.ts";
import { forecastLot } from "../../run/forecast-lot.ts";
import type { CliContext } from "../context.ts";
import { type AskedLot, findLots } from "../find-lots.ts";

const MOST_PROBLEMS = 1000;

/** `lotmint plan`: what a run would decide, lot by lot; 3 when some rows would be rejected. Throws `issuer-unusable` where a run could mint nothing. */
export async function runPlan(
  args: { readonly target: string; readonly issuer?: string | undefined },
  context: CliContext,
): Promise<number> {
  return context.withLedgerToRead(async (ledger) => {
    const codes: number[] = [];
    for (const asked of await findLots(args.target, args.issuer, context, ledger)) {
      codes.push(await planOne(asked, context, ledger));
    }
    return worstExitCode(codes);
  });
}

async function planOne({ lot, job, manifest }: AskedLot, context: CliContext, ledger: Ledger): Promise<number> {
  const problems: Problem[] = [];
  const onRejected = ({ problem }: RejectedRow) => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem);
  };
  const { home, now } = context;
  const tools = { home, site: context.site(), ledger, now };
  const { plan, issuer, notes } = await forecastLot(tools, { lot, job, manifest, manifestName: manifest, onRejected });
  const settings = settingsOf(job);
  context.printJson({
    ...plan,
    manifest,
    issuer: job.issuer,
    job: job.name,
    settings: Object.fromEntries(settings),
    problems,
    notes,
  });
  context.print(
    planText({ plan, manifest, issuer: `${job.issuer} (${issuer.subject})`, settings, problems, notes }, context),
  );
  // The plan is shown first: what is wrong with its rows is worth knowing too.
  if (plan.run.mint > 0) verifyChain(job.issuer, readAuthority(context.home, job.issuer).chain, context.now());
  return plan.rejected > 0 ? EXIT.rejected : EXIT.done;
}

function settingsOf(job: Job): (readonly [string, string])[] {
  const { keystores, registration, submit, truststore, validity } = job;
  const formats = [
    keystores.pkcs12 === undefined ? "" : `PKCS#12 (${keystores.pkcs12.recipe})`,
    keystores.jks === undefined ? "" : "JKS",
    keystores.pem.key === "none" ? "" : `key.pem (${keystores.pem.key})`,
  ].filter((format) => format !== "");
  const days =
    validity.kind === "days"
      ? `${validity.days} ${nounFor(validity.days, "day")}`
      : validity.kind === "years"
        ? `${validity.years} ${nounFor(validity.years, "year")}`
        : "";
  const until = validity.kind === "until" ? `until ${new Date(validity.notAfterMs).toISOString()}` : "";
  return [
    ["profile", job.profile.name],
    ["key", job.key],
    ["validity", days || until || "no end"],
    ["keystores", formats.join(", ") || "PEM only"],
    ...(truststore === undefined
      ? []
      : [["truststore", `${truststore.formats.join(", ")} per ${truststore.per}`] as const]),
    ["registration", registration.mode === "bulk" && !submit.enabled ? "bulk, not submitted" : registration.mode],
  ];
}
