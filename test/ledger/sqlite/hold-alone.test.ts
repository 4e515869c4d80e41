import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { holdAlone } from "../../../src/ledger/sqlite/hold-alone.ts";

let folder: string;
let path: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-alone-"));
  path = join(folder, "state", "watch.lock");
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

test("the second one is told who is the first, until that lets go", () => {
  const first = holdAlone(path, 4711, "watches here");
  expect(() => holdAlone(path, 4712, "watches here")).toThrowError(
    expect.objectContaining({ code: "lot-held", message: expect.stringContaining("process 4711 watches here") }),
  );
  first.release();
  holdAlone(path, 4713, "watches here").release();
});

test("a holder that was killed holds no more", async () => {
  const program = new URL("../../../src/ledger/sqlite/hold-alone.ts", import.meta.url).href;
  const code = `import { holdAlone } from ${JSON.stringify(program)};
    holdAlone(${JSON.stringify(path)}, process.pid, "watches here");
    console.log("held"); setInterval(() => {}, 1000);`;
  const script = join(folder, "hold.mjs");
  writeFileSync(script, code);
  const holder = spawn(execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  child = holder;
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  expect(() => holdAlone(path, 1, "watches here")).toThrow(`process ${holder.pid}`);
  holder.kill("SIGKILL");
  await new Promise((resolve) => holder.once("close", resolve));
  holdAlone(path, 1, "watches here").release();
});

test("a lock that cannot be made is told with the cure", () => {
  writeFileSync(join(folder, "state"), "");
  expect(() => holdAlone(path, 1, "watches here")).toThrowError(expect.objectContaining({ code: "disk-unwritable" }));
});
