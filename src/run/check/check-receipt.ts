import { receiptFiles } from "../../disk/layout.ts";
import { readReceiptOctets } from "../../verify/read-receipt-octets.ts";
import { verifyReceipt } from "../../verify/verify-receipt.ts";
import { readReceiptFile, verifyReceiptSignature } from "../../verify/verify-receipt-signature.ts";
import { receiptAnchors } from "../lot/receipt-anchors.ts";
import type { Check } from "./check-scope.ts";

/**
 * Compares the lot's last receipt with the ledger: that it is there, signed, as it was recorded, and tells of the devices
 * that the lot had then; of a sample the devices are left out.
 */
export async function checkReceipt({ ledger, home, lot, drawn, tell, notes }: Check): Promise<void> {
  const last = (await ledger.receipts(lot)).at(-1);
  if (last === undefined) return;
  const { number } = last;
  if ((await ledger.unplacedReceipts()).some((waiting) => waiting.number === number)) {
    notes.add(`receipt ${number} is recorded, and its files are not written yet: the next run does it`);
    return;
  }
  const fault = (what: string) => tell({ externalId: "", what: `receipt ${number}: ${what}` });
  const files = receiptFiles(home.receipts, number, lot);
  const octets = readReceiptOctets(files);
  if (octets === undefined) {
    fault(`${files.json} is not there; the lot's next run writes it again`);
    return;
  }
  const receipt = readReceiptFile(octets.content);
  const { faults } = verifyReceiptSignature(octets, receipt && receiptAnchors(home, receipt));
  for (const what of faults) fault(what);
  if (receipt === undefined) return;
  const scope = { devices: drawn === undefined, files: false };
  const verdict = await verifyReceipt(ledger, home, receipt, octets, scope);
  for (const what of verdict.faults) fault(what);
}
