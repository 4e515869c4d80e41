import { OnboardingError } from "../domain/error.ts";
import { nounFor } from "../domain/noun-for.ts";
import { retrying } from "../platform/retrying.ts";
import { cutParts } from "../registration/cut-parts.ts";
import { type SubmitOutcome, submitLot } from "../submit/submit-lot.ts";
import type { AskingBeside } from "./ask-while-minting.ts";
import type { LotAtWork } from "./lot/lot-at-work.ts";
import { askPlatform, type LotPreflight } from "./lot/preflight-lot.ts";
import { type RunTools, retryPolicy } from "./lot/run-tools.ts";
import type { Walk } from "./lot/walk.ts";

/**
 * Lists every minted device in the registration file and, with a platform, submits what it has not
 * confirmed, once the questions that were asked beside minting are answered. A platform that cannot be reached is noted as an error; throws `platform-refused`.
 */
export async function registerMinted(
  tools: RunTools,
  work: LotAtWork,
  lotPreflight: LotPreflight | undefined,
  asking?: AskingBeside,
): Promise<void> {
  const { lease, job, layout, walk } = work;
  if (job.registration.mode !== "bulk") return;
  const { rowsPerUpload } = job.submit;
  const cut = await walk.room("registration", () => cutParts({ ledger: tools.ledger, lease, layout, rowsPerUpload }));
  if (cut.parts > 0) {
    walk.progressed();
    tools.log.info(
      { lot: lease.lot, parts: cut.parts, devices: cut.rows },
      `${cut.rows} ${nounFor(cut.rows, "row")} for registration written in ${cut.parts} ${nounFor(cut.parts, "part")}`,
    );
  }
  if (asking !== undefined) await walk.room("submit", asking.done);
  if (lotPreflight === undefined || tools.signal.aborted) return;

  const tenant = lotPreflight.tenant ?? (await askAgain(tools, work, lotPreflight));
  if (tenant === undefined) return;
  const retry = retryPolicy(tools);
  const outcome = await walk.room("submit", () =>
    submitLot({
      ledger: tools.ledger,
      lease,
      platform: retrying(lotPreflight.platform, retry),
      layout,
      tenant,
      submit: job.submit,
      retry,
      signal: tools.signal,
      onProgress: ({ confirmed, rejected, devices }) =>
        tools.onProgress({ lot: lease.lot, room: "submitting", done: confirmed + rejected, total: devices }),
    }),
  );
  tellOutcome(outcome, walk);
}

/** A platform that was away before minting may be back. */
async function askAgain(
  tools: RunTools,
  { job, walk }: LotAtWork,
  { platform }: LotPreflight,
): Promise<string | undefined> {
  const outcome = await walk.room("preflight", () => askPlatform(tools, job, platform));
  if (outcome.kind !== "ready") {
    if (outcome.kind === "refused") throw new OnboardingError(outcome.message, { code: "platform-refused" });
    walk.error(outcome.message, "platform-unreachable");
    return undefined;
  }
  for (const warning of outcome.warnings) walk.note(warning);
  return outcome.tenant;
}

function tellOutcome(outcome: SubmitOutcome, walk: Walk): void {
  if (outcome.confirmed + outcome.rejected > 0) walk.progressed();
  for (const note of outcome.notes) walk.note(note);
  const message = outcome.message ?? "the platform did not confirm every device; run again later, nothing is lost";
  if (outcome.kind === "refused") throw new OnboardingError(message, { code: "platform-refused" });
  if (outcome.kind === "unreachable") walk.error(message, "platform-unreachable");
}
