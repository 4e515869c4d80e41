import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readYaml } from "../../src/config/read-yaml.ts";
import { OnboardingError } from "../../src/domain/error.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-yaml-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: string | Uint8Array) {
  const path = join(folder, "a.yaml");
  writeFileSync(path, content);
  return readYaml(path, "a.yaml");
}

test("a file with nothing but comments is an empty mapping", () => {
  expect(read("# later\n").value).toEqual({});
  expect(read("").value).toEqual({});
});

test("a date stays the text that was written", () => {
  expect(read("\ufeffa: 2040-01-01\n").value).toEqual({ a: "2040-01-01" });
});

test("aliases of plain values are filled in", () => {
  expect(read("a: &x {b: 1}\nc: *x\n").value).toEqual({ a: { b: 1 }, c: { b: 1 } });
});

test.each([
  ["a key that stands twice", "a: 1\nb: 2\na: 3\n", "a.yaml:3: the key stands here a second time"],
  ["a second document", "a: 1\n---\nb: 2\n", "a.yaml:2: holds a second document; keep one to a file, without ---"],
  ["a list", "- a\n", "a.yaml:1: must be a mapping of keys to values"],
  ["a plain word", "hello\n", "a.yaml:1: must be a mapping of keys to values"],
  ["an unknown tag", "a: 1\nb: !foo 2\n", "a.yaml:2: Unresolved tag: !foo"],
  ["a list that is a key", "? [a]\n: 1\n", "a.yaml:1: With stringKeys, all keys must be strings"],
  [
    "YAML 1.1",
    "%YAML 1.1\n---\na: yes\n",
    "a.yaml:1: asks for another YAML than 1.2, where yes and 012 mean something else",
  ],
  ["absurd nesting", "[".repeat(50_000), "a.yaml:1: is nested too deeply"],
])("%s is refused", (_, content, message) => {
  expect(() => read(content)).toThrow(
    expect.objectContaining({ code: "usage", message: expect.stringContaining(message) }),
  );
});

test.each([
  ["an alias that contains itself", "a: &x [*x]\n"],
  ["an alias without an anchor", "a: *x\n"],
  [
    "aliases that multiply",
    `a: &a [1,1,1,1,1,1,1,1,1]\n${["a:b", "b:c", "c:d"].map((step) => `${step[2]}: &${step[2]} [${Array(9).fill(`*${step[0]}`).join(",")}]`).join("\n")}\n`,
  ],
])("%s is refused", (_, content) => {
  expect(() => read(content)).toThrow(
    "a.yaml:1: uses an alias (*) that has no anchor (&) before it, contains itself or stands for too much",
  );
});

test("a merge key is a key like any other", () => {
  expect(read("x: &d {a: 1}\n<<: *d\n").value).toEqual({ x: { a: 1 }, "<<": { a: 1 } });
});

test("a file over 1 MiB, a file that is not UTF-8 and a missing file are refused", () => {
  expect(() => read(`a: ${"x".repeat(1024 * 1024)}`)).toThrow("a.yaml is larger than 1 MiB");
  expect(() => read(Buffer.from([0x61, 0x3a, 0x20, 0xff]))).toThrow("a.yaml is not UTF-8; save it as UTF-8");
  expect(() => readYaml(join(folder, "none.yaml"), "none.yaml")).toThrow("none.yaml is not there");
});

test("a place is found by its key, also when the value is elsewhere or nowhere", () => {
  const { locate } = read("a:\n  b:\n    - x\n    - y\nc: 1\n");
  expect(locate(["a", "b", 1])).toEqual({ file: "a.yaml", line: 4, key: "a.b[1]" });
  expect(locate(["a", "b"])).toMatchObject({ line: 2 });
  expect(locate(["a", "z", "y"])).toEqual({ file: "a.yaml", line: 1, key: "a.z.y" });
});

test("whatever stands in a file, the answer is a mapping or a usage error", () => {
  const parts = [
    "a",
    ": ",
    "\n",
    "  ",
    "- ",
    "&x ",
    "*x",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "!t ",
    "|\n",
    "---\n",
    "#",
    "%",
  ];
  const yamlish = fc.array(fc.constantFrom(...parts)).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(yamlish, (content) => {
      try {
        expect(read(content).value).toBeTypeOf("object");
      } catch (error) {
        expect(error).toBeInstanceOf(OnboardingError);
      }
    }),
    { numRuns: 300 },
  );
});
