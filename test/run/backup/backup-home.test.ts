import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { authorityLayout, type Home, homeLayout } from "../../../src/disk/layout.ts";
import type { LedgerFile } from "../../../src/ledger/ledger.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import { backupHome } from "../../../src/run/backup/backup-home.ts";
import { restoreHome } from "../../../src/run/backup/restore-home.ts";

const NOW_MS = Date.UTC(2026, 10, 25);
const now = () => NOW_MS;

let home: Home;
let ledger: LedgerFile;
beforeEach(async () => {
  home = homeLayout(mkdtempSync(join(tmpdir(), "lotmint-backup-")));
  ledger = await openLedger(home.ledger, { now });
});
afterEach(async () => {
  await ledger.close();
  rmSync(home.root, { recursive: true, force: true });
});

const at = (name: string) => join(home.root, name);
const restoring = (into: Home, file: string) => ({
  home: into,
  file,
  nowMs: NOW_MS,
  openLedger: (path: string) => openLedger(path, { now }),
});
const codes = (ends: readonly PromiseSettledResult<unknown>[]) =>
  ends.map((end) => (end.status === "fulfilled" ? "done" : (end.reason as { readonly code: string }).code)).sort();

test("of two backups at once one is made whole and the other is told to wait; what a killed one left does not matter", async () => {
  const leftover = join(home.state, ".backup");
  writeFileSync(leftover, "left behind");
  const ends = await Promise.allSettled(
    ["one.tar", "two.tar"].map((name) => backupHome(home, ledger, at(name), NOW_MS)),
  );
  expect(codes(ends)).toEqual(["done", "lot-held"]);
  expect(readdirSync(home.root).sort()).toEqual(["one.tar", "state"]);
  expect(existsSync(leftover)).toBe(false);
  // It is no lock on the next one, and no part of a backup.
  await backupHome(home, ledger, at("two.tar"), NOW_MS);
  expect(readFileSync(at("two.tar"), "latin1")).not.toContain("locks/");
});

test("a revocation list that is just being written is left out, since it may be gone before it is copied", async () => {
  const { folder, crlDer, crlPem, crlEntries } = authorityLayout(home, "line-1");
  mkdirSync(folder, { recursive: true });
  for (const path of [crlDer, `${crlDer}.new`, `${crlPem}.new`, crlEntries]) writeFileSync(path, "a list");
  const { files } = await backupHome(home, ledger, at("one.tar"), NOW_MS);
  expect(Object.keys(files).filter((name) => name.includes("crl"))).toEqual(["authorities/line-1/crl.der"]);
});

test("of two restores at once one is made and the other refused, and nothing is left beside the home's state", async () => {
  await backupHome(home, ledger, at("backup.tar"), NOW_MS);
  const fresh = homeLayout(at("fresh"));
  const ends = await Promise.allSettled([1, 2].map(() => restoreHome(restoring(fresh, at("backup.tar")))));
  expect(codes(ends)).toEqual(["done", "lot-held"]);
  expect(readdirSync(fresh.root)).toEqual(["state"]);
  // The home's own folder stays open to those who drop manifests.
  expect(statSync(fresh.root).mode & 0o777).toBe(0o777 & ~process.umask());
  await expect(restoreHome(restoring(fresh, at("backup.tar")))).rejects.toMatchObject({ code: "usage" });
});

test("a state that appears while a backup is restored is not replaced, and the restore can be repeated", async () => {
  await backupHome(home, ledger, at("backup.tar"), NOW_MS);
  const fresh = homeLayout(at("fresh"));
  const options = restoring(fresh, at("backup.tar"));
  const interrupted = restoreHome({
    ...options,
    openLedger: async (path) => {
      await (await openLedger(fresh.ledger, { now })).close();
      return options.openLedger(path);
    },
  });
  await expect(interrupted).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("not empty") });
  rmSync(fresh.state, { recursive: true });
  await restoreHome(options);
  expect(readdirSync(fresh.root)).toEqual(["state"]);
});
