import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** How the program names the file of a worker thread. */
const WORKER = /new URL\("\.\/([\w-]+)\.ts", import\.meta\.url\)/g;

/** Makes the file of each worker thread a file of the bundle, and names it where the thread is started. */
const workerFiles: Plugin = {
  name: "worker-files",
  async transform(code, id) {
    if (!id.startsWith(join(ROOT, "src"))) return null;
    const names = [...code.matchAll(WORKER)].map(([, name = ""]) => name);
    if (names.length === 0) return null;
    for (const name of names) {
      const file = await this.resolve(`./${name}.ts`, id);
      if (file === null) this.error(`${id} names ${name}.ts, which is not there`);
      this.emitFile({ type: "chunk", id: file.id, fileName: `${name}.js` });
    }
    // No text changes its length, so the source map stays as it is.
    return { code: code.replace(WORKER, 'new URL("./$1.js", import.meta.url)'), map: null };
  },
};

/** What yargs does where its own path holds no node_modules: it ends the program where the current folder is gone. */
const ASKS_FOR_FOLDER = "mainFilename || process.cwd()";

/** Outside of node_modules yargs asks for the current folder as soon as it is loaded; what for, lotmint does not use. */
const yargsWithoutFolder: Plugin = {
  name: "yargs-without-folder",
  transform(code, id) {
    if (!id.endsWith("/yargs/lib/platform-shims/esm.mjs")) return null;
    if (!code.includes(ASKS_FOR_FOLDER)) this.error(`yargs has changed: ${id} holds no ${ASKS_FOR_FOLDER}`);
    return { code: code.replace(ASKS_FOR_FOLDER, "mainFilename"), map: null };
  },
};

/**
 * Bundles the program and its packages into `folder`/bundle/ with source maps, and returns the path of its main file.
 * The bundle behaves as src/main.ts does and starts in less than half of its CPU time. Nothing else is needed to run it.
 * More entries, by the names of their files in the bundle, share what they have in common with it.
 */
export async function bundleProgram(folder: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const output = join(folder, "bundle");
  mkdirSync(output, { recursive: true });
  const build = await rolldown({
    input: { main: join(ROOT, "src/main.ts"), ...more },
    platform: "node",
    plugins: [workerFiles, yargsWithoutFolder],
  });
  try {
    await build.write({
      dir: output,
      format: "esm",
      sourcemap: true,
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
    });
  } finally {
    await build.close();
  }
  // The program reads its version there, and Node.js that the bundle's files are modules.
  copyFileSync(join(ROOT, "package.json"), join(folder, "package.json"));
  return join(output, "main.js");
}
