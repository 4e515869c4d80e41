import { join } from "node:path";
import type { Plugin } from "rolldown";

/** How the program names the file of a worker thread. */
const WORKER = /new URL\("\.\/([\w-]+)\.ts", import\.meta\.url\)/g;

/** Makes the file of each worker thread a file of the bundle, and names it where the thread is started. */
export function workerFiles(sources: string): Plugin {
  return {
    name: "worker-files",
    async transform(code, id) {
      if (!id.startsWith(sources)) return null;
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
}

/** What yargs does where its own path holds no node_modules: it ends the program where the current folder is gone. */
const ASKS_FOR_FOLDER = "mainFilename || process.cwd()";

/** Outside of node_modules yargs asks for the current folder as soon as it is loaded; what for, lotmint does not use. */
export const yargsWithoutFolder: Plugin = {
  name: "yargs-without-folder",
  transform(code, id) {
    if (!id.endsWith("/yargs/lib/platform-shims/esm.mjs")) return null;
    if (!code.includes(ASKS_FOR_FOLDER)) this.error(`yargs has changed: ${id} holds no ${ASKS_FOR_FOLDER}`);
    return { code: code.replace(ASKS_FOR_FOLDER, "mainFilename"), map: null };
  },
};

const WIDTH_FUNCTION = "export default function stringWidth(";

/**
 * The width of a text that is all printable ASCII is its length. For other texts string-width makes regular expressions
 * over Unicode properties, which costs as much CPU time as a bare start of Node.js; here only once such a text comes.
 */
export const widthsOnDemand: Plugin = {
  name: "widths-on-demand",
  transform(code, id) {
    if (!id.endsWith("/string-width/index.js")) return null;
    if (!code.includes(WIDTH_FUNCTION)) this.error(`string-width has changed: ${id} holds no ${WIDTH_FUNCTION}`);
    const lines = code.replace(WIDTH_FUNCTION, "return function stringWidth(").split("\n");
    const imports = lines.filter((line) => line.startsWith("import "));
    const body = lines.filter((line) => !line.startsWith("import "));
    const wrapped = `
function makeStringWidth() {
${body.join("\n")}
}
let anyWidth;
export default function stringWidth(text, options) {
  if (typeof text === "string" && /^[\\x20-\\x7e]*$/.test(text)) return text.length;
  anyWidth ??= makeStringWidth();
  return anyWidth(text, options);
}
`;
    return { code: imports.join("\n") + wrapped, map: null };
  },
};

/** What fastify loads only for routes with schemas and for requests without a socket: lotmint has neither. */
const LEFT_OUT = ["@fastify/ajv-compiler", "@fastify/fast-json-stringify-compiler", "light-my-request"];
const NOTHING = "\0left-out";

/** Leaves these packages out: 470 kB. Whoever loads one after all is told of it by an error. */
export const withoutSchemaCompilers: Plugin = {
  name: "without-schema-compilers",
  resolveId(source, importer) {
    const byFastify = importer?.replaceAll("\\", "/").includes("/node_modules/fastify/") === true;
    return byFastify && LEFT_OUT.includes(source) ? NOTHING : null;
  },
  load(id) {
    return id === NOTHING ? 'throw new Error("this package is not in the bundle");' : null;
  },
};

const API_MIXED_IN = "Object.assign(Dispatcher.prototype, api)";

/**
 * Of undici its clients alone, with the methods that its index gives them: fetch, WebSocket, mocks, caches and proxies,
 * which lotmint does not use, are a third of it. An import of anything else fails the build.
 */
export const clientsOfUndici: Plugin = {
  name: "clients-of-undici",
  transform(code, id) {
    if (!id.replaceAll("\\", "/").endsWith("/node_modules/undici/index.js")) return null;
    if (!code.includes(API_MIXED_IN)) this.error(`undici has changed: ${id} holds no ${API_MIXED_IN}`);
    const clients = `
import Dispatcher from "./lib/dispatcher/dispatcher.js";
import api from "./lib/api/index.js";
import Agent from "./lib/dispatcher/agent.js";
import Client from "./lib/dispatcher/client.js";
import Pool from "./lib/dispatcher/pool.js";
${API_MIXED_IN};
export { Agent, Client, Pool };
`;
    return { code: clients, map: null };
  },
};

/** A map is for lotmint's own sources: packages are found by their name and version, and their maps would double the size. */
export const mapsOfOwnSources: Plugin = {
  name: "maps-of-own-sources",
  generateBundle(_options, bundle) {
    for (const [name, file] of Object.entries(bundle)) {
      if (file.type !== "chunk" || file.moduleIds.some((id) => !id.includes(`${join("/", "node_modules")}/`))) continue;
      delete bundle[`${name}.map`];
      file.code = file.code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
    }
  },
};
