import { hash } from "node:crypto";
import { basename, dirname, relative, sep } from "node:path";
import { type Home, idOfName, type ReceiptFiles, receiptFiles, safeName } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Receipt } from "../../domain/receipt.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { readReceiptOctets } from "../../verify/read-receipt-octets.ts";
import { type SinceThen, verifyReceipt } from "../../verify/verify-receipt.ts";
import { verifyReceiptChain } from "../../verify/verify-receipt-chain.ts";
import { type ReceiptOctets, readReceiptFile, verifyReceiptSignature } from "../../verify/verify-receipt-signature.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";
import { receiptAnchors } from "../lot/receipt-anchors.ts";

/** A receipt's file and what was found of it. */
export interface JudgedFile {
  readonly file: string;
  /** Undefined where the file holds none any more. */
  readonly receipt: Receipt | undefined;
  /** Of the file. */
  readonly sha256: string;
  readonly faults: readonly string[];
  readonly notChecked: readonly string[];
  readonly sinceThen?: SinceThen;
}

/** What receipts are judged with. */
export interface JudgingHome {
  readonly home: Home;
  readonly ledger: Ledger;
}

const WITHOUT_HOME =
  "the chain of receipts, the devices, parts and manifests: they take the home of the receipt (--home)";
const WITHOUT_ANCHOR = "whether the issuer's certificate leads to a trusted root: name one with --ca FILE";

/**
 * The two files that make a receipt, by the name of either. Throws `usage` where there is no receipt, or where neither
 * of the two can be read as one.
 */
export function openReceiptFile(path: string): ReceiptOctets {
  const octets = readReceiptOctets(filesOf(path));
  if (octets === undefined) {
    throw new OnboardingError(`there is no receipt ${filesOf(path).json}`, { code: "usage" });
  }
  if (readReceiptFile(octets.content) === undefined && verifyReceiptSignature(octets).signed === undefined) {
    throw new OnboardingError(`${path} is no receipt, and no signature of one lies beside it`, { code: "usage" });
  }
  return octets;
}

/** receipt.json and receipt.p7s lie side by side, whichever of the two is named. */
function filesOf(path: string): ReceiptFiles {
  const stem = path.replace(/\.(?:json|p7s)$/i, "");
  const json = path.toLowerCase().endsWith(".p7s") ? `${stem}.json` : path;
  return { json, signature: path.toLowerCase().endsWith(".p7s") ? path : `${stem}.p7s` };
}

/** Judges a receipt by its signature alone; with `anchors` its certificate has to lead to one of them. */
export function judgeAlone(octets: ReceiptOctets, anchors?: readonly CertificateFields[]): JudgedFile {
  const { receipt, faults } = verifyReceiptSignature(octets, anchors);
  return {
    ...describe(octets, receipt),
    faults,
    notChecked: [...(anchors === undefined ? [WITHOUT_ANCHOR] : []), WITHOUT_HOME],
  };
}

/** Judges a receipt with its home: by signature, by what the ledger has, by its place, and the chain of all receipts. */
export async function judgeInHome(
  { home, ledger }: JudgingHome,
  octets: ReceiptOctets,
  anchors?: readonly CertificateFields[],
): Promise<JudgedFile> {
  const judged = await judgeOne({ home, ledger }, octets, anchors);
  const chain = await verifyReceiptChain(ledger, home);
  return {
    ...judged,
    faults: [...judged.faults, ...chain.faults.filter((fault) => !judged.faults.includes(fault))],
    notChecked: [...judged.notChecked, ...chain.notChecked],
  };
}

/** The same without the other receipts. */
export async function judgeOne(
  { home, ledger }: JudgingHome,
  octets: ReceiptOctets,
  given?: readonly CertificateFields[],
): Promise<JudgedFile> {
  const receipt = readReceiptFile(octets.content);
  const anchors = given ?? (receipt && receiptAnchors(home, receipt));
  const { faults } = verifyReceiptSignature(octets, anchors);
  const described = describe(octets, receipt);
  if (receipt === undefined) return { ...described, faults, notChecked: [] };
  const verdict = await verifyReceipt(ledger, home, receipt, octets, { devices: true, files: true });
  const unanchored = `whether the certificate of ${receipt.issuer.name} leads to a trusted root: no authority of this home has it`;
  return {
    ...described,
    ...(verdict.sinceThen !== undefined && { sinceThen: verdict.sinceThen }),
    faults: [...faults, ...placeFaults(home, octets.path, receipt), ...verdict.faults],
    notChecked: [...(anchors === undefined ? [unanchored] : []), ...verdict.notChecked],
  };
}

function describe({ path, content }: ReceiptOctets, receipt: Receipt | undefined) {
  return { file: path, receipt, sha256: hash("sha256", content, "hex") };
}

/** A receipt that lies where another belongs. */
function placeFaults(home: Home, path: string, receipt: Receipt): readonly string[] {
  const { number, lot } = receipt;
  if (dirname(path) === home.receipts) {
    const named = receiptFiles(home.receipts, number, lot).json;
    if (basename(named) === basename(path)) return [];
    return [`the order is turned round: ${path} holds receipt ${number} of lot ${lot}, which belongs into ${named}`];
  }
  const [folder = "", ...inside] = relative(home.output, path).split(sep);
  if (folder === ".." || inside.length !== 1 || folder === safeName(lot)) return [];
  return [
    `${path} is a receipt of lot ${lot}, and lies in the output of lot ${idOfName(folder)}: another lot's devices`,
  ];
}
