import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { writeOffLot } from "../../run/backup/write-off-lot.ts";
import { requireJob } from "../../run/lot/record-job.ts";
import { shellWord, uncheckedLots } from "../../run/lot/restored-home.ts";
import { publishRevocations } from "../../run/revoke/publish-revocations.ts";
import { selectLot } from "../../run/revoke/select-devices.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { logErrors, publishedJson, publishedText } from "../published-text.ts";

export interface WriteOffArguments {
  readonly lot: string;
  readonly reason?: string | undefined;
  readonly yes: boolean;
  readonly passphraseFile?: string | undefined;
}

const LONGEST_REASON = 1000;

/** `lotmint check LOT --write-off --reason TEXT`: a dry run unless `--yes`; then revoked, recorded and listed. */
export async function runWriteOff(args: WriteOffArguments, context: CliContext): Promise<number> {
  const reason = args.reason?.trim() ?? "";
  if (reason === "" || reason.length > LONGEST_REASON) {
    throw usage(
      `give the reason with --reason TEXT, in at most ${LONGEST_REASON} characters: it is recorded permanently`,
    );
  }
  return context.withLedger(async (ledger) => {
    const lot = (await ledger.lotName(args.lot)) ?? args.lot;
    await requireUnchecked(ledger, lot, context);
    if (!args.yes) return showDryRun(ledger, lot, context);
    const tools = await makeRunTools(context, ledger, args.passphraseFile);
    const { revoked, planned, issuers } = await writeOffLot(tools, lot, reason);
    const published = await publishRevocations(tools, issuers, undefined);
    const exitCode = logErrors(published.errors, context);
    context.printJson({ dryRun: false, lot, writtenOff: true, reason, revoked, ...publishedJson(published), exitCode });
    const lines = [
      `Lot ${lot} is written off: ${revoked} ${nounFor(revoked, "certificate")} revoked`,
      publishedText(published),
    ];
    if (planned > 0) lines.push(plannedText(planned));
    context.print(lines.filter((line) => line !== "").join("\n"));
    return exitCode;
  });
}

async function requireUnchecked(ledger: Ledger, lot: string, context: CliContext): Promise<void> {
  const open = await uncheckedLots(context.home, ledger);
  const found = open.find((unchecked) => unchecked.lot === lot);
  const word = shellWord(lot);
  if (found?.known === true) return;
  if (found !== undefined) {
    throw usage(
      `lot ${lot} stands in output/ and the ledger does not know it: recover it with \`lotmint check ${word}\``,
    );
  }
  await requireJob(ledger, lot);
  throw usage(
    `lot ${lot} has nothing to be written off: that is for lots that wait for a check after a restore; \`lotmint revoke --lot ${word}\` revokes its devices`,
  );
}

async function showDryRun(ledger: Ledger, lot: string, context: CliContext): Promise<number> {
  const { devices } = await selectLot(ledger, lot);
  const { planned } = await ledger.countByStage(lot);
  context.printJson({ dryRun: true, lot, devices, planned });
  const lines = [
    `Nothing was done. With --yes lot ${lot} would be written off: the certificates of ${devices} ${nounFor(devices, "device")} would be revoked.`,
  ];
  if (planned > 0) lines.push(plannedText(planned));
  context.print([...lines, "It cannot be undone."].join("\n"));
  return EXIT.done;
}

function plannedText(planned: number): string {
  return `${planned} ${nounFor(planned, "device is", "devices are")} not minted as far as the ledger knows. If they were minted after the backup, their certificates are unknown and cannot be revoked here; a run mints them again.`;
}

function usage(message: string): OnboardingError {
  return new OnboardingError(message, { code: "usage" });
}
