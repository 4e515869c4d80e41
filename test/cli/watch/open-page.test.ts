import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const STATIC = /^(?:import(?! type\b)[^;"]*?\bfrom|import)\s+"([^"]+)"/gm;

/** What a file loads as soon as it is loaded itself; types are none of it. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, from = ""] of readFileSync(file, "utf8").matchAll(STATIC)) {
    if (from.endsWith(".ts")) loadedWith(join(dirname(file), from), seen);
    else seen.add(from);
  }
  return seen;
}

const OF_THE_PAGE = ["fastify", "@fastify/multipart", "prom-client"];

test.each(["src/main.ts", "src/cli/watch/command.ts", "src/cli/watch/watch-home.ts", "src/cli/watch/open-page.ts"])(
  "%s loads no server: only a page that is served does",
  (file) => {
    expect(OF_THE_PAGE.filter((name) => loadedWith(file).has(name))).toEqual([]);
  },
);

test("the page itself does", () => {
  expect(OF_THE_PAGE.filter((name) => !loadedWith("src/page/serve-page.ts").has(name))).toEqual([]);
});
