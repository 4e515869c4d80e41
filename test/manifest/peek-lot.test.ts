import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { peekLot } from "../../src/manifest/peek-lot.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-peek-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

test("a corrected rejects file tells its lot, whatever its separator, case and columns", async () => {
  expect(await peekLot(file("a.csv", "id,lotmint:lot,lotmint:line\nA,L 7,3\n"))).toBe("L 7");
  expect(await peekLot(file("b.csv", "Device ID;LotMint:Lot\r\nA;L8\r\n"))).toBe("L8");
  expect(await peekLot(file("c.csv", '"id","name","lotmint:lot"\n"A","x, y","L9"\n'))).toBe("L9");
});

test("an ordinary manifest belongs to no lot yet", async () => {
  expect(await peekLot(file("d.csv", "id,name\nA,one\n"))).toBeUndefined();
});

test("what is no manifest belongs to no lot: reading it whole tells what is wrong", async () => {
  expect(await peekLot(file("e.csv", ""))).toBeUndefined();
  expect(await peekLot(file("f.csv", Buffer.from([0x50, 0x4b, 3, 4, 0, 0])))).toBeUndefined();
  expect(await peekLot(join(folder, "none.csv"))).toBeUndefined();
});

test("a caller that opens files in its own way is asked to, and what it refuses belongs to no lot", async () => {
  const path = file("g.csv", "id,lotmint:lot\nA,L7\n");
  expect(await peekLot("elsewhere", () => createReadStream(path))).toBe("L7");
  const refusing = () => {
    throw Object.assign(new Error("a link"), { code: "ELOOP" });
  };
  expect(await peekLot(path, refusing)).toBeUndefined();
});
