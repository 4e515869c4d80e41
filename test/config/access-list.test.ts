import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { closingCommand, type RunProgram, readersOf } from "../../src/config/access-list.ts";

const ME = "S-1-5-21-1004336348-1177238915-682003330-1001";

/** What `whoami` prints, and what `icacls /save` writes for a list: the name, then SDDL, in UTF-16. */
function windows(list: string, asked: string[] = []): RunProgram {
  return (program, args) => {
    asked.push([program, ...args].join(" "));
    if (program === "whoami") return `"LINE-3\\operator","${ME}"\r\n`;
    const saved = args[args.indexOf("/save") + 1];
    if (saved === undefined) throw new Error("icacls was not asked to save");
    writeFileSync(saved, `secret.txt\r\n${list}\r\n`, "utf16le");
    return "";
  };
}

const othersOf = (list: string) => readersOf("C:\\keys\\secret.txt", windows(list));

test("a file that only its owner, the system and administrators may read has no other readers", () => {
  for (const list of [
    `D:PAI(A;;FA;;;${ME})`,
    `D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;${ME})`,
    `D:PAI(A;OICI;FA;;;${ME})(A;OICIIO;FA;;;CO)(A;OICIIO;FA;;;BU)`,
    // May change attributes, and is refused the rest.
    `D:(A;;0x100;;;BU)(D;;FA;;;WD)(A;;FA;;;${ME})S:(AU;SA;FA;;;WD)`,
  ]) {
    expect(othersOf(list), list).toEqual({ others: [], owner: ME });
  }
});

test.each([
  [`D:AI(A;ID;FA;;;${ME})(A;ID;0x1200a9;;;BU)`, ["BU"]],
  ["D:(A;;FR;;;WD)(A;;GA;;;AU)(A;;FR;;;WD)", ["WD", "AU"]],
  [`D:(XA;;FR;;;S-1-5-21-9;(Member_of{SID(BA)}))(A;;FA;;;${ME})`, ["S-1-5-21-9"]],
  ["D:(A;;0x80000000;;;BG)", ["BG"]],
  // Who may give himself rights, or the file itself, can read it.
  ["D:(A;;WD;;;BU)(A;;WO;;;BG)", ["BU", "BG"]],
  ["D:NO_ACCESS_CONTROL", ["WD"]],
])("of %s others may read", (list, others) => {
  expect(othersOf(list)).toMatchObject({ others });
});

test("a denied permission, a missing program and an answer without a list are unknown, not safe", () => {
  const broken: RunProgram = () => {
    throw new Error("spawnSync icacls ENOENT\nmore");
  };
  expect(readersOf("f", broken)).toEqual({ unknown: "spawnSync icacls ENOENT" });
  expect(readersOf("f", () => "?")).toEqual({ unknown: "whoami did not name this user's SID" });
  expect(othersOf("")).toEqual({ unknown: "icacls printed no access list" });
});

test("the programs get the path as one argument, and the cure closes exactly that file", () => {
  const asked: string[] = [];
  readersOf("C:\\my keys\\a&b.txt", windows("D:", asked));
  expect(asked[0]).toBe("whoami /user /fo csv /nh");
  expect(asked[1]).toMatch(/^icacls C:\\my keys\\a&b\.txt \/save .+ \/q$/);
  expect(closingCommand("C:\\my keys\\a", ME)).toBe(`icacls "C:\\my keys\\a" /inheritance:r /grant:r "*${ME}:F"`);
});
