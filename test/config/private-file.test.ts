import { expect, test } from "vitest";
import type { Readers } from "../../src/config/access-list.ts";
import { requirePrivate } from "../../src/config/private-file.ts";

const PATH = "C:\\lotmint\\pass.txt";
const ANY_MODE = { mode: 0o100666 };
const ME = "S-1-5-21-1";

function onWindows(found: Readers) {
  const warnings: string[] = [];
  const access = { system: "win32", readers: () => found, warn: (message: string) => warnings.push(message) } as const;
  return { warnings, check: () => requirePrivate(PATH, ANY_MODE, 0o077, access) };
}

test("on Windows a secret file is judged by its access list, whatever mode Node.js shows", () => {
  const closed = onWindows({ others: [], owner: ME });
  expect(closed.check).not.toThrow();
  expect(closed.warnings).toEqual([]);
  expect(onWindows({ others: ["BU"], owner: ME }).check).toThrow(
    expect.objectContaining({
      code: "usage",
      message: `${PATH} can be read by others (BU); protect it with: icacls "${PATH}" /inheritance:r /grant:r "*${ME}:F"`,
    }),
  );
});

test("an access list that cannot be read is told, and does not stop the run", () => {
  const { check, warnings } = onWindows({ unknown: "icacls is missing" });
  expect(check).not.toThrow();
  expect(warnings).toEqual([expect.stringContaining("could not be found out: icacls is missing")]);
});

test("elsewhere the mode decides, and no access list is asked for", () => {
  const readers = () => {
    throw new Error("asked");
  };
  expect(() => requirePrivate("/f", { mode: 0o100600 }, 0o077, { system: "linux", readers })).not.toThrow();
  expect(() => requirePrivate("/f", { mode: 0o100640 }, 0o077, { system: "linux", readers })).toThrow("chmod 600 /f");
});
