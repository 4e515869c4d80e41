import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runInProcess } from "../../scenario/in-process.ts";
import { typedTerminal } from "../terminal.ts";

const GOOD = "a good passphrase";
let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "lotmint-fill-"));
  ask(1);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const ask = (keys: number) =>
  writeFileSync(join(home, "lotmint.yaml"), JSON.stringify({ keyPool: { "rsa-2048": keys } }));

async function fillTyping(...answers: readonly string[]) {
  const { stdin, stderr, shown } = typedTerminal(answers);
  const { code, text } = await runInProcess(["keys", "fill"], home, {}, { stdin, stderr });
  return { code, text, shown: shown() };
}

test("on a terminal a new pool's passphrase is asked for twice, with its rule, and an old one's once", async () => {
  const first = await fillTyping("too short", GOOD, GOOD);
  expect(first).toMatchObject({ code: 0, text: "rsa-2048: 1 of 1 key, 1 of them new\n" });
  expect(first.shown).toContain("at least 12 characters");
  expect(first.shown).not.toContain(GOOD);
  ask(2);
  expect(await fillTyping("another one, wrong")).toMatchObject({ code: 10 });
  expect(await fillTyping(GOOD)).toMatchObject({ code: 0, text: "rsa-2048: 2 of 2 keys, 1 of them new\n" });
  expect(await fillTyping()).toMatchObject({ code: 0, text: "rsa-2048: 2 of 2 keys, 0 of them new\n" });
});

test("Ctrl-C at the question ends it with 130, and nothing is made", async () => {
  expect(await fillTyping("\u0003")).toMatchObject({ code: 130 });
  expect(existsSync(join(home, "state", "key-pool"))).toBe(false);
});
