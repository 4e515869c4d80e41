import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** The floors of the house, from the ground up. A file imports its own folder or a lower floor. */
const FLOORS: readonly (readonly string[])[] = [
  ["domain"],
  ["asn1", "disk"],
  ["x509"],
  ["config", "authority", "ledger", "platform"],
  ["manifest", "keystore", "registration", "report", "verify", "lookup"],
  ["plan", "mint", "submit"],
  ["run", "watch", "schedule"],
  ["page", "sandbox"],
  ["cli"],
  ["main.ts"],
];

/** Folders that a folder does not import although its floor allows it. */
const APART: Readonly<Record<string, readonly string[]>> = {
  sandbox: ["authority", "verify"],
};

/** What the folders inside a folder import of one another; "." stands for the files that lie in no inner folder. */
const INNER_RULES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "src/run": {
    ".": ["lot", "passwords", "receipt", "revoke"],
    lot: [],
    passwords: ["lot"],
    revoke: ["lot", "passwords"],
    remint: [".", "lot", "passwords", "revoke"],
    check: ["lot", "passwords", "revoke"],
    rehearse: ["lot", "passwords", "revoke"],
    backup: ["lot", "passwords", "revoke"],
    receipt: ["lot"],
  },
  "src/authority": {
    ".": ["hsm"],
    hsm: [],
    leaf: ["."],
    request: ["."],
    foreign: [".", "request", "hsm"],
  },
  "src/ledger": {
    ".": [],
    rules: ["."],
    sqlite: [".", "rules"],
  },
  "src/ledger/rules": {
    ".": ["statements"],
    statements: ["."],
  },
  "src/platform": {
    ".": [],
    http: ["."],
    device: [".", "http"],
  },
};

/** Imports that break a rule and are to go. A test fails for what stands in these three lists without need. */
const KNOWN_VIOLATIONS: readonly string[] = [];
/** Circles that are to go, each by one of its files. */
const KNOWN_CIRCLES: readonly string[] = [];
/** Folders that are to be divided. */
const KNOWN_LARGE_FOLDERS: readonly string[] = [];

const MOST_FILES_IN_A_FOLDER = 32;

/**
 * Which folders may name a package, with what lies in them. Of Node.js's own modules those with an owner are listed;
 * one without any is imported nowhere.
 */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "node-forge": ["authority/foreign"],
  "node:sqlite": ["ledger/sqlite"],
  // Asks Windows for access lists; everything else is done without another program.
  "node:child_process": ["config/access-list.ts"],
  "node:worker_threads": ["authority/hsm", "disk", "keystore/pool", "mint", "run/check"],
  // Native and optional: loaded when a key is in a token.
  pkcs11js: ["authority/hsm"],
  "node:tls": ["platform/http", "platform/device", "sandbox"],
  "node:http": ["sandbox", "page"],
  "node:https": ["sandbox"],
  undici: ["platform/http", "platform/device"],
  "csv-parse": ["manifest"],
  "csv-stringify": ["registration", "report"],
  "p-limit": ["submit"],
  croner: ["config"],
  yargs: ["cli"],
  "string-width": ["report", "cli"],
  zod: ["config", "sandbox/faults"],
  yaml: ["config"],
  aedes: ["sandbox/devices"],
  "mqtt-packet": ["platform/device"],
  tar: ["disk"],
  pino: ["cli", "run/lot", "watch", "schedule", "page"],
  fastify: ["page"],
  "@fastify/multipart": ["page"],
  "prom-client": ["page"],
};

