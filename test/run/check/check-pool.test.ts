import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { MintedRecord } from "../../../src/ledger/reading.ts";
import { type CheckPool, openCheckPool } from "../../../src/run/check/check-pool.ts";
import type { DeviceToOpen } from "../../../src/run/check/check-worker.ts";
import { verifyDevices } from "../../../src/verify/verify-device.ts";
import {
  type ForeignAuthority,
  hasOpenssl,
  makeAuthority,
  makeDevice,
  PASSWORD,
} from "../../fixtures/foreign-device.ts";

const root = mkdtempSync(join(tmpdir(), "lotmint-check-pool-"));
let pool: CheckPool | undefined;
afterEach(() => pool?.close());
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.skipIf(!hasOpenssl)("devices opened by threads (skipped without openssl)", () => {
  const folder = join(root, "device");
  let authority: ForeignAuthority;
  let record: MintedRecord;
  beforeAll(() => {
    authority = makeAuthority(join(root, "authority"));
    record = makeDevice(authority, folder, "SN-1");
  });

  /** So many records of one folder, of which every third is of another device. */
  function devices(count: number): DeviceToOpen[] {
    return Array.from({ length: count }, (_, index) => {
      const externalId = index % 3 === 0 ? `SN-9${index}` : "SN-1";
      return { folder, record: { ...record, externalId }, password: PASSWORD, nowMs: Date.now() };
    });
  }

  test.each([3, 150])("%d devices differ, each in its place, as they do one by one", async (count) => {
    pool = openCheckPool(authority.chain, 2);
    const all = devices(count);
    const expected = all.flatMap((device) => verifyDevices([{ ...device, chain: authority.chain }]));
    expect(await pool.verify(all)).toEqual(expected);
    expect(expected.map((differences) => differences.length)).toEqual(all.map((_, index) => (index % 3 === 0 ? 1 : 0)));
    expect(await pool.verify([])).toEqual([]);
  });

  test("a thread's own defect is the caller's, with the place where it happened", async () => {
    pool = openCheckPool(authority.chain, 2);
    const broken = devices(150).map((device, index) => (index === 100 ? { ...device, folder: "\0" } : device));
    const error: unknown = await pool.verify(broken).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Error);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
    expect(cause).toContain("check-worker.ts");
  });
});
