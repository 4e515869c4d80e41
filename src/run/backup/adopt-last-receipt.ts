import { hash } from "node:crypto";
import type { Home, LotLayout } from "../../disk/layout.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotLease } from "../../ledger/locks.ts";
import { readReceiptOctets } from "../../verify/read-receipt-octets.ts";
import { readReceiptFile, verifyReceiptSignature } from "../../verify/verify-receipt-signature.ts";
import { placeReceipts } from "../lot/place-receipts.ts";
import { receiptAnchors } from "../lot/receipt-anchors.ts";

/**
 * After a restore: takes in the receipt in a lot's output that was made after the backup, if one of this home's
 * authorities signed it for this lot and this ledger. True when one was taken in.
 */
export async function adoptLastReceipt(
  ledger: Ledger,
  lease: LotLease,
  home: Home,
  { receipt: files }: Pick<LotLayout, "receipt">,
): Promise<boolean> {
  const octets = readReceiptOctets(files);
  if (octets?.signature === undefined) return false;
  const receipt = readReceiptFile(octets.content);
  const anchors = receipt && receiptAnchors(home, receipt);
  if (receipt === undefined || anchors === undefined) return false;
  const { ledger: id } = await ledger.identity();
  if (receipt.lot !== lease.lot || receipt.ledger.id !== id) return false;
  if (verifyReceiptSignature(octets, anchors).faults.length > 0) return false;
  const adopted = await ledger.adoptReceipt(lease, {
    number: receipt.number,
    previous: receipt.previous?.number ?? null,
    sha256: hash("sha256", octets.content),
    content: octets.content.toString("utf8"),
    signature: octets.signature,
  });
  if (adopted) await placeReceipts(ledger, home);
  return adopted;
}
