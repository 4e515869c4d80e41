import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { placeDrop } from "../../src/watch/place-drop.ts";

const NOW = new Date(2026, 0, 31, 5, 30);

function folder(root = tmpdir()): string {
  const path = mkdtempSync(join(root, "lotmint-place-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function world(root?: string) {
  const input = join(folder(), "input");
  mkdirSync(input);
  const path = join(folder(root), "upload");
  writeFileSync(path, "id\n1\n");
  const recorded: string[] = [];
  const record = async ({ name }: { readonly name: string }) => {
    recorded.push(name);
  };
  return { input, path, recorded, options: { input, now: NOW, record } };
}

test.each([
  ["the same file system", tmpdir()],
  ...(existsSync("/dev/shm") ? [["another file system", "/dev/shm"]] : []),
])("a file from %s is moved whole, with a ready mark, and nothing else is left", async (_, root) => {
  const { input, path, options } = world(root);
  expect(await placeDrop(path, "A.csv", options)).toBe("A.csv");
  expect(readFileSync(join(input, "A.csv"), "utf8")).toBe("id\n1\n");
  expect([readdirSync(input).sort(), existsSync(path)]).toEqual([["A.csv", "A.csv.ready"], false]);
  expect(statSync(join(input, "A.csv")).nlink).toBe(1);
});

test("nothing that lies there is overwritten, and no mark vouches for another file", async () => {
  const { input, path, recorded, options } = world();
  writeFileSync(join(input, "A.csv"), "theirs");
  writeFileSync(join(input, "A-20260131-053000.csv.ready"), "");
  expect(await placeDrop(path, "A.csv", options)).toBe("A-20260131-053000-2.csv");
  expect([readFileSync(join(input, "A.csv"), "utf8"), recorded]).toEqual(["theirs", ["A-20260131-053000-2.csv"]]);
});

test("a name that is taken while the act is recorded is given up for another", async () => {
  const { input, path, recorded, options } = world();
  const record = async ({ name }: { readonly name: string }) => {
    recorded.push(name);
    if (recorded.length === 1) writeFileSync(join(input, name), "theirs");
  };
  expect(await placeDrop(path, "A.csv", { ...options, record })).toBe("A-20260131-053000.csv");
  expect(recorded).toEqual(["A.csv", "A-20260131-053000.csv"]);
  expect(readFileSync(join(input, "A.csv"), "utf8")).toBe("theirs");
});

test("what cannot be recorded is not dropped", async () => {
  const { input, path, options } = world();
  const record = async () => {
    throw new Error("the ledger is away");
  };
  await expect(placeDrop(path, "A.csv", { ...options, record })).rejects.toThrow("the ledger is away");
  expect([readdirSync(input), existsSync(path)]).toEqual([[], true]);
});

test("a name that is none of a manifest, a link and a drop folder that is gone are refused, and the file stays", async () => {
  const { input, path, options } = world();
  for (const name of ["A.exe", "", "..", ".csv/", "A.csv.result.txt"]) {
    await expect(placeDrop(path, name, options)).rejects.toMatchObject({ code: "usage" });
  }
  const link = `${path}-link`;
  symlinkSync(path, link);
  await expect(placeDrop(link, "A.csv", options)).rejects.toMatchObject({ code: "usage" });
  rmSync(input, { recursive: true });
  await expect(placeDrop(path, "A.csv", options)).rejects.toMatchObject({ code: "disk-unwritable" });
  expect(existsSync(path)).toBe(true);
});
