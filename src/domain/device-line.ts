import { NEVER_MS } from "./certificate.ts";
import { isoTime } from "./iso-time.ts";
import type { DeviceRecord } from "./report.ts";

/** Makes the first four columns of a line of devices.csv: `id,serialNumber,sha256,notAfter`. */
export type DeviceLine = (device: Omit<DeviceRecord, "stage">) => string;

/**
 * For many devices, which share few dates. A cell that would need quotes does not occur in a good row; should one, it
 * is quoted as RFC 4180 has it. The date is ISO 8601 in whole seconds, UTC.
 */
export function deviceLines(): DeviceLine {
  const dates = new Map<number, string>();
  return ({ externalId, serialNumber, sha256, notAfterMs }) =>
    `${cell(externalId)},${serialNumber},${sha256},${date(notAfterMs, dates)}`;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function date(ms: number | null, known: Map<number, string>): string {
  if (ms === null) return "";
  const found = known.get(ms);
  if (found !== undefined) return found;
  const text = isoTime(Math.min(ms, NEVER_MS));
  if (known.size > 1000) known.clear();
  known.set(ms, text);
  return text;
}
