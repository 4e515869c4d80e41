import { readAuthority } from "../../authority/load-authority.ts";
import { verifyChain } from "../../authority/verify-chain.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { RejectedRow } from "../../domain/plan.ts";
import type { RejectModel } from "../../page/model.ts";
import { rejectModel } from "../../page/models/reject-model.ts";
import type { Forecast } from "../../page/page-tools.ts";
import { rejectCounter } from "../../report/count-rejects.ts";
import { forecastLot } from "../../run/forecast-lot.ts";
import type { CliContext } from "../context.ts";
import { requireGivenAccess } from "../key-access.ts";
import type { DropAssignment } from "./assign-drop.ts";
import type { SharedLedger } from "./share-ledger.ts";

const REJECTS_SHOWN = 20;

/**
 * What `lotmint plan` says of a file that would be dropped under this name. What keeps it from being run is the forecast's
 * `problem`; other errors, such as of the ledger, are thrown.
 */
export async function forecastDrop(
  { path, name }: { readonly path: string; readonly name: string },
  context: CliContext,
  ledgers: SharedLedger,
  assignment: DropAssignment,
): Promise<Forecast> {
  let forecast: Forecast = NOTHING;
  const first: RejectModel[] = [];
  try {
    const found = await assignment.resolve({ name, path, claimedAtMs: context.now(), job: null });
    forecast = { ...forecast, lot: found.lot, job: found.job };
    const job = await assignment.jobOf({ path, ...found });
    forecast = { ...forecast, issuer: job.issuer };
    const reasons = rejectCounter();
    const onRejected = (row: RejectedRow) => {
      const reject = recordOf(row);
      if (first.length < REJECTS_SHOWN) first.push(rejectModel(reject, job.secretColumns));
      reasons.add(reject);
    };
    const waits = (await assignment.admit({ name, path })) === "leave";
    const { home, now } = context;
    const { plan, notes } = await ledgers.use((ledger) =>
      forecastLot(
        { home, site: context.site(), ledger, now },
        { lot: found.lot, job, manifest: path, manifestName: name, onRejected },
      ),
    );
    forecast = {
      ...forecast,
      rows: plan.rows,
      toMint: plan.run.mint,
      known: plan.register + plan.keep,
      rejected: plan.rejected,
      reasons: reasons.counts(),
      rejects: first,
      notes: [...notes, ...(waits ? [`job ${job.name} has a schedule: the file waits in input/ until it is due`] : [])],
    };
    if (plan.run.mint > 0) {
      verifyChain(job.issuer, readAuthority(home, job.issuer).chain, now());
      requireGivenAccess(context, home, job.issuer);
    }
    return forecast;
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    if (error.code !== "usage" && error.code !== "issuer-unusable") throw error;
    return { ...forecast, problem: error.message.replaceAll(path, name) };
  }
}

const NOTHING: Forecast = {
  lot: null,
  job: null,
  issuer: null,
  rows: 0,
  toMint: 0,
  known: 0,
  rejected: 0,
  reasons: {},
  rejects: [],
  problem: null,
  notes: [],
};

function recordOf({ problem: { line, field, message }, externalId, cells }: RejectedRow) {
  return { line, externalId, reason: field === "" ? message : `${field}: ${message}`, cells, device: false };
}
