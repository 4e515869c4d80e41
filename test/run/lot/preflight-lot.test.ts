import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority } from "../../../src/authority/create-authority.ts";
import { adHocJob } from "../../../src/config/ad-hoc-job.ts";
import { readSite } from "../../../src/config/read-site.ts";
import { homeLayout } from "../../../src/disk/layout.ts";
import type { Platform } from "../../../src/platform/platform.ts";
import { askPlatform } from "../../../src/run/lot/preflight-lot.ts";
import type { RunTools } from "../../../src/run/lot/run-tools.ts";

const NOW_MS = Date.UTC(2026, 5, 1, 12);
const home = homeLayout(mkdtempSync(join(tmpdir(), "lotmint-preflight-")));

beforeAll(async () => {
  const recorder = { reserveSerial: nothing, recordCertificate: nothing, abandonSerial: nothing };
  await createAuthority(home, recorder, {
    name: "line",
    passphrase: "correct horse battery",
    maxChain: 10,
    nowMs: NOW_MS,
  });
});
afterAll(() => rmSync(home.root, { recursive: true, force: true }));

async function nothing(): Promise<void> {}

test("a platform that is away is asked four times before minting goes ahead, and no more", async () => {
  let asked = 0;
  const platform = {
    currentTenant: async () => {
      asked += 1;
      return { kind: "unknown", message: "reset" };
    },
  } as unknown as Platform;
  const tools = {
    home,
    site: readSite(home),
    now: () => NOW_MS,
    log: pino({ level: "silent" }),
    signal: new AbortController().signal,
  } as unknown as RunTools;
  const job = adHocJob("/input/thermo.csv", "line", readSite(home), NOW_MS);
  expect(await askPlatform(tools, job, platform)).toMatchObject({ kind: "unreachable" });
  expect(asked).toBe(4);
});
