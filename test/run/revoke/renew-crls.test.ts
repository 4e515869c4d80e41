import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { homeLayout } from "../../../src/disk/layout.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { CrlRecord } from "../../../src/ledger/revocation-lists.ts";
import { renewCrls } from "../../../src/run/revoke/renew-crls.ts";

const DAY_MS = 86_400_000;
const WRITTEN: CrlRecord = { number: 1, entries: 2, sha256: "ab", thisUpdateMs: 0, nextUpdateMs: 30 * DAY_MS };

/** Asks for the renewal of one list. No authority is here, so that a list that is due is told as skipped. */
async function renew(list: { readonly due: number; readonly written: CrlRecord | null }, day: number) {
  const root = mkdtempSync(join(tmpdir(), "lotmint-renew-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const ledger = { revocationList: async () => ({ ...list, revoked: list.due }) } as unknown as Ledger;
  const tools = { home: homeLayout(root), ledger, now: () => day * DAY_MS, issuerAccess: async () => "" };
  const [renewed] = await renewCrls(tools, ["line", "line"]);
  return renewed?.kind;
}

test("a list is renewed from half of its life on", async () => {
  const list = { due: 2, written: WRITTEN };
  expect(await renew(list, 14.9)).toBe("current");
  expect(await renew(list, 15)).toBe("skipped");
});

test("a list that lacks an entry is due at any age, and an issuer without entries needs none", async () => {
  expect(await renew({ due: 3, written: WRITTEN }, 1)).toBe("skipped");
  expect(await renew({ due: 0, written: null }, 1)).toBe("current");
  expect(await renew({ due: 1, written: null }, 1)).toBe("skipped");
});
