import { basename, dirname, join, win32 } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  homeLayout,
  idOfName,
  isNamedApart,
  isSegmentOf,
  lotLayout,
  lotLockFile,
  passwordSegment,
  safeName,
  segmentBatch,
  segmentName,
  segmentPart,
} from "../../src/disk/layout.ts";

test.each([
  ["ACM-000.1", "ACM-000.1"],
  ["CON", "%43ON"],
  ["con.txt", "%63on.txt"],
  ["COM7", "%43OM7"],
  ["NUL .txt", "%4EUL .txt"],
  ["LPT¹", "%4CPT¹"],
  ["CONIN$", "%43ONIN$"],
  ["console", "console"],
  ["a.", "a%2E"],
  ["a ", "a%20"],
  [".", "%2E"],
  ["..", ".%2E"],
  ["%2e", "%252e"],
  ["a/b", "a%2Fb"],
  ["a\\b", "a%5Cb"],
  ["a:b*c?", "a%3Ab%2Ac%3F"],
  ["", "%"],
])("the folder of id %j is %j", (id, name) => {
  expect(safeName(id)).toBe(name);
});

test("whatever the id, its folder's name is one name, and no other id has it", () => {
  const ids = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(ids, ids, (one, other) => {
      const name = safeName(one);
      expect(basename(join("/lot", name))).toBe(name);
      expect(dirname(join("/lot", name))).toBe("/lot");
      expect(name).not.toMatch(/[<>:"/\\|?*\u0000-\u001f]|[. ]$/);
      if (one !== "") expect(idOfName(name)).toBe(one);
      if (one !== other) expect(safeName(other)).not.toBe(name);
    }),
    { numRuns: 2000 },
  );
});

test("whatever the id, Windows takes its folder's name for no device, and keeps it as it is", () => {
  const devices = ["con", "PRN", "aux", "NUL", "COM1", "com²", "LPT9", "CONOUT$"];
  const tails = fc.string({ unit: fc.constantFrom(".", " ", "a", ":", "\\", "/", "%"), maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...devices), tails, (device, tail) => {
      const name = safeName(device + tail);
      // RtlIsDosDeviceName_U looks at what stands before the first dot or colon, without spaces after it.
      const looked = (/^[^.:]*/.exec(name)?.[0] ?? "").replace(/ +$/, "").toLowerCase();
      expect(devices.map((each) => each.toLowerCase())).not.toContain(looked);
      expect(win32.basename(win32.join("C:\\lot", name))).toBe(name);
      expect(name.replace(/[. ]+$/, "")).toBe(name);
      expect(idOfName(name)).toBe(device + tail);
    }),
  );
});

test("a lot's passwords go to a folder of its own on the drive that travels apart", () => {
  const home = homeLayout("/home");
  expect(lotLayout(home, "L1").passwords).toBe("/home/output/L1/secrets/passwords.csv");
  expect(lotLayout(home, "L1", "/media/usb").passwords).toBe("/media/usb/L1/passwords.csv");
});

test("a segment's name tells its batch, and no other file's does", () => {
  const lot = lotLayout(homeLayout("/home"), "L1");
  expect(
    segmentBatch(basename(passwordSegment(lot, segmentName(1234567, segmentPart("0123456789abcdef", "5e"))).placed)),
  ).toBe(1234567);
  expect(segmentBatch(basename(passwordSegment(lot, "segment-000007.csv").making))).toBe(7);
  expect(isSegmentOf("0123456789abcdef", segmentName(7, segmentPart("0123456789abcdef", "5e")))).toBe(true);
  expect(isSegmentOf("f123456789abcdef", segmentName(7, segmentPart("0123456789abcdef", "5e")))).toBe(false);
  expect(isSegmentOf("0123456789abcdef", "segment-000007.csv")).toBe(false);
  expect([segmentName(7, segmentPart("0123456789abcdef", "5e")), "segment-000007.csv"].map(isNamedApart)).toEqual([
    true,
    false,
  ]);
  expect(segmentBatch("passwords.csv")).toBeUndefined();
  expect(segmentBatch("segment-000007.csv.new")).toBeUndefined();
});

test("a folder that lotmint did not name is read without a fault, and stands for no id", () => {
  for (const name of ["100%", "a%zz", "%E2%28%A1", "con"]) expect(safeName(idOfName(name))).not.toBe(name);
});

test("a lot's lock has one name for all spellings that are one lot, and room for what SQLite appends", () => {
  const nameOf = (lot: string) => basename(lotLockFile("/locks", lot));
  expect(nameOf("L2026-47")).toBe("lot-l2026-47");
  expect(new Set(["Größe/7", "gro\u0308ße/7", "GRÖßE/7"].map(nameOf)).size).toBe(1);
  expect(nameOf("a/b")).not.toBe(nameOf("a%2fb"));
  const long = ["x".repeat(250), `${"x".repeat(249)}y`].map(nameOf);
  expect(new Set(long).size).toBe(2);
  for (const name of long) expect(name.length).toBeLessThan(200);
});
