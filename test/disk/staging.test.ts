import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeStaged, stagingName } from "../../src/disk/staging.ts";

test("what a killed command left long ago goes; what another one is at work on, and what is not of this name, stays", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-staging-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const make = (name: string, minutesAgo: number) => {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(join(path, "file"), "");
    utimesSync(path, Date.now() / 1000 - minutesAgo * 60, Date.now() / 1000 - minutesAgo * 60);
    return path;
  };
  const old = [stagingName("line"), ".line.new"].map((name) => make(name, 11));
  const kept = [
    make(stagingName("line"), 9),
    make(stagingName("line.2"), 11),
    make("line.new", 11),
    make(".line.notes.new", 11),
  ];
  const mine = make(stagingName("line"), 0);
  removeStaged(mine, "line");
  expect([...old, ...kept, mine].filter((path) => existsSync(path))).toEqual([...kept, mine]);
});
