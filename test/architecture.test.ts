import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** The floors of the house, from the ground up. A file imports its own folder or a lower floor. */
const FLOORS: readonly (readonly string[])[] = [
  ["domain"],
  ["asn1", "disk"],
  ["x509"],
  ["config", "authority", "ledger", "platform"],
  ["manifest", "plan", "mint", "keystore", "registration", "submit", "report", "verify"],
  ["run", "watch", "schedule"],
  ["page", "sandbox"],
  ["cli"],
  ["main.ts"],
];

/** Which folders may name a package; Node's own modules with an owner are listed too. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "node-forge": ["authority", "keystore"],
  "node:sqlite": ["ledger"],
  undici: ["platform"],
  "csv-parse": ["manifest"],
  "csv-stringify": ["registration", "report"],
  "p-limit": ["submit"],
  croner: ["schedule"],
  yargs: ["cli"],
  zod: ["config", "sandbox"],
  yaml: ["config"],
  aedes: ["sandbox"],
  "mqtt-packet": ["platform"],
  tar: ["disk"],
  pino: ["cli", "run", "watch", "schedule"],
};

/** Static imports and re-exports, side-effect imports, and `import("…")`. */
const IMPORT = /(?:^(?:import|export)\b[^;"]*?\bfrom\s+|^import\s+|\bimport\()"([^"]+)"/gm;

interface Import {
  readonly file: string;
  readonly from: string;
}

const files = globSync("src/**/*.ts");
const imports: readonly Import[] = files.flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(IMPORT)].map((match) => ({
    file,
    from: match[1] ?? "",
  })),
);

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function floorOf(folder: string): number {
  return FLOORS.findIndex((floor) => floor.includes(folder));
}

test("there is something to look at", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(100);
});

test("every source file stands on a floor", () => {
  expect(files.filter((file) => floorOf(folderOf(file)) === -1)).toEqual([]);
});

test("a file imports its own folder or a lower floor, never sideways, never upward", () => {
  const wrong = imports.filter(({ file, from }) => {
    if (!from.startsWith(".")) return false;
    const target = folderOf(normalize(join(dirname(file), from)));
    return target !== folderOf(file) && floorOf(target) >= floorOf(folderOf(file));
  });
  expect(wrong).toEqual([]);
});

test("every import names a file that exists", () => {
  const missing = imports.filter(({ file, from }) => from.startsWith(".") && !existsSync(join(dirname(file), from)));
  expect(missing).toEqual([]);
});

test("a package is imported by its owner alone", () => {
  const wrong = imports.filter(({ file, from }) => {
    const name = from.startsWith("node:") ? from : (from.split("/")[0] ?? "");
    if (from.startsWith(".") || (from.startsWith("node:") && !(from in OWNERS))) return false;
    return !OWNERS[name]?.includes(folderOf(file));
  });
  expect(wrong).toEqual([]);
});

test("every owned package is used by an owner", () => {
  const used = new Set(imports.map(({ from }) => (from.startsWith("node:") ? from : (from.split("/")[0] ?? ""))));
  expect(Object.keys(OWNERS).filter((name) => !used.has(name))).toEqual([]);
});

test("the domain touches nothing outside itself", () => {
  expect(imports.filter(({ file, from }) => folderOf(file) === "domain" && !from.startsWith("./"))).toEqual([]);
});

test("the environment is read in config alone", () => {
  const reading = files.filter(
    (file) => folderOf(file) !== "config" && /process\.env\b/.test(readFileSync(file, "utf8")),
  );
  expect(reading).toEqual([]);
});

test("every unit test file names a source file that exists", () => {
  const tests = globSync("test/**/*.test.ts").filter(
    (file) => !file.startsWith("test/scenario/") && file !== "test/architecture.test.ts",
  );
  const orphans = tests.filter((file) => !existsSync(file.replace(/^test\//, "src/").replace(/\.test\.ts$/, ".ts")));
  expect(orphans).toEqual([]);
});
