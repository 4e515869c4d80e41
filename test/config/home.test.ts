import { tmpdir } from "node:os";
import { join, win32 } from "node:path";
import { expect, test } from "vitest";
import { resolveHome } from "../../src/config/home.ts";

test("the flag goes before LOTMINT_HOME, and that before the current folder", () => {
  const around = { cwd: tmpdir() };
  expect(resolveHome("/", around, { LOTMINT_HOME: "/usr" })).toBe("/");
  expect(resolveHome(undefined, around, { LOTMINT_HOME: "/usr" })).toBe("/usr");
  expect(resolveHome(undefined, around, { LOTMINT_HOME: "" })).toBe(tmpdir());
  expect(resolveHome(".", around, {})).toBe(tmpdir());
});

test("a home that is not there is refused, naming who asked for it", () => {
  const missing = join(tmpdir(), "no-such-home");
  expect(() => resolveHome("no-such-home", { cwd: tmpdir() }, {})).toThrow(
    `--home names ${missing}, which is no folder`,
  );
  expect(() => resolveHome(undefined, { cwd: "/" }, { LOTMINT_HOME: missing })).toThrow(
    `LOTMINT_HOME names ${missing}`,
  );
});

test.each([
  ["home", "D:\\line\\home"],
  ["..\\home", "D:\\home"],
  ["../home", "D:\\home"],
  ["\\home", "D:\\home"],
  ["E:\\home\\", "E:\\home"],
  ["\\\\server\\share\\home", "\\\\server\\share\\home"],
])("on Windows --home %s in D:\\line is %s", (flag, home) => {
  const missing = expect.stringContaining(`names ${home}, which is no folder`);
  const around = { cwd: "D:\\line" };
  expect(() => resolveHome(flag, around, {}, win32)).toThrow(expect.objectContaining({ message: missing }));
  expect(() => resolveHome(undefined, around, { LOTMINT_HOME: flag }, win32)).toThrow(
    expect.objectContaining({ message: missing }),
  );
});
