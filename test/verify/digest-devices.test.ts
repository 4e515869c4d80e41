import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { NEVER_MS } from "../../src/domain/certificate.ts";
import type { DeviceRecord } from "../../src/domain/report.ts";
import { devicesCsv } from "../../src/report/devices-csv.ts";
import { digestDevices } from "../../src/verify/digest-devices.ts";

const DEVICES: readonly DeviceRecord[] = [
  { externalId: "a", serialNumber: "01", sha256: "aa", notAfterMs: Date.UTC(2036, 0, 1), stage: "confirmed" },
  { externalId: "ü-2", serialNumber: "02", sha256: "bb", notAfterMs: NEVER_MS, stage: "revoked" },
  { externalId: "c", serialNumber: "03", sha256: "cc", notAfterMs: null, stage: "listed" },
];

async function* inPages(size: number, devices = DEVICES): AsyncGenerator<readonly DeviceRecord[]> {
  for (let start = 0; start < devices.length; start += size) yield devices.slice(start, start + size);
}

test("it is the digest of the first four columns of devices.csv, without its header, in whatever pages they come", async () => {
  let csv = "";
  for await (const chunk of devicesCsv(inPages(2))) csv += chunk;
  const lines = csv.split("\n").slice(1, -1);
  const fields = lines.map((line) => `${line.split(",").slice(0, 4).join(",")}\n`).join("");
  const expected = { count: 3, sha256: createHash("sha256").update(fields).digest("hex") };
  for (const size of [1, 2, 3]) expect(await digestDevices(inPages(size))).toEqual(expected);
});

test("a stage changes nothing, the order does", async () => {
  const staged = DEVICES.map((device) => ({ ...device, stage: "minted" as const }));
  expect(await digestDevices(inPages(2, staged))).toEqual(await digestDevices(inPages(2)));
  expect(await digestDevices(inPages(2, DEVICES.toReversed()))).not.toEqual(await digestDevices(inPages(2)));
});