/** Static imports and re-exports, of types too; side-effect imports, `import("…")` and `require.resolve("…")`. */
const IMPORT = /(?:^(?:import|export)\b[^;"]*?\bfrom\s+|^import\s+|\bimport\(|\brequire\.resolve\()"([^"]+)"/gm;
/** The name of an exported declaration; lists, default exports and re-exports there are none. */
const EXPORTED = /^export (?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/gm;

interface Import {
  readonly file: string;
  readonly from: string;
}

const files = globSync("src/**/*.ts").map((file) => file.replaceAll("\\", "/"));
const imports: readonly Import[] = files.flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(IMPORT)].map((match) => ({
    file,
    from: match[1] ?? "",
  })),
);
const ownImports = imports
  .filter(({ from }) => from.startsWith("."))
  .map(({ file, from }) => ({ file, to: normalize(join(dirname(file), from)) }));

const EDGES: ReadonlyMap<string, readonly string[]> = new Map(
  files.map((file) => [file, ownImports.filter((each) => each.file === file).map(({ to }) => to)]),
);

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** A package's name without the path inside it; Node.js's own modules keep theirs. */
function packageOf(from: string): string {
  return from.startsWith("node:")
    ? from
    : from
        .split("/")
        .slice(0, from.startsWith("@") ? 2 : 1)
        .join("/");
}

/** True for a file in this folder of src/ or in one below it. */
function isIn(folder: string, file: string): boolean {
  return file === `src/${folder}` || file.startsWith(`src/${folder}/`);
}

function floorOf(folder: string): number {
  return FLOORS.findIndex((floor) => floor.includes(folder));
}

/** The folder below `room` that a file lies in, however deep; "." for one directly in it, undefined outside. */
function innerOf(room: string, path: string): string | undefined {
  if (!path.startsWith(`${room}/`)) return undefined;
  const [inner = "", ...rest] = path.slice(room.length + 1).split("/");
  return rest.length === 0 ? "." : inner;
}

/** Groups of files that lead back to one another by imports (Tarjan's strongly connected components). */
function circles(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string): number => {
    const own = order.size;
    order.set(file, own);
    lowest.set(file, own);
    stack.push(file);
    for (const to of edges.get(file) ?? []) {
      if (!order.has(to)) lowest.set(file, Math.min(lowest.get(file) ?? own, visit(to)));
      else if (stack.includes(to)) lowest.set(file, Math.min(lowest.get(file) ?? own, order.get(to) ?? own));
    }
    const low = lowest.get(file) ?? own;
    if (low === own) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1) found.push(group.sort());
    }
    return low;
  };
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return found;
}

function largeFolders(): readonly string[] {
  const held = Map.groupBy(files, (file) => dirname(file));
  return [...held].filter(([, inside]) => inside.length > MOST_FILES_IN_A_FOLDER).map(([folder]) => folder);
}

test("there is something to look at", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(100);
});

test("every source file stands on a floor", () => {
  expect(files.filter((file) => floorOf(folderOf(file)) === -1)).toEqual([]);
});

test("every folder that a rule names exists", () => {
  const named = [
    ...FLOORS.flat().map((name) => `src/${name}`),
    ...Object.values(OWNERS)
      .flat()
      .map((name) => `src/${name}`),
    ...Object.entries(APART).flatMap(([folder, others]) => [folder, ...others].map((name) => `src/${name}`)),
    ...Object.entries(INNER_RULES).flatMap(([room, rules]) =>
      Object.entries(rules).flatMap(([inner, others]) => [inner, ...others].map((name) => join(room, name))),
    ),
  ];
  expect([...new Set(named)].filter((path) => !existsSync(path))).toEqual([]);
});

test("a file imports its own folder or a lower floor, never sideways, never upward", () => {
  const wrong = ownImports.filter(({ file, to }) => {
    const [own, other] = [folderOf(file), folderOf(to)];
    return other !== own && (floorOf(other) >= floorOf(own) || APART[own]?.includes(other) === true);
  });
  expect(wrong.map(({ file, to }) => `${file} -> ${to}`).filter((each) => !KNOWN_VIOLATIONS.includes(each))).toEqual(
    [],
  );
});

