import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createAuthority } from "../../../src/authority/create-authority.ts";
import type { CliContext } from "../../../src/cli/context.ts";
import { renewHomeCrls } from "../../../src/cli/watch/renew-home-crls.ts";
import { homeLayout } from "../../../src/disk/layout.ts";
import { OnboardingError } from "../../../src/domain/error.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1);

test("a watcher renews a list at half of its life, and says once what keeps it from that", async () => {
  const root = mkdtempSync(join(tmpdir(), "lotmint-renew-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const home = homeLayout(root);
  const nothing = async () => undefined;
  const recorder = { reserveSerial: nothing, recordCertificate: nothing, abandonSerial: nothing };
  const passphrase = "correct horse battery";
  await createAuthority(home, recorder, { name: "line", passphrase, maxChain: 10, nowMs: NOW_MS - 20 * DAY_MS });
  const written = { number: 1, entries: 0, sha256: "ab", thisUpdateMs: NOW_MS - 16 * DAY_MS, nextUpdateMs: 0 };
  const list = { due: 0, revoked: 0, written: { ...written, nextUpdateMs: written.thisUpdateMs + 30 * DAY_MS } };
  const ledger = { revocationList: async () => list } as unknown as Ledger;
  const warned: string[] = [];
  const context = {
    home,
    now: () => NOW_MS,
    keyAccess: async () => {
      throw new OnboardingError("no passphrase given", { code: "usage" });
    },
    log: { info: () => undefined, warn: (_: object, message: string) => warned.push(message) },
  } as unknown as CliContext;
  const renew = renewHomeCrls(context, { use: (act) => act(ledger) });
  await renew();
  await renew();
  expect(warned).toEqual([expect.stringContaining("revocation list")]);
});
