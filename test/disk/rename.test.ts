import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { renameOver } from "../../src/disk/rename.ts";

/** A rename that fails so many times, each with the next of the codes, the last one for ever. */
function failing(times: number, ...codes: string[]) {
  const pauses: number[] = [];
  let tries = 0;
  const rename = () => {
    tries += 1;
    if (tries > times) return;
    const code = codes[Math.min(tries, codes.length) - 1] ?? "";
    throw Object.assign(new Error(code), { code });
  };
  return { rename, pause: (ms: number) => pauses.push(ms), pauses, tries: () => tries };
}

test("on Windows a rename over a file that is open elsewhere is tried again until it is let go", () => {
  const held = failing(3, "EPERM", "EACCES", "EBUSY");
  renameOver("a", "b", { system: "win32", ...held });
  expect(held.tries()).toBe(4);
  expect(held.pauses).toHaveLength(3);
});

test("a file that stays open is given up after two seconds, with the system's own error", () => {
  const held = failing(Number.POSITIVE_INFINITY, "EBUSY");
  expect(() => renameOver("a", "b", { system: "win32", ...held })).toThrow(expect.objectContaining({ code: "EBUSY" }));
  expect(held.pauses.reduce((sum, ms) => sum + ms, 0)).toBe(2000);
});

test("an error of another kind, and any error elsewhere, is thrown at once", () => {
  for (const [system, code] of [
    ["win32", "ENOENT"],
    ["win32", "EXDEV"],
    ["linux", "EBUSY"],
    ["darwin", "EPERM"],
  ] as const) {
    const failed = failing(1, code);
    expect(() => renameOver("a", "b", { system, ...failed })).toThrow(expect.objectContaining({ code }));
    expect([failed.tries(), failed.pauses]).toEqual([1, []]);
  }
});

test("a rename takes the place of a file that is there, under the rules of either system", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-rename-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const system of ["win32", "linux"] as const) {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    writeFileSync(from, system);
    renameOver(from, to, { system });
    expect(readFileSync(to, "utf8")).toBe(system);
  }
});
