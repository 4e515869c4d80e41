import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type MergedPasswords, mergePasswords, strikeListed } from "../../../src/run/passwords/merge-passwords.ts";

function lists(...contents: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-merge-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return contents.map((content, index) => {
    const path = join(folder, `${index}.csv`);
    writeFileSync(path, content);
    return path;
  });
}

async function pieces(merged: MergedPasswords): Promise<string[]> {
  const written: string[] = [];
  await merged.write((octets) => written.push(Buffer.from(octets).toString()));
  return written;
}

const HEADER = "id,password\n";

test("an id that stands in several lists, or twice in one, has its last password, and stands once", async () => {
  const paths = lists(`${HEADER}a,P1\nb,P2\na,P3\n`, "c,P4\n", `${HEADER}b,P5\nd,P6\n`);
  const merged = await mergePasswords({ paths });
  const text = (await pieces(merged)).join("");
  expect(text).toBe(`${HEADER}a,P3\nc,P4\nb,P5\nd,P6\n`);
  expect(merged).toMatchObject({ size: 4, octets: text.length });
});

test("it makes no difference how many of the repeated ids are looked at together", async () => {
  const ids = Array.from({ length: 300 }, (_, index) => `device-${index}`);
  const old = HEADER + ids.map((id) => `${id},OLD\n`).join("");
  const paths = lists(old, ...ids.slice(100, 250).map((id) => `${id},NEW\n`), "device-120,NEWEST\n");
  const whole = await pieces(await mergePasswords({ paths }));
  expect(await pieces(await mergePasswords({ paths }, 7))).toEqual(whole);
  const lines = new Map(
    whole
      .join("")
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",") as [string, string]),
  );
  expect(lines.size).toBe(300);
  expect([lines.get("device-99"), lines.get("device-100"), lines.get("device-120"), lines.get("device-250")]).toEqual([
    "OLD",
    "NEW",
    "NEWEST",
    "OLD",
  ]);
});

test("different ids with the same hash are both kept", async () => {
  // FNV-1a of 32 bits takes both to 0x5e4daa9d.
  const [one, other] = ["costarring", "liquid"];
  const merged = await mergePasswords({ paths: lists(`${one},P1\n${other},P2\n`, `${one},P3\n`) });
  expect((await pieces(merged)).join("")).toBe(`${HEADER}${other},P2\n${one},P3\n`);
});

test("a long list comes in pieces of whole lines, none of them large", async () => {
  const content = Array.from({ length: 20_000 }, (_, index) => `device-${index},${"P".repeat(26)}\n`).join("");
  const merged = await mergePasswords({ paths: lists(content) });
  const written = await pieces(merged);
  expect(written.join("")).toBe(HEADER + content);
  expect(written.length).toBeGreaterThan(10);
  expect(written.every((piece) => piece.endsWith("\n") && piece.length <= 131_072)).toBe(true);
});

test("lines with CRLF, a last line without an end, and ids outside of ASCII are taken; what is no line is not", async () => {
  const paths = lists("Gerät,P1\r\n,no id\nno comma\n\nb,P2", "x".repeat(200_000), "Gerät,P3\n");
  const merged = await mergePasswords({ paths });
  const text = (await pieces(merged)).join("");
  expect(text).toBe(`${HEADER}b,P2\nGerät,P3\n`);
  expect(merged.octets).toBe(Buffer.byteLength(text));
});

test("added passwords stand at the end", async () => {
  const merged = await mergePasswords({ paths: lists("a,P1\n"), added: new Map([["b", "P2"]]) });
  const text = (await pieces(merged)).join("");
  expect(text).toBe(`${HEADER}a,P1\nb,P2\n`);
  expect(merged).toMatchObject({ size: 2, octets: text.length });
});

test("a list that is changed while it is read ends the merging", async () => {
  const paths = lists("a,P1\n", "b,P2\n");
  const merged = await mergePasswords({ paths });
  appendFileSync(paths[0] ?? "", "c,P3\n");
  await expect(pieces(merged)).rejects.toMatchObject({
    code: "disk-unwritable",
    message: expect.stringContaining("was changed while it was read"),
  });
});

test("ids that stand in a list are struck", async () => {
  const ids = new Set(["a", "Gerät", "b", "c"]);
  await strikeListed(ids, { paths: lists(`${HEADER}Gerät,P1\n`, "a,P2\n"), added: new Map([["b", "P3"]]) });
  expect([...ids]).toEqual(["c"]);
});
