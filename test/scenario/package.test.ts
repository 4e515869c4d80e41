import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
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
import { delimiter, dirname, join, relative } from "node:path";
import { arch, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NODE_PACKAGE = `node-linux-${arch}`;
const ASSETS = ["icon.svg", "page.css", "page.js"];
/** Versions of Node.js that a machine may have of its own; the packaged one runs on the first, which is too old. */
const OTHER_VERSIONS = ["20.19.5", "22.19.0", "24.8.0"];
/** The packages of Node.js come from the registry, so CI alone is held to them. */
const wantsRegistry = Boolean(process.env["CI"]);

// Not in memory: an installed Node.js is large.
const folder = mkdtempSync(join(process.env["CI"] ? "/tmp" : tmpdir(), "lotmint-package-"));
const prefix = join(folder, "prefix");
const installed = join(prefix, "lib", "node_modules", "lotmint");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packs a copy of the checkout, and installs that with nothing but what it brings. */
beforeAll(async () => {
  const checkout = join(folder, "checkout");
  mkdirSync(checkout);
  const files = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
  for (const file of files) cpSync(join(ROOT, file), join(checkout, file));
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  const env = { ...process.env, PATH: `${dirname(execPath)}${delimiter}${process.env["PATH"] ?? ""}` };
  const manifest = readFileSync(join(checkout, "package.json"), "utf8");
  await run("npm", ["pack", "--silent"], { cwd: checkout, env });
  expect(readFileSync(join(checkout, "package.json"), "utf8")).toBe(manifest);
  const [packed = ""] = readdirSync(checkout).filter((name) => name.endsWith(".tgz"));
  const optional = wantsRegistry ? "--include=optional" : "--omit=optional";
  const offline = wantsRegistry ? [] : ["--offline"];
  await run("npm", ["install", "--global", "--prefix", prefix, optional, ...offline, join(checkout, packed)], { env });
});

/** Files below a folder, without installed packages. */
function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith("node_modules"));
}

test("the package holds the program, its documents and its service units, in at most 5 MB", () => {
  const files = filesOf(installed);
  const size = files.reduce((sum, file) => sum + statSync(join(installed, file)).size, 0);
  expect(size).toBeLessThan(5_000_000);
  expect(files).toEqual(expect.arrayContaining(["bin/lotmint", "dist/main.js", "dist/mint-worker.js", "README.md"]));
  expect(files.filter((file) => file.startsWith("dist/assets/")).sort()).toEqual(
    ASSETS.map((name) => `dist/assets/${name}`),
  );
  expect([...new Set(files.map((file) => file.split("/")[0]))].sort()).toEqual([
    "CHANGELOG.md",
    "README.md",
    "bin",
    "completions",
    "deploy",
    "dist",
    "docs",
    "jobs",
    "package.json",
  ]);
  expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
});

test("nothing but the Node.js of the platform is installed with it, and no script runs", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Record<string, unknown>;
  expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(["dependencies"]));
  expect(manifest).not.toHaveProperty("scripts");
  expect(Object.keys(manifest["optionalDependencies"] as object)).toContain(NODE_PACKAGE);
  expect(Object.keys(manifest["optionalDependencies"] as object)).not.toContain("pkcs11js");
  expect(manifest).not.toHaveProperty("allowScripts");
});

test("every file of lotmint's own code is mapped to its sources", () => {
  const map = JSON.parse(readFileSync(join(installed, "dist", "main.js.map"), "utf8")) as {
    readonly sources: readonly string[];
  };
  expect(map.sources.some((source) => source.endsWith("src/main.ts"))).toBe(true);
});

test("the licence texts of the packages that are in it are in it too", () => {
  const texts = readFileSync(join(installed, "dist", "THIRD-PARTY-LICENSES"), "utf8");
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const [name, version] of Object.entries(dependencies))
    expect(texts).toContain(`\n${name} ${version}\nLicence: `);
  // tar has it built in, with no file of its own.
  expect(texts).toMatch(/\nminipass \d/);
});

/** A home, two authorities and a lot, by the installed program as `bin` finds it; returns what `check` says. */
async function mainJob(home: string, bin: string): Promise<string> {
  mkdirSync(join(home, "input"), { recursive: true });
  writeFileSync(join(home, "input", "L1.csv"), "id\nACM-1\nACM-2\n");
  const env = {
    PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin`,
    HOME: folder,
    LOTMINT_PASSPHRASE: "correct horse 1",
  };
  const lotmint = async (...args: string[]) => {
    const { stdout, stderr } = await run(join(prefix, "bin", "lotmint"), ["--log-level", "warn", ...args], {
      cwd: home,
      env,
    });
    expect(stderr).toBe("");
    return stdout;
  };
  await lotmint("authority", "create", "root", "--subject", "CN=Root");
  await lotmint("authority", "create", "line", "--issuer", "root", "--subject", "CN=Line", "--path-length", "0");
  await lotmint("run", "input/L1.csv", "--issuer", "line");
  return lotmint("check", "L1");
}

test("the installed program serves the operator's page with its style, script and icon", async () => {
  const home = join(folder, "page-home");
  mkdirSync(home);
  writeFileSync(join(home, "lotmint.yaml"), "{}\n");
  const env = { PATH: `${dirname(execPath)}${delimiter}/usr/bin${delimiter}/bin`, HOME: folder };
  const args = ["--home", home, "--json", "watch", "--page", "127.0.0.1:0"];
  const watcher = spawn(join(prefix, "bin", "lotmint"), args, { env, stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [line] = (await once(watcher.stdout.setEncoding("utf8"), "data")) as [string];
    const { page } = JSON.parse(line) as { readonly page: string };
    expect(await (await fetch(page)).text()).toContain('href="/assets/page.css"');
    for (const name of ASSETS) {
      const answer = await fetch(new URL(`assets/${name}`, page));
      expect([answer.status, await answer.text()]).toEqual([
        200,
        readFileSync(join(ROOT, "src/page/assets", name), "utf8"),
      ]);
    }
  } finally {
    watcher.kill("SIGTERM");
    await once(watcher, "close");
  }
});

test("npm install -g of it runs the main job in an empty folder", async () => {
  expect(await mainJob(join(folder, "home"), dirname(execPath))).toContain("2 of 2 devices opened and compared");
});

test.skipIf(!wantsRegistry).each(OTHER_VERSIONS)(
  "the main job runs on a machine whose own Node.js is %s (CI alone: Node.js comes from the registry)",
  async (version) => {
    const place = join(folder, version);
    await run("npm", ["install", "--no-save", "--prefix", place, `${NODE_PACKAGE}@${version}`]);
    const bin = join(place, "node_modules", NODE_PACKAGE, "bin");
    expect((await run(join(bin, "node"), ["--version"])).stdout).toBe(`v${version}\n`);
    expect(await mainJob(join(folder, `home-${version}`), bin)).toContain("2 of 2 devices opened and compared");
  },
);
