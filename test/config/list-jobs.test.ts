import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listJobs } from "../../src/config/list-jobs.ts";
import { type Home, homeLayout } from "../../src/disk/layout.ts";

let home: Home;
beforeEach(() => {
  home = homeLayout(mkdtempSync(join(tmpdir(), "lotmint-jobs-")));
  mkdirSync(home.jobs);
});
afterEach(() => rmSync(home.root, { recursive: true, force: true }));

function write(name: string, yaml: string): void {
  writeFileSync(join(home.jobs, name), yaml);
}

test("jobs come by name, with the absolute pattern of their manifests and whether they have a schedule", () => {
  write("b.yml", "manifest: ../input/B*.csv\nschedule: '0 5 * * *'\n");
  write("a.yaml", "issuer: line-1\n");
  write("a-b.yaml", "manifest: /exports/x.csv\n");
  for (const name of [".hidden.yaml", "job.schema.json", "notes.txt"]) write(name, "manifest: x\n");
  expect(listJobs(home, { defaults: {} }).map(({ name, manifest, scheduled }) => [name, manifest, scheduled])).toEqual([
    ["a", undefined, false],
    ["a-b", "/exports/x.csv", false],
    ["b", join(home.input, "B*.csv"), true],
  ]);
});

test("what a job leaves out comes from the site's defaults", () => {
  write("a.yaml", "issuer: line-1\n");
  const [job] = listJobs(home, { defaults: { manifest: "/all/*.csv", schedule: "0 5 * * *" } });
  expect(job).toMatchObject({ manifest: "/all/*.csv", scheduled: true });
});

test("a file that is no YAML is told and hides no other; any other problem does not matter here", () => {
  write("a.yaml", "manifest: [\n");
  write("b.yaml", "manifest: b.csv\nno-such-key: 1\n");
  const [broken, other] = listJobs(home, { defaults: {} });
  expect(broken?.problem).toMatch(/jobs\/a\.yaml:\d+/);
  expect(other).toMatchObject({ name: "b", manifest: join(home.jobs, "b.csv") });
});

test("without a folder there are no jobs", () => {
  rmSync(home.jobs, { recursive: true });
  expect(listJobs(home, { defaults: {} })).toEqual([]);
});
