import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encryptKey } from "../../src/authority/authority-key.ts";
import { findPassphrase } from "../../src/cli/find-passphrase.ts";
import { takeSecrets } from "../../src/config/secrets.ts";
import { authorityLayout, homeLayout } from "../../src/disk/layout.ts";
import { typedTerminal } from "./terminal.ts";

const GOOD = "a good passphrase";
const home = homeLayout(mkdtempSync(join(tmpdir(), "lotmint-prompt-")));
const { folder, key } = authorityLayout(home, "line-1");

beforeAll(async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  mkdirSync(folder, { recursive: true });
  writeFileSync(key, await encryptKey(privateKey, GOOD));
});
afterAll(() => rmSync(home.root, { recursive: true, force: true }));

function find(name: string, answers: readonly string[], confirm: boolean) {
  const terminal = typedTerminal(answers);
  const around = { ...terminal, secrets: takeSecrets({}) };
  return { terminal, answer: findPassphrase(around, home, name, { file: undefined, confirm }) };
}

test("a new passphrase is asked for with its rule, and again after a short one and after a mismatch", async () => {
  const { terminal, answer } = find("new", ["short", GOOD, "another one", GOOD, GOOD], true);
  expect(await answer).toBe(GOOD);
  const shown = terminal.shown();
  expect(shown.split("\n")[0]).toContain("at least 12 characters");
  expect(shown).toContain("The passphrase is too short; use at least 12 characters; try again.");
  expect(shown).toContain("The two passphrases differ; try again.");
  for (const secret of ["short\r", GOOD, "another one"]) expect(shown).not.toContain(secret);
});

test("three mismatches end the command with 2, and nothing is done", async () => {
  const { answer } = find("new", [GOOD, "a", GOOD, "b", GOOD, "c"], true);
  await expect(answer).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("after 3 tries") });
});

test("the passphrase of a key that is here is asked for again while it does not open the key", async () => {
  const { terminal, answer } = find("line-1", ["wrong passphrase", GOOD], false);
  expect(await answer).toBe(GOOD);
  expect(terminal.shown()).toContain("That does not open its key; try again.");
});

test("three passphrases that do not open the key make the issuer unusable", async () => {
  const { answer } = find("line-1", ["wrong", "wrong", "wrong"], false);
  await expect(answer).rejects.toMatchObject({ code: "issuer-unusable" });
});
