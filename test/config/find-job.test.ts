import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findJob } from "../../src/config/find-job.ts";
import { homeLayout } from "../../src/disk/layout.ts";

const root = mkdtempSync(join(tmpdir(), "lotmint-find-"));
const cwd = join(root, "elsewhere");
const home = homeLayout(root);
beforeAll(() => {
  mkdirSync(home.jobs);
  mkdirSync(cwd);
  for (const path of [
    "jobs/sensors.yaml",
    "jobs/v1.2.yml",
    "elsewhere/lot.csv",
    "elsewhere/other.yaml",
    "elsewhere/sensors",
  ]) {
    writeFileSync(join(root, path), "");
  }
});
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ["sensors", "job", "jobs/sensors.yaml"],
  ["sensors.yaml", "job", "jobs/sensors.yaml"],
  ["v1.2", "job", "jobs/v1.2.yml"],
  ["other.yaml", "job", "elsewhere/other.yaml"],
  ["../jobs/sensors.yaml", "job", "jobs/sensors.yaml"],
  ["lot.csv", "manifest", "elsewhere/lot.csv"],
  ["./sensors", "manifest", "elsewhere/sensors"],
  ["../input/*.csv", "manifest", "input/*.csv"],
])("%s is a %s", (argument, kind, path) => {
  expect(findJob(argument, home, cwd)).toEqual({ kind, path: join(root, path) });
});

test("what is neither is refused, with the nearest job", () => {
  expect(() => findJob("sensor", home, cwd)).toThrow("there is no job and no manifest sensor; did you mean sensors?");
  expect(() => findJob("xyz.csv", home, cwd)).toThrow("jobs are sensors, v1.2");
});
