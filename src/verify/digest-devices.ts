import { createHash } from "node:crypto";
import { deviceLines } from "../domain/device-line.ts";
import type { Receipt } from "../domain/receipt.ts";
import type { DeviceRecord } from "../domain/report.ts";

/**
 * How many devices come, and the digest of their lines `id,serialNumber,sha256,notAfter` with LF at each one's end, as
 * `tail -n +2 devices.csv | cut -d, -f1-4 | sha256sum` gives it. Holds one page at a time.
 */
export async function digestDevices(pages: AsyncIterable<readonly DeviceRecord[]>): Promise<Receipt["devices"]> {
  const digest = createHash("sha256");
  const line = deviceLines();
  let count = 0;
  for await (const page of pages) {
    let chunk = "";
    for (const device of page) chunk += `${line(device)}\n`;
    digest.update(chunk);
    count += page.length;
  }
  return { count, sha256: digest.digest("hex") };
}
