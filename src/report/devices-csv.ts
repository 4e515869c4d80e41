import { NEVER_MS } from "../domain/certificate.ts";
import { isoTime } from "../domain/iso-time.ts";
import type { DeviceRecord } from "../domain/report.ts";

/**
 * devices.csv for the MES, one chunk a page, LF at each line's end. A cell that would need quotes does
 * not occur in a good row; should one, it is quoted as RFC 4180 has it.
 */
export async function* devicesCsv(pages: AsyncIterable<readonly DeviceRecord[]>): AsyncGenerator<string> {
  yield "id,serialNumber,sha256,notAfter,stage\n";
  const dates = new Map<number, string>();
  for await (const page of pages) {
    let chunk = "";
    for (const { externalId, serialNumber, sha256, notAfterMs, stage } of page) {
      chunk += `${cell(externalId)},${serialNumber},${sha256},${date(notAfterMs, dates)},${stage}\n`;
    }
    if (chunk !== "") yield chunk;
  }
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** ISO 8601 in whole seconds. Devices of a batch share their end, so few dates are ever made. */
function date(ms: number | null, known: Map<number, string>): string {
  if (ms === null) return "";
  const found = known.get(ms);
  if (found !== undefined) return found;
  const text = isoTime(Math.min(ms, NEVER_MS));
  if (known.size > 1000) known.clear();
  known.set(ms, text);
  return text;
}
