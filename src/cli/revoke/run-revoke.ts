import { jobFromJson } from "../../config/job-json.ts";
import type { RevocationReason } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { listIds } from "../../domain/list-ids.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { requireLot } from "../../run/lot/record-job.ts";
import { publishRevocations } from "../../run/revoke/publish-revocations.ts";
import { revokeDevices } from "../../run/revoke/revoke-devices.ts";
import { IDS_SHOWN, type SelectedDevices, selectIds, selectLot } from "../../run/revoke/select-devices.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { logErrors, publishedJson, publishedText } from "../published-text.ts";
import { readIdFile } from "./read-id-file.ts";

export interface RevokeArguments {
  readonly ids?: readonly string[] | undefined;
  readonly lot?: string | undefined;
  readonly file?: string | undefined;
  readonly reason: RevocationReason;
  readonly yes: boolean;
  readonly push: boolean;
  readonly passphraseFile?: string | undefined;
}

/** `lotmint revoke`: a dry run unless it is one device or `--yes`; then recorded, listed, and told to the platform. */
export async function runRevoke(args: RevokeArguments, context: CliContext): Promise<number> {
  return context.withLedger(async (ledger) => {
    const selected = await select(args, context, ledger);
    if (selected.devices > 1 && !args.yes) {
      showDryRun(selected, args.reason, context);
      return EXIT.done;
    }
    const tools = await makeRunTools(context, ledger, args.passphraseFile);
    // What is wrong with the site or its credentials is told before anything is done.
    const platform = args.push ? await context.openPlatform() : undefined;
    try {
      const revoked = await revokeDevices(tools, {
        reason: args.reason,
        lots: selected.lots.keys(),
        externalIds: selected.externalIds,
      });
      const published = await publishRevocations(tools, [...selected.issuers], platform);
      const { alreadyRevoked, withoutCertificate } = selected;
      const exitCode = logErrors(published.errors, context);
      context.printJson({
        dryRun: false,
        reason: args.reason,
        revoked,
        alreadyRevoked,
        withoutCertificate,
        ...publishedJson(published),
        exitCode,
      });
      context.print(`${revokedText(revoked, selected, args.reason)}\n${publishedText(published)}`);
      return exitCode;
    } finally {
      await platform?.close();
    }
  });
}

async function select(args: RevokeArguments, context: CliContext, ledger: Ledger): Promise<SelectedDevices> {
  const { ids = [], lot, file } = args;
  const ways = [ids.length > 0, lot !== undefined, file !== undefined].filter((given) => given).length;
  if (ways !== 1) {
    throw new OnboardingError("name what to revoke: ids, or --lot LOT, or --file FILE", { code: "usage" });
  }
  if (lot !== undefined) {
    return selectLot(ledger, (await requireLot(ledger, lot)).lot);
  }
  return selectIds(ledger, file === undefined ? [ids] : readIdFile(file, context.cwd, () => idHeaders(ledger)));
}

/** What the manifests of the lots call their ids. */
async function idHeaders(ledger: Ledger): Promise<readonly string[]> {
  const headers = (await ledger.lots()).map(({ jobJson }) => jobFromJson(jobJson).columns["id"] ?? "id");
  return [...new Set(headers)];
}

function showDryRun(selected: SelectedDevices, reason: RevocationReason, context: CliContext): void {
  const { lots, devices, alreadyRevoked, withoutCertificate } = selected;
  const counts = Object.fromEntries(Array.from(lots, ([lot, selectedOf]) => [lot, selectedOf.devices]));
  context.printJson({ dryRun: true, reason, devices, lots: counts, alreadyRevoked, withoutCertificate });
  const lines = Array.from(lots, ([lot, { devices: ofLot, first }]) => {
    return `  ${lot}: ${ofLot} (${listIds(first, IDS_SHOWN, ", ", ofLot)})`;
  });
  context.print(
    [
      `Nothing was done. With --yes these ${devices} devices would be revoked (${reason}):`,
      ...lines,
      ...statusLines(selected),
      "It cannot be undone.",
    ].join("\n"),
  );
}

function revokedText(revoked: number, selected: SelectedDevices, reason: RevocationReason): string {
  return [
    `${revoked} ${nounFor(revoked, "device")} revoked${revoked === 0 ? "" : ` (${reason})`}`,
    ...statusLines(selected),
  ].join("\n");
}

function statusLines({ alreadyRevoked, withoutCertificate }: SelectedDevices): readonly string[] {
  const lines: string[] = [];
  if (alreadyRevoked > 0) lines.push(`  revoked before: ${alreadyRevoked}`);
  if (withoutCertificate.length > 0) {
    const shown = listIds(withoutCertificate, IDS_SHOWN);
    lines.push(`  without a certificate that could be revoked: ${withoutCertificate.length} (${shown})`);
  }
  return lines;
}
