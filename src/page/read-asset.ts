import { readFileSync } from "node:fs";

/** Style, script and pictures of the page. */
export type AssetName = "page.css" | "page.js" | "icon.svg";

/** Reads one of the page's own files. They lie beside this file, and beside the bundle that it becomes part of. */
export function readAsset(name: AssetName): Buffer {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url));
}
