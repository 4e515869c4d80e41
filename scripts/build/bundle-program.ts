import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import {
  clientsOfUndici,
  mapsOfOwnSources,
  widthsOnDemand,
  withoutSchemaCompilers,
  workerFiles,
  yargsWithoutFolder,
} from "./bundle-plugins.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What the operator's page sends as it is. */
const ASSETS = join(ROOT, "src/page/assets");
const PACKAGE_OF = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;
/** Packages that are needed together are one file, also with what they need themselves; others have one each. */
const FAMILIES: Readonly<Record<string, RegExp>> = {
  "command-line":
    /^(yargs|yargs-parser|cliui|y18n|string-width|strip-ansi|ansi-regex|ansi-styles|wrap-ansi|escalade|get-.+|emoji-regex)$/,
  log: /^(pino|pino-std-serializers|@pinojs\/.+|atomic-sleep|on-exit-leak-free|quick-format-unescaped|safe-stable-stringify|sonic-boom|thread-stream)$/,
  mqtt: /^(aedes|aedes-.+|mqemitter|qlobber|readable-stream|bl|buffer|fastparallel|reusify|abort-controller|event-target-shim|process|process-nextick-args|string_decoder|safe-buffer|inherits|debug|ms|xtend|mqtt-packet)$/,
};
/**
 * Sources that every command loads are one file, and those of the ledger another: each file costs a start about as much
 * as 20 kB of text. The file that begins a thread can be in none of them. What only commands load, and threads do not,
 * is in the file of the command line's packages, which a thread would read and compile for nothing.
 */
const BASE = /[\\/]src[\\/](domain[\\/].+|disk[\\/](disk-error|layout))\.ts$/;
const COMMANDS =
  /[\\/]src[\\/](report[\\/]plain-text|config[\\/](home|secrets)|cli[\\/](look-context|require-home|terminal-text|error-json|status-line))\.ts$/;
const LEDGER = /[\\/]src[\\/]ledger[\\/]/;
const GROUPS = [
  {
    debugName: "packages",
    test: (id: string) => id.replaceAll("\\", "/").includes("/node_modules/") || COMMANDS.test(id),
    name: (id: string) => {
      if (COMMANDS.test(id)) return "command-line";
      const found = packageOf(id) ?? "";
      return Object.keys(FAMILIES).find((family) => FAMILIES[family]?.test(found)) ?? found.replace("/", "-");
    },
  },
  { debugName: "base", test: BASE, name: "base" },
  { debugName: "ledger", test: LEDGER, name: "ledger" },
];

function packageOf(id: string): string | undefined {
  return PACKAGE_OF.exec(id.replaceAll("\\", "/"))?.[1];
}

interface BundleOptions {
  /** More entries, by the names of their files in the bundle; they share what they have in common with the program. */
  readonly more?: Readonly<Record<string, string>>;
  /** True: as small as it gets while functions keep their names, maps without the text of the sources. */
  readonly small?: boolean;
}

/**
 * Bundles the program and its packages into `folder`, with source maps. The bundle behaves as src/main.ts does; its main file is main.js. Each command, each package and each worker thread
 * has files of its own, which are loaded when they are needed. package.json is expected beside `folder`.
 */
export async function bundleInto(folder: string, options: BundleOptions = {}): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const build = await rolldown({
    input: { main: join(ROOT, "src/main.ts"), ...options.more },
    platform: "node",
    preserveEntrySignatures: false,
    plugins: [
      workerFiles(join(ROOT, "src")),
      yargsWithoutFolder,
      widthsOnDemand,
      withoutSchemaCompilers,
      clientsOfUndici,
      mapsOfOwnSources,
    ],
  });
  try {
    await build.write({
      dir: folder,
      format: "esm",
      sourcemap: true,
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
      codeSplitting: { groups: GROUPS, includeDependenciesRecursively: false },
      ...(options.small === true && {
        minify: { compress: true, mangle: { keepNames: true }, codegen: true },
        sourcemapExcludeSources: true,
      }),
    });
  } finally {
    await build.close();
  }
  copyAssets(join(folder, "assets"));
}

/** The page's files lie beside the program's, where `new URL("./assets/…", import.meta.url)` finds them. */
function copyAssets(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(ASSETS).filter((name) => /\.(?:css|js|svg)$/.test(name));
  for (const name of names) copyFileSync(join(ASSETS, name), join(folder, name));
}

/** The bundle for tests, in `folder`/bundle/; returns the path of its main file. Nothing else is needed to run it. */
export async function bundleProgram(folder: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const output = join(folder, "bundle");
  await bundleInto(output, { more });
  // The program reads its version there, and Node.js that the bundle's files are modules.
  copyFileSync(join(ROOT, "package.json"), join(folder, "package.json"));
  return join(output, "main.js");
}
