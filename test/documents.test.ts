import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const DOCUMENTS = [...globSync("*.md"), ...globSync("docs/**/*.md")].sort();
/** What names a document by its path from the project's folder. */
const SOURCES = [
  ...globSync("{src,scripts,bench,test}/**/*.ts"),
  ...globSync("deploy/*"),
  ...globSync("jobs/*"),
  ...globSync("bin/*"),
  ...globSync("*.ts"),
].filter((path) => statSync(path).isFile());

/** A document's text without its code, in which brackets are no links and `#` is no heading. */
function proseOf(path: string): string {
  return readFileSync(path, "utf8")
    .replaceAll(/^```[\s\S]*?^```$/gm, "")
    .replaceAll(/`[^`\n]*`/g, (code) => (code.includes("](") ? "" : code));
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsIn(prose: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose.matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const anchor = shown
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** The links of a document that lead nowhere, with what is missing. */
function brokenLinks(path: string, prose: string): readonly string[] {
  const broken: string[] = [];
  for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z][a-z+.-]*:/i.test(target)) continue;
    const [file = "", anchor] = target.split("#");
    const linked = file === "" ? path : join(dirname(path), file);
    if (!existsSync(linked)) broken.push(`${path}: ${target}: there is no ${linked}`);
    else if (anchor !== undefined && !anchorsIn(linked === path ? prose : proseOf(linked)).has(anchor)) {
      broken.push(`${path}: ${target}: there is no such heading`);
    }
  }
  return broken;
}

test("every link and anchor of the documents leads somewhere", () => {
  expect(DOCUMENTS).toEqual(expect.arrayContaining(["README.md", "docs/operations.md"]));
  expect(DOCUMENTS.flatMap((path) => brokenLinks(path, proseOf(path)))).toEqual([]);
});

test("a link to a missing file, heading or heading of another file is found", () => {
  const text =
    "# One `two`: three\n[a](no.md) [b](#one-two-three) [c](#four) [d](docs/operations.md#five) [e](https://x.test/)";
  expect(brokenLinks("README.md", text)).toEqual([
    "README.md: no.md: there is no no.md",
    "README.md: #four: there is no such heading",
    "README.md: docs/operations.md#five: there is no such heading",
  ]);
});

test("README leads to every page of docs/ in one or two steps", () => {
  const linked = (path: string) =>
    [...proseOf(path).matchAll(/\]\(([^)\s#:]+\.md)/g)].map(([, target = ""]) => join(dirname(path), target));
  const near = new Set(linked("README.md").filter((path) => existsSync(path)));
  for (const path of [...near]) for (const next of linked(path)) near.add(next);
  expect(globSync("docs/*.md").filter((path) => !near.has(path))).toEqual([]);
});

test("sources, units and jobs name documents that exist", () => {
  const named = SOURCES.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/\bdocs\/[\w/-]+\.md\b/g)].map(([document]) => ({ path, document })),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(({ document }) => !existsSync(document))).toEqual([]);
});

test("each decision has a number of its own, the one that its title has", () => {
  const files = readdirSync("docs/decisions").sort();
  expect(files.length).toBeGreaterThan(10);
  const numbers = files.map((file) => Number(file.slice(0, 4)));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  for (const [index, file] of files.entries()) {
    expect(readFileSync(join("docs/decisions", file), "utf8")).toMatch(new RegExp(`^# ${index + 1}\\. `));
  }
});
