import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { adHocJob } from "../../config/ad-hoc-job.ts";
import { type Home, idOfName, lotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { listIds } from "../../domain/list-ids.ts";
import { foldLotName } from "../../domain/lot.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { plainText } from "../../report/plain-text.ts";
import { findMissingOutput } from "../../run/backup/find-missing-output.ts";
import { type RecoveredLot, recoverLot } from "../../run/backup/recover-lot.ts";
import { withLeaseBeside } from "../../run/lot/lease-beside.ts";
import { recordedJob, recordJob } from "../../run/lot/record-job.ts";
import { isRestored, noteChecked, shellWord } from "../../run/lot/restored-home.ts";
import { rewriteReports } from "../../run/lot/rewrite-reports.ts";
import { isMarkedEarlier, takeOverFolders } from "../../run/passwords/claim-folders.ts";
import { type CliContext, makeRunTools } from "../context.ts";

/**
 * In a home that was restored from a backup: takes in from a lot's folder the certificates that the ledger does
 * not know, says which, and notes that this lot is checked. In any other home it does nothing. Throws `state-damaged`
 * when output is missing that the ledger knows of: the lot is not checked then, and nothing of it is
 * taken in.
 */
export async function recoverRestored(name: string, context: CliContext): Promise<void> {
  const { home } = context;
  const { lot, isEarlier } = await context.withLedgerToRead(async (ledger) => {
    const known = (await ledger.lotName(name)) ?? lotInOutput(home, name);
    return { lot: known, isEarlier: await hasEarlierFolders(ledger, known, home) };
  });
  if (isEarlier) await context.withLedger((ledger) => takeOverLot(lot, context, ledger));
  if (!isRestored(home)) return;
  const taken = await context.withLedger((ledger) => takeIn(lot, context, ledger));
  context.print(takenText(lot, taken));
  context.log.info(
    { lot, devices: taken.devices, reminted: taken.reminted, foreign: taken.foreign },
    `${taken.devices.length} ${nounFor(taken.devices.length, "device is", "devices are")} recovered from output/ after the restore`,
  );
}

/** A lot that the ledger does not know has its spelling from its folder. */
function lotInOutput({ output }: Home, name: string): string {
  const names = existsSync(output) ? readdirSync(output).map(idOfName) : [];
  const alike = names.filter((other) => foldLotName(other) === foldLotName(name));
  return names.includes(name) ? name : (alike[0] ?? name);
}

async function hasEarlierFolders(ledger: Ledger, lot: string, home: Home): Promise<boolean> {
  const job = await recordedJob(ledger, lot);
  return isMarkedEarlier(ledger, lot, lotLayout(home, lot, job?.secrets.folder));
}

/** The folders that were marked before the restore are this generation's from now on. */
async function takeOverLot(lot: string, context: CliContext, ledger: Ledger): Promise<void> {
  const tools = await makeRunTools(context, ledger, undefined);
  await withLeaseBeside(tools, lot, async () => {
    const job = await recordedJob(ledger, lot);
    const folders = await takeOverFolders(tools, lot, lotLayout(context.home, lot, job?.secrets.folder));
    context.log.warn(
      { lot, folders },
      `lot ${lot}: its folders from before the restore are taken over (${listIds(folders, 3)}); the home from before may not go on with them`,
    );
  });
}

async function takeIn(lot: string, context: CliContext, ledger: Ledger): Promise<RecoveredLot> {
  const tools = await makeRunTools(context, ledger, undefined);
  const { home } = context;
  return withLeaseBeside(tools, lot, async (lease) => {
    const before = await recordedJob(ledger, lot);
    if (before !== undefined) {
      const layout = lotLayout(home, lot, before.secrets.folder);
      const missing = await findMissingOutput(ledger, lot, before, layout);
      if (missing !== undefined) throw notChecked(lot, missing);
    }
    const taken = await recoverLot(ledger, lease, home, before?.secrets.folder);
    const [issuer] = taken.issuers;
    if (before === undefined && issuer !== undefined) {
      // A lot that is younger than the backup: its own job comes with its manifest.
      const job = adHocJob(join(home.input, `${lot}.csv`), issuer, context.site(), context.now());
      await recordJob(ledger, { lease, job, layout: lotLayout(home, lot) });
    }
    const job = await recordedJob(ledger, lot);
    if (job !== undefined) await rewriteReports({ ledger, home, now: context.now }, lot, job);
    await noteChecked(home, ledger, lot);
    return taken;
  });
}

function notChecked(lot: string, missing: string): OnboardingError {
  const word = shellWord(lot);
  return new OnboardingError(
    `lot ${lot} is not checked: ${missing}. Bring its output back and run \`lotmint check ${word}\` again; revoke single devices that are lost by their ids; or, when all of it is lost for good, \`lotmint check ${word} --write-off --reason TEXT\``,
    { code: "state-damaged" },
  );
}

function takenText(lot: string, { devices, reminted, foreign }: RecoveredLot): string {
  const lines = [
    `Lot ${lot}: ${devices.length} ${nounFor(devices.length, "device")} recovered that the backup does not know`,
  ];
  lines.push(...devices.map((id) => `  ${plainText(id)}`));
  if (reminted.length > 0) {
    lines.push(
      "Given new certificates after the backup; run lotmint remint for them:",
      ...reminted.map((id) => `  ${plainText(id)}`),
    );
  }
  if (foreign.length > 0)
    lines.push("Left alone, of no authority of this home:", ...foreign.map((path) => `  ${plainText(path)}`));
  return `${lines.join("\n")}\n\n`;
}
