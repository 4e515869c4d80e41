import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { programPath } from "./harness.ts";

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const empty = mkdtempSync(join(tmpdir(), "lotmint-bundle-"));
afterAll(() => rmSync(empty, { recursive: true, force: true }));

/** Exit code and words of a command line. */
async function answer(program: string, args: readonly string[]): Promise<readonly [number, string, string]> {
  try {
    const { stdout, stderr } = await run(execPath, [program, ...args], { cwd: empty });
    return [0, stdout, withoutTime(stderr)];
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return [code, stdout, withoutTime(stderr)];
  }
}

function withoutTime(log: string): string {
  return log.replace(/"time":"[^"]+"/g, "");
}

test.each([[["--version"]], [["--help"]], [["status", "--json"]], [["run", "nowhere"]], [["no-such-command"]]])(
  "the bundle and src/main.ts answer %j alike",
  async (args) => {
    const [bundled, source] = await Promise.all([answer(programPath(), args), answer(SOURCE, args)]);
    expect(bundled).toEqual(source);
  },
);

test.skipIf(programPath() === SOURCE)("the bundle's main file is mapped to its sources", () => {
  const map = JSON.parse(readFileSync(`${programPath()}.map`, "utf8")) as { readonly sources: readonly string[] };
  expect(map.sources.some((source) => source.endsWith("src/main.ts"))).toBe(true);
});

test.skipIf(programPath() === SOURCE).each(["check-worker.js", "mint-worker.js", "fill-worker.js"])(
  "%s, a thread's file of the bundle, loads nothing of the command line",
  (entry) => {
    const folder = dirname(programPath());
    const loaded = new Set([entry]);
    for (const file of loaded) {
      const text = readFileSync(join(folder, file), "utf8");
      for (const [, next = ""] of text.matchAll(/^import .*?"\.\/([^"]+)";$/gm)) loaded.add(next);
    }
    expect(loaded.size).toBeGreaterThan(1);
    expect([...loaded].filter((file) => file.startsWith("command-line"))).toEqual([]);
  },
);
