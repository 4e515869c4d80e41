import type { ReceiptFiles } from "../disk/layout.ts";
import { readRegular } from "../disk/read-regular.ts";
import type { ReceiptOctets } from "./verify-receipt-signature.ts";

/** Receipts and signatures have a few kilobytes, and some more for each part of a large lot. */
const LARGEST = 16 << 20;

/** A receipt and its signature; undefined where the receipt is not there. */
export function readReceiptOctets({ json, signature }: ReceiptFiles): ReceiptOctets | undefined {
  const content = readRegular(json, LARGEST)?.content;
  if (content === undefined) return undefined;
  return { path: json, content, signaturePath: signature, signature: readRegular(signature, LARGEST)?.content };
}
