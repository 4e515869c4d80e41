import type { RevocationReason } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { worstExitCode } from "../../domain/exit-code.ts";
import { listIds } from "../../domain/list-ids.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { type RemintOutcome, remintLot } from "../../run/remint/remint-lot.ts";
import { refuseUnknown } from "../../run/revoke/select-devices.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { logErrors, publishedJson, publishedText } from "../published-text.ts";

export interface RemintArguments {
  readonly ids: readonly string[];
  readonly reason: RevocationReason;
  readonly register: boolean;
  /** Undefined: where the site names a platform. */
  readonly push?: boolean | undefined;
  readonly passphraseFile?: string | undefined;
}

/** `lotmint remint`: lot by lot, new keys and certificates for devices; the old ones are revoked. */
export async function runRemint(args: RemintArguments, context: CliContext): Promise<number> {
  const push = args.push ?? context.site().platform !== undefined;
  // What is wrong with the site or its credentials is told before anything is done.
  if (push) await (await context.openPlatform()).close();
  return context.withLedger(async (ledger) => {
    const lots = await groupByLot(ledger, args.ids);
    const tools = await makeRunTools(context, ledger, args.passphraseFile);
    const codes: number[] = [];
    for (const [lot, externalIds] of lots) {
      if (context.signal.aborted) break;
      const { reason, register } = args;
      const outcome = await remintLot(tools, { lot, externalIds, reason, register, push });
      show(outcome, reason, context);
      codes.push(logErrors(outcome.errors, context));
    }
    return worstExitCode(codes);
  });
}

async function groupByLot(ledger: Ledger, ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const asked = [...new Set(ids)];
  const known = await ledger.certifiedDevices(asked);
  const names = new Set(known.map(({ externalId }) => externalId));
  refuseUnknown(asked.filter((id) => !names.has(id)));
  const unminted = known.filter(({ serialNumber }) => serialNumber === null);
  if (unminted.length > 0) {
    const named = unminted.map(({ externalId, lot }) => `${externalId} (lot ${lot})`);
    throw new OnboardingError(
      `${listIds(named, 10)} ${nounFor(named.length, "has", "have")} no certificate yet; run the lot first`,
      { code: "usage" },
    );
  }
  const lots = new Map<string, string[]>();
  for (const { externalId, lot } of known) lots.set(lot, [...(lots.get(lot) ?? []), externalId]);
  return lots;
}

function show(outcome: RemintOutcome, reason: RevocationReason, context: CliContext): void {
  const { lot, devices, published, notes, exitCode, errors } = outcome;
  const told = published ?? { crls: [], errors };
  context.printJson({ lot, reason, devices, notes, ...publishedJson({ ...told, errors }), exitCode });
  const noun = nounFor(devices.length, "device has", "devices have");
  const lines = devices.map(
    ({ externalId, serialNumber, replaces }) => `  ${externalId}: ${serialNumber}, in place of ${replaces}`,
  );
  context.print(
    [
      `Lot ${lot}: ${devices.length} ${noun} a new certificate (${reason})`,
      ...lines,
      ...(published === undefined ? [] : [publishedText(published)]),
      ...notes.map((note) => `  ${note}`),
    ].join("\n"),
  );
}
