import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { inputError } from "../../disk/disk-error.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { type JudgedFile, judgeAlone, judgeInHome, openReceiptFile } from "../../run/receipt/judge-receipt-file.ts";
import { readPemCertificates } from "../../x509/pem.ts";
import { type CertificateFields, readCertificate } from "../../x509/read-certificate.ts";
import type { CliContext } from "../context.ts";
import { judgedReceiptText, receiptJson } from "./judged-receipt-text.ts";

export interface VerifyArguments {
  readonly file: string;
  readonly ca?: string | undefined;
}

/** `lotmint receipt verify`: 0 when the receipt fits, 3 when anything does not, 2 for a file that is none. */
export async function runVerify({ file, ca }: VerifyArguments, context: CliContext): Promise<number> {
  const octets = openReceiptFile(resolve(context.cwd, file));
  const anchors = ca === undefined ? undefined : readAnchors(resolve(context.cwd, ca));
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

function readAnchors(path: string): readonly CertificateFields[] {
  try {
    const anchors = readPemCertificates(readFileSync(path, "utf8")).map(readCertificate);
    if (anchors.length > 0) return anchors;
  } catch (error) {
    const told = inputError(error, path);
    if (told instanceof OnboardingError) throw told;
  }
  throw new OnboardingError(`${path} holds no certificate in PEM`, { code: "usage" });
}