test.each(Object.entries(INNER_RULES))("inside %s the folders import what their rule allows", (room, rules) => {
  const inner = new Set(files.map((file) => innerOf(room, file)).filter((name) => name !== undefined));
  expect([...inner].sort()).toEqual(Object.keys(rules).sort());
  const wrong = ownImports.filter(({ file, to }) => {
    const [own, other] = [innerOf(room, file), innerOf(room, to)];
    return own !== undefined && other !== undefined && other !== own && !rules[own]?.includes(other);
  });
  expect(wrong.map(({ file, to }) => `${file} -> ${to}`).filter((each) => !KNOWN_VIOLATIONS.includes(each))).toEqual(
    [],
  );
});

test("no files import one another in a circle, not even types", () => {
  const wrong = circles(EDGES).filter((circle) => !circle.some((file) => KNOWN_CIRCLES.includes(file)));
  expect(wrong).toEqual([]);
});

test("the search for circles finds one of three files, and none where none is", () => {
  const chain: readonly (readonly [string, readonly string[]])[] = [
    ["a", ["b", "d"]],
    ["b", ["c"]],
    ["d", ["b"]],
  ];
  expect(circles(new Map([...chain, ["c", []]]))).toEqual([]);
  expect(circles(new Map([...chain, ["c", ["a"]]]))).toEqual([["a", "b", "c", "d"]]);
  expect(circles(new Map([...chain, ["c", ["b"]]]))).toEqual([["b", "c"]]);
});

test(`a folder holds at most ${MOST_FILES_IN_A_FOLDER} source files`, () => {
  expect(largeFolders().filter((folder) => !KNOWN_LARGE_FOLDERS.includes(folder))).toEqual([]);
});

test("what is listed as known and to go is still there", () => {
  const inCircles = new Set(circles(EDGES).flat());
  const there = new Set(ownImports.map(({ file, to }) => `${file} -> ${to}`));
  expect({
    violations: KNOWN_VIOLATIONS.filter((each) => !there.has(each)),
    circles: KNOWN_CIRCLES.filter((file) => !inCircles.has(file)),
    largeFolders: KNOWN_LARGE_FOLDERS.filter((folder) => !largeFolders().includes(folder)),
  }).toEqual({ violations: [], circles: [], largeFolders: [] });
});

test("exports are declared where they stand, so that each name is counted", () => {
  const other = files.filter((file) =>
    /^export (?:\{|\*|type \{|default\b|enum\b|var\b)/m.test(readFileSync(file, "utf8")),
  );
  expect(other).toEqual([]);
});

test("an exported name stands once in the whole source, types and interfaces too", () => {
  const names = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(EXPORTED)].map(([, name = ""]) => ({ name, file })),
  );
  expect(names.length).toBeGreaterThan(500);
  const twice = [...Map.groupBy(names, ({ name }) => name)].filter(
    ([, places]) => new Set(places.map(({ file }) => file)).size > 1,
  );
  expect(twice).toEqual([]);
});

test("every import names a file that exists", () => {
  const missing = imports.filter(({ file, from }) => from.startsWith(".") && !existsSync(join(dirname(file), from)));
  expect(missing).toEqual([]);
});

test("a package is imported by its owner alone", () => {
  const wrong = imports.filter(({ file, from }) => {
    const name = packageOf(from);
    if (from.startsWith(".") || (from.startsWith("node:") && !(from in OWNERS))) return false;
    return !OWNERS[name]?.some((owner) => isIn(owner, file));
  });
  expect(wrong).toEqual([]);
});

test("every owned package is used by each of its owners", () => {
  const unused = Object.entries(OWNERS).flatMap(([name, owners]) =>
    owners
      .filter((owner) => !imports.some(({ file, from }) => packageOf(from) === name && isIn(owner, file)))
      .map((owner) => `${owner} ${name}`),
  );
  expect(unused).toEqual([]);
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
    (file) => !/^test\/(?:scenario\/|architecture\.test\.ts$|documents\.test\.ts$)/.test(file),
  );
  const sourceOf = (file: string) => file.replace(/^test\/(?!bench\/)/, "src/").replace(/^test\/bench\//, "bench/");
  const orphans = tests.filter((file) => !existsSync(sourceOf(file).replace(/\.test\.ts$/, ".ts")));
  expect(orphans).toEqual([]);
});

