import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Licences that let lotmint be passed on with their text beside it. */
const ALLOWED = ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0", "0BSD"];
/** Of several licences to choose from, the one that is chosen. */
const CHOSEN: Readonly<Record<string, string>> = { "(BSD-3-Clause OR GPL-2.0)": "BSD-3-Clause" };

interface LockedPackage {
  readonly version: string;
  readonly dev?: boolean;
  readonly license?: string;
}
interface Component {
  readonly name: string;
  readonly version: string;
  readonly properties?: readonly { readonly name: string }[];
  readonly licenses?: readonly { readonly license?: { readonly id?: string }; readonly expression?: string }[];
}

const lock = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, "utf8")) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
/** npm marks so what only development needs. Its --omit=dev leaves out more: what development needs too. */
const ONLY_DEVELOPMENT = "cdx:npm:package:development";

/** What the program needs, by name and version. */
const needed = Object.entries(lock.packages)
  .filter(([folder, { dev }]) => folder !== "" && dev !== true)
  .map(([folder, locked]) => ({ ...locked, name: folder.slice(folder.lastIndexOf("node_modules/") + 13) }));

test("npm run sbom lists every package that the program needs, in the version of the lock file, and marks all others as development's", () => {
  const answer = execFileSync("npm", ["run", "--silent", "sbom"], { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 24 });
  const sbom = JSON.parse(answer) as { readonly bomFormat: string; readonly components: readonly Component[] };
  expect(sbom.bomFormat).toBe("CycloneDX");
  const components = sbom.components.filter(
    ({ properties = [] }) => !properties.some(({ name }) => name === ONLY_DEVELOPMENT),
  );
  const listed = new Set(components.map(({ name, version }) => `${name}@${version}`));
  expect([...listed].sort()).toEqual([...new Set(needed.map(({ name, version }) => `${name}@${version}`))].sort());
});

test("every package that the program needs has a licence that lotmint may be passed on with", () => {
  expect(needed.length).toBeGreaterThan(20);
  const others = needed.filter(({ license = "none" }) => !ALLOWED.includes(CHOSEN[license] ?? license));
  expect(others.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
});
