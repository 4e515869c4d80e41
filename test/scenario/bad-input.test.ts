import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CELLS, ENCODINGS, IDS, SHAPES } from "./bad-manifests.ts";
import { runInProcess } from "./in-process.ts";

const PASSPHRASE = "a passphrase for bad input";
let home: string;
const run = (...argv: string[]) => runInProcess(["--home", home, ...argv, "--json"], home, { LOTMINT_PASSPHRASE: PASSPHRASE });
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "lotmint-bad-"));
  mkdirSync(join(home, "input"));
  mkdirSync(join(home, "jobs"));
  expect((await run("authority", "create", "root")).code).toBe(0);
  writeFileSync(join(home, "input/taken.csv"), "id\nTAKEN-1\nTAKEN-2\n");
  expect((await run("run", "input/taken.csv", "--issuer", "root")).code).toBe(0);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));


import { JOBS, SITES, LINES } from "./bad-settings.ts";
test("dump", async () => {
  const out: unknown[] = [];
  const add = async (set: string, name: unknown, argv: string[]) => {
      const t = performance.now();
      const { code, text } = await run(...argv);
      const ms = Math.round(performance.now() - t);
      let answer: any;
      try { answer = JSON.parse(text); } catch { answer = { raw: text.slice(0, 300) }; }
      const told = answer.error ? [answer.error.message] : (answer.problems ?? []).map((p: any) => `${p.line} ${p.field}: ${p.message}`);
      out.push({ set, name, code, ms, mint: answer.mint, told: told.map((t: string) => t.replaceAll(home, "HOME")), raw: answer.raw });
  };
  for (const [set, list] of Object.entries({ ENCODINGS, SHAPES, IDS, CELLS })) {
    for (const { name, content, job = {} } of list) {
      const { idRule, ...keys } = job as { idRule?: string };
      writeFileSync(join(home, "lotmint.yaml"), JSON.stringify(idRule === undefined ? {} : { idRule }));
      writeFileSync(join(home, "input/bad.csv"), content);
      writeFileSync(join(home, "jobs/bad.yaml"), JSON.stringify({ manifest: "../input/bad.csv", issuer: "root", ...keys }));
      await add(set, name, ["plan", "bad"]);
    }
  }
  rmSync(join(home, "input/bad.csv"));
      writeFileSync(join(home, "lotmint.yaml"), "{}");
  writeFileSync(join(home, "input/good.csv"), "id,name\nGOOD-1,x\n");
  for (const { name, text } of JOBS) {
      writeFileSync(join(home, "jobs/bad.yaml"), text);
      await add("JOBS", name, ["plan", "bad"]);
  }
  rmSync(join(home, "jobs/bad.yaml"));
  writeFileSync(join(home, "jobs/good.yaml"), "manifest: ../input/good.csv\nissuer: root\n");
  for (const { name, text } of SITES) {
      writeFileSync(join(home, "lotmint.yaml"), text);
      await add("SITES", name, ["plan", "good"]);
  }
      writeFileSync(join(home, "lotmint.yaml"), "{}");
  for (const words of LINES) {
      await add("LINES", words.join(" "), words.map((w) => w.replace("HOME", home)));
  }
  writeFileSync("/tmp/gen/dump.json", JSON.stringify(out, null, 1));
}, 100_000);
