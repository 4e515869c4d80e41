import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLotmint } from "./harness.ts";

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "lotmint-line-"));
  mkdirSync(join(home, "jobs"));
});
afterAll(() => rmSync(home, { recursive: true }));

const run = (...args: readonly string[]) => startLotmint(args, { logForPeople: true }).ended;

test("lotmint help run is lotmint run --help", async () => {
  const [help, option] = await Promise.all([run("help", "run"), run("run", "--help")]);
  expect([help.code, help.stdout]).toEqual([0, option.stdout]);
  expect(help.stdout).toContain("--accept-changes");
});

test("the log is text on a pipe unless JSON is asked for", async () => {
  const [text, json] = await Promise.all([
    run("--home", home, "run", "nothing"),
    run("--home", home, "run", "nothing", "--log-format", "json"),
  ]);
  expect([text.code, text.stderr]).toEqual([
    2,
    expect.stringMatching(/^error: there is no job and no manifest nothing/),
  ]);
  expect(JSON.parse(json.stderr)).toMatchObject({ level: 50, code: "usage" });
});
