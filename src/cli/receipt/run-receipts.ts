import { EXIT } from "../../domain/exit-code.ts";
import { nounFor } from "../../domain/noun-for.ts";
import { count, plainText } from "../../report/plain-text.ts";
import { requireLot } from "../../run/lot/record-job.ts";
import { judgeAllReceipts, judgeLotReceipts } from "../../run/receipt/judge-lot-receipts.ts";
import type { CliContext } from "../context.ts";
import { findings, judgedReceiptText, receiptJson } from "./judged-receipt-text.ts";

/** `lotmint receipt [LOT]`: 0 when all receipts fit, 3 when anything does not. */
export async function runReceipts(name: string | undefined, context: CliContext): Promise<number> {
  return context.withLedgerToRead(async (ledger) => {
    const { home } = context;
    const lot = name === undefined ? undefined : (await requireLot(ledger, name)).lot;
    const judged =
      lot === undefined ? await judgeAllReceipts({ home, ledger }) : await judgeLotReceipts({ home, ledger }, lot);
    const { receipts, notChecked } = judged;
    const faults = [...judged.faults, ...receipts.flatMap((receipt) => receipt.faults)];
    context.printJson({
      ...(lot !== undefined && { lot }),
      valid: faults.length === 0,
      receipts: receipts.map(receiptJson),
      faults: [...new Set(faults)],
      notChecked,
    });
    context.print(
      [
        ...(lot === undefined ? receipts.map(lineOf) : receipts.map(judgedReceiptText)),
        summary(lot, receipts.length, faults.length),
        ...findings(judged.faults, notChecked),
      ].join("\n"),
    );
    return faults.length > 0 ? EXIT.rejected : EXIT.done;
  });
}

function lineOf({ receipt, sha256 }: Parameters<typeof judgedReceiptText>[0]): string {
  if (receipt === undefined) return `a receipt that cannot be read  ${sha256}`;
  return `${String(receipt.number).padStart(6, "0")}  ${receipt.endedAt}  ${sha256}  ${plainText(receipt.lot)}`;
}

function summary(lot: string | undefined, receipts: number, faults: number): string {
  const of = lot === undefined ? "this home" : `lot ${plainText(lot)}`;
  if (receipts === 0) return `There is no receipt of ${of}`;
  return `${count(receipts)} ${nounFor(receipts, "receipt")} of ${of}: ${faults === 0 ? "all of it fits" : "something does not fit"}`;
}
