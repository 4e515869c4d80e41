import { posix, win32 } from "node:path";
import { expect, test } from "vitest";
import { liesBelow, portablePath, stepsBelow } from "../../src/disk/relative-path.ts";

test("a path with slashes or backslashes means the same steps", () => {
  expect(stepsBelow("lot/a.csr")).toEqual(["lot", "a.csr"]);
  expect(stepsBelow("lot\\a.csr")).toEqual(["lot", "a.csr"]);
  expect(stepsBelow("lot/..a/00:1a:2b.csr")).toEqual(["lot", "..a", "00:1a:2b.csr"]);
});

test.each([
  "/etc/passwd",
  "\\windows\\a",
  "\\\\server\\share\\a",
  "\\\\?\\C:\\a",
  "C:\\a",
  "c:a",
  "../a",
  "a\\..\\..\\b",
  "lot/NUL",
  "con.csr",
  "COM1 .csr\\a",
])("%s leads out of the folder or to a device, on every system", (path) => {
  expect(stepsBelow(path)).toBeUndefined();
});

test("another drive, the folder itself and its neighbours are not below it", () => {
  for (const [path, below] of [
    ["C:\\home\\input\\a.csr", true],
    ["c:\\HOME\\Input\\..a\\b", true],
    ["D:\\home\\input\\a.csr", false],
    ["\\\\server\\share\\a.csr", false],
    ["C:\\home\\input", false],
    ["C:\\home\\input2\\a", false],
    ["C:\\home", false],
  ] as const) {
    expect(liesBelow(path, "C:\\home\\input", win32), path).toBe(below);
  }
  expect(liesBelow("/home/input/..a", "/home/input", posix)).toBe(true);
  expect(liesBelow("/home/other", "/home/input", posix)).toBe(false);
});

test("a recorded path is the same whichever system wrote it", () => {
  expect(portablePath(win32.join("lots", "L1", "manifest.csv"))).toBe("lots/L1/manifest.csv");
  expect(portablePath("lots/L1")).toBe("lots/L1");
});
