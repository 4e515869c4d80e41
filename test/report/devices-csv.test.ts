import { expect, test } from "vitest";
import { NEVER_MS } from "../../src/domain/certificate.ts";
import type { DeviceRecord } from "../../src/domain/report.ts";
import { devicesCsv } from "../../src/report/devices-csv.ts";
import { pagesOf, textOf } from "../fixtures/lot-report.ts";

function device(externalId: string, notAfterMs: number | null = NEVER_MS): DeviceRecord {
  return { externalId, serialNumber: "40ab", sha256: "cd", notAfterMs, stage: "confirmed" };
}

test("each device is a line, its end in ISO 8601, an end that never comes included", async () => {
  const end = Date.UTC(2027, 0, 2, 3, 4, 5);
  expect(await textOf(devicesCsv(pagesOf([device("SN-1")], [], [device("SN-2", end), device("SN-3", null)])))).toBe(
    [
      "id,serialNumber,sha256,notAfter,stage",
      "SN-1,40ab,cd,9999-12-31T23:59:59Z,confirmed",
      "SN-2,40ab,cd,2027-01-02T03:04:05Z,confirmed",
      "SN-3,40ab,cd,,confirmed",
      "",
    ].join("\n"),
  );
});

test("a lot without devices is a header", async () => {
  expect(await textOf(devicesCsv(pagesOf()))).toBe("id,serialNumber,sha256,notAfter,stage\n");
});

test("a cell that would break the row is quoted, and one that looks like a formula is left alone", async () => {
  const text = await textOf(devicesCsv(pagesOf([device('a,"b"'), device("=1+1")])));
  expect(text).toContain('\n"a,""b""",40ab,');
  expect(text).toContain("\n=1+1,40ab,");
});

test("chunks come page by page, before the next page is asked for", async () => {
  let asked = 0;
  async function* pages() {
    for (;;) {
      asked++;
      yield [device(`SN-${asked}`)];
    }
  }
  const chunks = devicesCsv(pages());
  await chunks.next();
  expect(asked).toBe(0);
  await chunks.next();
  expect(asked).toBe(1);
  await chunks.return(undefined);
});
