import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  diskError,
  inputError,
  statIfThere,
  strayDiskFault,
  sudoUser,
  userName,
  wordsOf,
} from "../../src/disk/disk-error.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-fault-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function coded(code: string, more: object = {}): Error {
  return Object.assign(new Error(code), { code, ...more });
}

test("a fault of the disk names the path and what to do", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(diskError(full, "/out/file")).toMatchObject({
    code: "disk-unwritable",
    message: "cannot write /out/file: the disk is full; mend that and run again, nothing is lost",
  });
  // Another process at work in a folder that is being removed is no defect of ours.
  expect(diskError(coded("ENOTEMPTY"), "/out/folder")).toMatchObject({ code: "disk-unwritable" });
  const defect = new TypeError("x is undefined");
  expect(diskError(defect, "/out/file")).toBe(defect);
});

test("a denied permission is told with the user, the owner and the mode", () => {
  const file = join(folder, "mine");
  writeFileSync(file, "", { mode: 0o640 });
  const user = process.geteuid?.() ?? 0;
  const fault = diskError(coded("EACCES"), file) as Error;
  expect(fault.message).toContain(
    `permission is denied to ${userName(user)}: ${file} belongs to ${userName(user)} and has mode 0640`,
  );
  expect(fault.message).not.toContain("sudo");
});

test("of a path that is not there, the folder above it is told", () => {
  const fault = diskError(coded("EPERM"), join(folder, "a", "b")) as Error;
  expect(fault.message).toContain(`${folder} belongs to`);
});

test.each(["EISDIR", "ELOOP", "ENAMETOOLONG", "EROFS", "EMFILE", "ENFILE", "ETXTBSY", "EIO", "ENXIO", "EFBIG"])(
  "%s of something to read is the reader's, with words",
  (code) => {
    const fault = inputError(coded(code), "/in/file") as Error;
    expect(fault).toMatchObject({ code: "usage" });
    expect(fault.message).toMatch(/^cannot read \/in\/file: [a-z].{10,}/);
  },
);

test("what is not there is told by what it should have been", () => {
  expect(inputError(coded("ENOENT"), "/in/file", "there is no manifest")).toMatchObject({
    code: "usage",
    message: "there is no manifest /in/file",
  });
});

test("an error that nobody gave words on its way keeps its path; one that is no file's is handed back", () => {
  let thrown: unknown;
  try {
    readFileSync(folder);
  } catch (error) {
    thrown = error;
  }
  expect(strayDiskFault(thrown)).toMatchObject({ code: "disk-unwritable" });
  try {
    readFileSync(join(folder, "gone"));
  } catch (error) {
    expect(strayDiskFault(error)).toMatchObject({ message: expect.stringContaining(join(folder, "gone")) });
  }
  for (const other of [
    coded("ENOENT", { syscall: "spawn sync", path: "sync" }),
    coded("EACCES", { syscall: "listen" }),
    coded("ERR_INVALID_ARG_TYPE"),
    new TypeError("x is undefined"),
  ]) {
    expect(strayDiskFault(other)).toBe(other);
  }
});

test("a path through a file is not there; one through a circle of links cannot be told", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  mkdirSync(join(folder, "links"));
  symlinkSync("loop", join(folder, "links", "loop"));
  expect(statIfThere(join(file, "below"))).toBeUndefined();
  expect(() => statIfThere(join(folder, "links", "loop"))).toThrow(/ELOOP/);
});

test("a user is named as sudo takes it", () => {
  expect(userName(0)).toBe("root (uid 0)");
  expect(sudoUser(0)).toBe("root");
  expect(sudoUser(4_000_000)).toBe("'#4000000'");
});

test("on Windows a denied permission names both causes and the command that shows the access list", () => {
  const denied = Object.assign(new Error("EPERM"), { code: "EPERM" });
  expect(wordsOf(denied, "C:\\lot\\a.csv", "win32")).toBe(
    'permission is denied, or another program has it open; who may do what there is told by: icacls "C:\\lot\\a.csv"',
  );
});
