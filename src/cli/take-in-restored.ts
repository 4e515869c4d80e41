import { join } from "node:path";
import { adHocJob } from "../config/ad-hoc-job.ts";
import { lotLayout } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { plainText } from "../report/plain-text.ts";
import { adoptJob, recordedJob } from "../run/adopt-job.ts";
import { holdBeside } from "../run/hold-beside.ts";
import { restateLot } from "../run/restate-lot.ts";
import { isRestored, noteChecked } from "../run/restored-home.ts";
import { type TakenIn, takeInLot } from "../run/take-in-lot.ts";
import { type CliContext, makeRunTools } from "./context.ts";

/**
 * In a home that was restored from a backup: takes in from a lot's folder the certificates that the ledger does
 * not know, says which, and notes that this lot is checked. In any other home it does nothing.
 */
export async function takeInRestored(lot: string, context: CliContext): Promise<void> {
  if (!isRestored(context.home)) return;
  const taken = await context.withLedger((ledger) => takeIn(lot, context, ledger));
  context.print(takenText(lot, taken));
  context.log.info(
    { lot, devices: taken.devices, reminted: taken.reminted, foreign: taken.foreign },
    "taken in after a restore",
  );
}

async function takeIn(lot: string, context: CliContext, ledger: Ledger): Promise<TakenIn> {
  const tools = await makeRunTools(context, ledger, undefined);
  const { home } = context;
  return holdBeside(tools, lot, async (hold) => {
    const before = await recordedJob(ledger, lot);
    const taken = await takeInLot(ledger, hold, home, before?.secrets.folder);
    const [issuer] = taken.issuers;
    if (before === undefined && issuer !== undefined) {
      // A lot that is younger than the backup: its own job comes with its manifest.
      const job = adHocJob(join(home.input, `${lot}.csv`), issuer, context.site(), context.now());
      await adoptJob(ledger, hold, lotLayout(home, lot), job);
    }
    const job = await recordedJob(ledger, lot);
    if (job !== undefined) await restateLot(ledger, home, lot, job, context.now());
    noteChecked(home, lot);
    return taken;
  });
}

function takenText(lot: string, { devices, reminted, foreign }: TakenIn): string {
  const lines = [`Lot ${lot}: ${devices.length} devices taken in that the backup does not know`];
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
