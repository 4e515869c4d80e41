import { deviceLines } from "../domain/device-line.ts";
import type { DeviceRecord } from "../domain/report.ts";

/** devices.csv for the MES, one chunk a page, LF at each line's end. */
export async function* devicesCsv(pages: AsyncIterable<readonly DeviceRecord[]>): AsyncGenerator<string> {
  yield "id,serialNumber,sha256,notAfter,stage\n";
  const line = deviceLines();
  for await (const page of pages) {
    let chunk = "";
    for (const device of page) chunk += `${line(device)},${device.stage}\n`;
    if (chunk !== "") yield chunk;
  }
}
