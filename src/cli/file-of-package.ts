import { existsSync } from "node:fs";

/** The address of a file by its path in the package, wherever in the package this code lies: in src/ or in a bundle. */
export function fileOfPackage(path: string): URL {
  let folder = new URL(".", import.meta.url);
  while (!existsSync(new URL("package.json", folder)) && folder.pathname !== "/") folder = new URL("..", folder);
  return new URL(path, folder);
}
