import { statSync } from "node:fs";
import { resolve } from "node:path";
import { readForeignCertificates } from "../../authority/foreign/foreign-file.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { type JudgedFile, judgeAlone, judgeInHome, openReceiptFile } from "../../run/receipt/judge-receipt-file.ts";
import type { CliContext } from "../context.ts";
import { judgedReceiptText, receiptJson } from "./judged-receipt-text.ts";

export interface VerifyArguments {
  readonly file: string;
  readonly ca?: string | undefined;
}

/** `lotmint receipt verify`: 0 when the receipt fits, 3 when anything does not, 2 for a file that is none. */
export async function runVerify({ file, ca }: VerifyArguments, context: CliContext): Promise<number> {
  const octets = openReceiptFile(resolve(context.cwd, file));
  const anchors = ca === undefined ? undefined : readForeignCertificates(resolve(context.cwd, ca));
  const { home } = context;
  const isHome = statSync(home.ledger, { throwIfNoEntry: false })?.isFile() === true;
  const judged = isHome
    ? await context.withLedgerToRead((ledger) => judgeInHome({ home, ledger }, octets, anchors))
    : judgeAlone(octets, anchors);
  show(judged, context);
  return judged.faults.length > 0 ? EXIT.rejected : EXIT.done;
}

function show(judged: JudgedFile, context: CliContext): void {
  const valid = judged.faults.length === 0;
  context.printJson({ valid, ...receiptJson(judged) });
  context.print([judgedReceiptText(judged), valid ? "The receipt fits" : "The receipt does not fit"].join("\n"));
}