/** Paths in backticks that begin with a folder of the repository or of src/; home folders such as output/ are none. */
function pathsIn(document: string): readonly string[] {
  const text = readFileSync(document, "utf8").replace(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g)]
    .map(([, path = ""]) => path)
    .filter((path) => path.includes("/") && (REPOSITORY.includes(firstOf(path)) || existsSync(`src/${firstOf(path)}`)));
}

const REPOSITORY: readonly string[] = ["src", "test", "docs", "bench", "scripts", "deploy"];

function firstOf(path: string): string {
  return path.split("/")[0] ?? "";
}

test("a document names no file and no folder that is not there", () => {
  const documents = [...globSync("docs/**/*.md"), "README.md", "CONTRIBUTING.md"];
  const named = documents.flatMap((document) => pathsIn(document).map((path) => ({ document, path })));
  expect(named.length).toBeGreaterThan(100);
  const missing = named.filter(({ path }) => !existsSync(REPOSITORY.includes(firstOf(path)) ? path : `src/${path}`));
  expect(missing).toEqual([]);
});

const ARCHITECTURE = readFileSync("docs/architecture.md", "utf8");

test("the architecture has a line for every folder of src/, on the floor where it stands, and for no other", () => {
  const lines = [...ARCHITECTURE.matchAll(/^\| (\d+) \| `([^`<]+\/)(?:<command>\/)?` \|/gm)];
  const named = lines.map(([, floor = "", folder = ""]) => `${floor} ${folder}`);
  const folders = files
    .map((file) => `${dirname(file).slice("src/".length)}/`)
    .filter((folder) => folder !== "/" && !/^cli\/./.test(folder))
    .map((folder) => `${floorOf(firstOf(folder)) + 1} ${folder}`);
  expect([...new Set(named)].sort()).toEqual([...new Set(folders)].sort());
});

test("the way of a device is made of files that exist, each called by the one that it is indented under", () => {
  const steps = [...ARCHITECTURE.matchAll(/^ ?\d+( +)([a-z0-9/-]+\.ts) /gm)].map(([, indent = "", file = ""]) => ({
    depth: indent.length,
    file: `src/${file}`,
  }));
  expect(steps.length).toBeGreaterThan(30);
  expect(ARCHITECTURE).toContain(`: ${steps.length} files hand a row on`);
  const missing = steps.filter(({ file }) => !existsSync(file));
  expect(missing).toEqual([]);
  const parents = steps.map(({ depth }, index) => steps.slice(0, index).findLast((above) => above.depth < depth)?.file);
  const strangers = steps.flatMap(({ file }, index) => {
    const parent = parents[index];
    const isCalled = parent === undefined || EDGES.get(parent)?.includes(file) === true;
    return isCalled ? [] : [`${parent} -> ${file}`];
  });
  expect(strangers).toEqual(BEHIND_INTERFACES);
});

/** Calls that go through an interface: the ledger's and the platform's. */
const BEHIND_INTERFACES: readonly string[] = [
  "src/run/absorb-manifest.ts -> src/ledger/rules/absorb-manifest.ts",
  "src/mint/mint-lot.ts -> src/ledger/rules/minting.ts",
  "src/submit/send-rows.ts -> src/platform/http/http-platform.ts",
];

test("each invariant of the architecture is held by a test that exists", () => {
  const held = [...ARCHITECTURE.matchAll(/^\| \d+ \| .* \| `(test\/[^`]+\.ts)`: "(.+)" \|$/gm)];
  expect(held.length).toBeGreaterThanOrEqual(12);
  const missing = held.filter(([, file = "", title]) => !readFileSync(file, "utf8").includes(`("${title}"`));
  expect(missing.map(([line]) => line)).toEqual([]);
});
