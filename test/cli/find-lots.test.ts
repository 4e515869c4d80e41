import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInProcess } from "../scenario/in-process.ts";

const ENV = { LOTMINT_PASSPHRASE: "a passphrase for these tests" };

let root = "";
let home = "";

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "lotmint-find-lots-"));
  home = join(root, "home");
  for (const folder of ["input", "jobs"]) mkdirSync(join(home, folder), { recursive: true });
  symlinkSync(home, join(root, "link"));
  for (const name of ["A-1", "B-1", "other"]) writeFileSync(join(home, "input", `${name}.csv`), `id\n${name}-x\n`);
  const job = (name: string, manifest: string) =>
    writeFileSync(join(home, "jobs", `${name}.yaml`), `manifest: ${manifest}\nissuer: line\n`);
  job("only-a", "../input/A-*.csv");
  job("first-b", "../input/B-*.csv");
  job("second-b", "../input/B-1.csv");
  writeFileSync(join(home, "jobs", "broken.yaml"), "manifest: [\n");
  await call("authority", "create", "line");
});
afterAll(() => rmSync(root, { recursive: true }));

async function call(...args: readonly string[]) {
  const { code, text, told } = await runInProcess(["--home", home, ...args], home, ENV);
  return { code, text, told: told.replace(/\s+/g, " ") };
}

test("a manifest goes with the job whose pattern matches it, and the log says with which", async () => {
  const { code, text, told } = await call("plan", "input/A-1.csv", "--json");
  expect([code, JSON.parse(text)]).toEqual([0, expect.objectContaining({ job: "only-a", lot: "A-1", mint: 1 })]);
  expect(told).toContain(`${join(home, "input/A-1.csv")} goes with job only-a`);
});

test("that holds also where the home is named by a link", async () => {
  const linked = await runInProcess(["--home", join(root, "link"), "plan", "input/A-1.csv", "--json"], home, ENV);
  expect([linked.code, JSON.parse(linked.text)]).toEqual([0, expect.objectContaining({ job: "only-a" })]);
});

test("a manifest that several jobs match is refused, naming them", async () => {
  const { code, told } = await call("run", "input/B-1.csv");
  expect([code, told]).toEqual([2, expect.stringContaining("several jobs: first-b, second-b; run one of them")]);
});

test("a manifest that no job matches needs an issuer, and --issuer needs no job", async () => {
  const { code, told } = await call("plan", "input/other.csv");
  expect([code, told]).toEqual([
    2,
    expect.stringMatching(/no job takes .*other\.csv, and no issuer given: pass --issuer NAME, or run a job/),
  ]);
  const given = await call("plan", "input/B-1.csv", "--issuer", "line", "--json");
  expect([given.code, JSON.parse(given.text)]).toEqual([0, expect.objectContaining({ job: "B-1" })]);
});

test("a lot that one of several matching jobs has begun goes on with that one", async () => {
  expect((await call("run", "second-b")).code).toBe(0);
  const { code, text } = await call("plan", "input/B-1.csv", "--json");
  expect([code, JSON.parse(text)]).toEqual([0, expect.objectContaining({ job: "second-b", keep: 1 })]);
});

test("names of jobs, lots and authorities that are nearly right are guessed", async () => {
  expect((await call("run", "only-b")).told).toContain("did you mean only-a?");
  expect((await call("status", "B-2")).told).toContain('there is no lot "B-2"; did you mean B-1?');
  expect((await call("authority", "show", "lien")).told).toContain('there is no authority "lien"; did you mean line?');
});
