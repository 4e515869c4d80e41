import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packedManifest } from "./build/packed-manifest.ts";

/**
 * Around `npm pack`: `prepare` puts the manifest of the packed program into the place of package.json, `restore` puts
 * the checkout's back. What a killed `npm pack` has left is put right by the next call.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = join(root, "package.json");
const kept = join(root, "dist", "package.json.checkout");

const [asked] = process.argv.slice(2);
if (asked === "prepare") {
  restore();
  const own = readFileSync(manifest, "utf8");
  write(kept, own);
  write(manifest, packedManifest(own));
} else if (asked === "restore") {
  restore();
} else {
  console.error("usage: node scripts/pack-manifest.ts prepare|restore");
  process.exitCode = 2;
}

function restore(): void {
  if (existsSync(kept)) renameSync(kept, manifest);
}

/** There is a whole manifest at every moment. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
