import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CELLS, ENCODINGS, IDS, SHAPES } from "./bad-manifests.ts";
import { JOBS, LINES, SITES } from "./bad-settings.ts";
import { PASSPHRASE, startLotmint, treeOf } from "./harness.ts";
import { runInProcess } from "./in-process.ts";

let home: string;
let before: Readonly<Record<string, string>>;

const path = (...names: string[]) => join(home, ...names);
const write = (name: string, content: string | Buffer) => writeFileSync(path(name), content);

/** All but what SQLite keeps beside an open ledger. */
function tree(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(treeOf(home)).filter(([name]) => !/-(?:wal|shm)$/.test(name)));
}

interface Answer {
  readonly problems?: readonly { readonly line: number; readonly field: string; readonly message: string }[];
  readonly error?: { readonly message: string };
}

/** Exit code and messages of a command: its error, or what `plan` says of each bad row. */
async function answer(...words: readonly string[]): Promise<readonly [number, readonly string[]]> {
  const argv = ["--home", home, ...words, "--json"];
  const { code, text } = await runInProcess(argv, home, { LOTMINT_PASSPHRASE: PASSPHRASE });
  const { error, problems = [] } = JSON.parse(text) as Answer;
  const rows = problems.map(({ line, field, message }) => `${line} ${field}: ${message}`);
  const told = error === undefined ? rows : [error.message];
  return [code, told.map((words) => words.replaceAll(home, "HOME"))];
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "lotmint-bad-"));
  mkdirSync(path("input"));
  mkdirSync(path("jobs"));
  expect(await answer("authority", "create", "root")).toEqual([0, []]);
  write("input/taken.csv", "id\nTAKEN-1\nTAKEN-2\n");
  expect(await answer("run", "input/taken.csv", "--issuer", "root")).toEqual([0, []]);
  write("input/good.csv", "id,name\nGOOD-1,x\n");
  write("jobs/good.yaml", "manifest: ../input/good.csv\nissuer: root\n");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Whatever is planned, and however it ends, nothing is written. */
beforeEach(() => {
  before = tree();
});
afterEach(() => {
  for (const name of ["lotmint.yaml", "jobs/bad.yaml", "input/bad.csv"]) rmSync(path(name), { force: true });
  expect(tree()).toEqual(before);
});

describe("a manifest", () => {
  test.each([...ENCODINGS, ...SHAPES, ...IDS, ...CELLS])("$name", async ({ content, job = {}, code, told }) => {
    const { idRule, ...keys } = job as { readonly idRule?: string };
    if (idRule !== undefined) write("lotmint.yaml", JSON.stringify({ idRule }));
    write("input/bad.csv", content);
    write("jobs/bad.yaml", JSON.stringify({ manifest: "../input/bad.csv", issuer: "root", ...keys }));
    expect(await answer("plan", "bad")).toEqual([code, told]);
  });
});

test.each(JOBS)("a job: $name", async ({ text, told }) => {
  write("jobs/bad.yaml", text);
  expect(await answer("plan", "bad")).toEqual([2, [told]]);
});

test.each(SITES)("a site file: $name", async ({ text, told }) => {
  write("lotmint.yaml", text);
  const [code, words] = await answer("plan", "good");
  expect([code, words]).toEqual([2, [told]]);
  expect(words.join()).not.toContain("geheim-4711");
});

test.each(LINES)("the command line %j", async (words, told) => {
  expect(await answer(...words)).toEqual([2, [told]]);
});

describe("the real program", () => {
  const run = async (...words: readonly string[]) => {
    const { code, stderr } = await startLotmint(["--home", home, ...words], { env: { LOTMINT_PASSPHRASE: PASSPHRASE } })
      .ended;
    const problems = stderr.split("\n").filter((line) => /"level":[56]0/.test(line));
    const told = problems.map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
    return [code, told.map((words) => words.replaceAll(home, "HOME"))];
  };
  const named = <T extends { readonly name: string }>(all: readonly T[], ...names: readonly string[]): readonly T[] =>
    all.filter(({ name }) => names.includes(name));

  test.each(named([...ENCODINGS, ...SHAPES], "a byte that is no UTF-8", "a cell of 10 MB", "10,000 columns"))(
    "refuses a manifest with $name with the same message",
    async ({ content, code, told }) => {
      write("input/bad.csv", content);
      expect(await run("plan", path("input/bad.csv"), "--issuer", "root")).toEqual([code, told]);
    },
  );

  test.each(named(JOBS, "a billion laughs", "an anchor that holds itself"))(
    "refuses $name with the same message",
    async ({ text, told }) => {
      write("jobs/bad.yaml", text);
      expect(await run("run", "bad")).toEqual([2, [told]]);
    },
  );
});

test("a run of a manifest with bad rows and one that is refused mint what they should, and no more", async () => {
  const ids = ["../../x", "CON", "a.", "%2e%2e%2f", "..", "ok-1", "OK-1", "x".repeat(65), "@SUM(A1)", "TAKEN-1"];
  write("input/bad.csv", `id,name\n${ids.map((id) => `"${id}",x\n`).join("")}`);
  const [code] = await answer("run", "input/bad.csv", "--issuer", "root");
  expect(code).toBe(3);
  const devices = Object.keys(treeOf(path("output/bad/devices"))).filter((name) => !name.includes("/"));
  expect(devices.sort()).toEqual(["%252e%252e%252f", "%43ON", ".%2E", "@SUM(A1)", "a%2E", "ok-1"]);
  const all = Object.keys(tree());
  expect(
    all.filter(
      (name) => !(name in before) && !/^(?:output|state\/lots|state\/locks|state\/receipts|input)\//.test(name),
    ),
  ).toEqual([]);
  write("input/bad.csv", 'id,name\nnew-1,x\nnew-2,"never closed\n');
  expect((await answer("run", "input/bad.csv", "--issuer", "root"))[0]).toBe(2);
  const after = Object.keys(treeOf(path("output/bad/devices"))).filter((name) => !name.includes("/"));
  expect(after.sort()).toEqual(devices);
  rmSync(path("input/bad.csv"));
  before = tree();
});
